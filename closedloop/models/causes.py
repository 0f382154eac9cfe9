"""What lay behind it, in the office's own tree, edition by edition."""

from __future__ import annotations

from datetime import datetime
from typing import Self

import pghistory
import pgtrigger
from django.conf import settings
from django.core.validators import MaxValueValidator
from django.db import models, transaction
from django.db.models import Q

from closedloop.causes import Node, faults_of, offered_among, path_of
from closedloop.errors import EditionRefused
from common.models import Event, User

ONLY_DRAFTS = """
IF EXISTS (
    SELECT FROM closedloop_causeedition e
    WHERE e.id IN (CASE WHEN TG_OP = 'INSERT' THEN NEW.edition_id ELSE OLD.edition_id END, {new})
      AND e.published_at IS NOT NULL
) THEN
    RAISE EXCEPTION 'pgtrigger: the causes of a published edition are not changed';
END IF;
RETURN {returned};
"""


class CauseEditionQuerySet(models.QuerySet["CauseEdition"]):
    def published(self) -> Self:
        return self.filter(published_at__isnull=False)

    def in_force(self) -> CauseEdition | None:
        """The newest that is published."""
        return self.published().order_by("-number").first()


@pghistory.track()
class CauseEdition(models.Model):
    """An edition of the tree of causes. A draft is edited freely; once published nothing of the tree changes any more,
    and an edit is the next edition, whose causes say which ones of the edition before they take over."""

    number = models.PositiveIntegerField(unique=True, editable=False)
    note = models.CharField(max_length=300, blank=True, help_text="What is new in it, and why.")
    second_share = models.PositiveSmallIntegerField(
        "coded twice", default=0, validators=[MaxValueValidator(100)],
        help_text="Per cent of the findings whose cause a second person is asked for without seeing the first. Can be"
        " changed at any time.",
    )  # fmt: skip
    made_at = models.DateTimeField(editable=False)
    published_at = models.DateTimeField(null=True, editable=False)
    published_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+", editable=False
    )

    objects = CauseEditionQuerySet.as_manager()

    class Meta:
        verbose_name = "edition of root causes"
        verbose_name_plural = "editions of root causes"
        ordering = ["-number"]
        constraints = [
            models.CheckConstraint(condition=Q(second_share__lte=100), name="second_share_is_a_share"),
        ]
        triggers = [
            pgtrigger.Protect(
                name="published_edition_stays",
                operation=pgtrigger.Delete,
                condition=pgtrigger.Q(old__published_at__isnull=False),
            ),
            pgtrigger.Protect(
                name="published_edition_is_immutable",
                operation=pgtrigger.Update,
                condition=pgtrigger.Condition(
                    "OLD.published_at IS NOT NULL"
                    " AND (OLD.number, OLD.published_at) IS DISTINCT FROM (NEW.number, NEW.published_at)"
                ),
            ),
        ]

    def __str__(self) -> str:
        return f"edition {self.number}" + ("" if self.published_at else " (draft)")

    @property
    def before(self) -> CauseEdition | None:
        """The published edition that this one follows."""
        return CauseEdition.objects.published().filter(number__lt=self.number).order_by("-number").first()

    @transaction.atomic
    def publish(self, *, by: User | None, at: datetime) -> None:
        """From now on these causes are chosen, and the tree stays as it is. Raises EditionRefused, saying why."""
        held = CauseEdition.objects.select_for_update().get(pk=self.pk)
        if held.published_at:
            raise EditionRefused("This edition is published already.")
        nodes, before = self.nodes(), held.before
        faults = faults_of(list(nodes.values()), before.names() if before else {})
        if faults:
            raise EditionRefused(" ".join(faults))
        self._settle(nodes)
        self.published_at, self.published_by = at, by
        self.save(update_fields=["published_at", "published_by"])
        Event.objects.record("causes.published", subject=self, by=by, at=at, number=self.number, causes=len(nodes))

    def nodes(self) -> dict[int, Node]:
        """The tree, as arithmetic takes it; two queries."""
        causes = self.causes.prefetch_related("comes_from")
        return {
            cause.pk: Node(
                cause.pk, cause.name, cause.parent_id, cause.active, frozenset(old.pk for old in cause.comes_from.all())
            )
            for cause in causes
        }

    def names(self) -> dict[int, str]:
        return dict(self.causes.values_list("pk", "name"))

    def _settle(self, nodes: dict[int, Node]) -> None:
        """Write down what follows from the tree, which is not going to change."""
        offered = offered_among(list(nodes.values()))
        causes = list(self.causes.all())
        for cause in causes:
            cause.path, cause.offered = path_of(nodes[cause.pk], nodes)[:1000], cause.pk in offered
        RootCause.objects.bulk_update(causes, ["path", "offered"])


class RootCauseQuerySet(models.QuerySet["RootCause"]):
    def in_force(self) -> Self:
        """Of the edition in force."""
        newest = CauseEdition.objects.published().order_by("-number").values("pk")[:1]
        return self.filter(edition__in=newest)

    def offered(self) -> Self:
        """What can be chosen today: the leaves of the edition in force that are not retired."""
        return self.in_force().filter(offered=True)


class RootCause(models.Model):
    """What lay behind it: one cause of one edition, under another one or at the top."""

    edition = models.ForeignKey(CauseEdition, on_delete=models.CASCADE, related_name="causes", db_index=False)
    parent = models.ForeignKey("self", null=True, blank=True, on_delete=models.PROTECT, related_name="parts")
    code = models.SlugField(max_length=60)
    name = models.CharField(max_length=120)
    active = models.BooleanField(default=True, help_text="Retired ones stay in figures and are not offered.")
    comes_from = models.ManyToManyField(
        "self", symmetrical=False, blank=True, related_name="became",
        help_text="Of the edition in force: the causes that this one takes over. Several: they are merged. One that is"
        " named by several causes is split.",
    )  # fmt: skip
    # settled when the edition is published
    path = models.CharField(max_length=1000, blank=True, editable=False)
    offered = models.BooleanField(default=False, editable=False)

    objects = RootCauseQuerySet.as_manager()

    class Meta:
        ordering = ["edition", "path", "name"]
        constraints = [models.UniqueConstraint(fields=["edition", "code"], name="one_cause_per_edition_and_code")]
        triggers = [
            pgtrigger.Trigger(
                name="published_causes_stay",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert | pgtrigger.Update,
                func=ONLY_DRAFTS.format(new="NEW.edition_id", returned="NEW"),
            ),
            pgtrigger.Trigger(
                name="published_causes_are_kept",
                when=pgtrigger.Before,
                operation=pgtrigger.Delete,
                func=ONLY_DRAFTS.format(new="OLD.edition_id", returned="OLD"),
            ),
        ]

    def __str__(self) -> str:
        return self.path or self.name


class SecondCoding(models.Model):
    """The cause of a finding, asked of a second person who does not see what the first one said (docs/algorithms/
    causes.md). Empty until somebody has said it."""

    finding = models.OneToOneField("closedloop.Finding", on_delete=models.CASCADE, related_name="second_coding")
    asked_at = models.DateTimeField()
    root_cause = models.ForeignKey(RootCause, null=True, on_delete=models.PROTECT, related_name="+")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(root_cause__isnull=True, at__isnull=True) | Q(root_cause__isnull=False, at__isnull=False),
                name="coded_when_there_is_a_cause",
            )
        ]
        indexes = [models.Index(fields=["id"], name="second_coding_waiting", condition=Q(at__isnull=True))]

    def __str__(self) -> str:
        return f"second coding of finding {self.finding_id}"

    @transaction.atomic
    def code(self, root_cause: RootCause, *, by: User, at: datetime) -> None:
        """The second person's judgement. Raises EditionRefused if it is not theirs to give."""
        held = SecondCoding.objects.select_for_update(of=("self",)).select_related("finding").get(pk=self.pk)
        if held.at:
            raise EditionRefused("This finding has been coded a second time already.")
        if held.finding.by_id == by.pk:
            raise EditionRefused("You said the cause the first time. Somebody else codes it now.")
        if not RootCause.objects.offered().filter(pk=root_cause.pk).exists():
            raise EditionRefused("Choose a cause that is offered today.")
        self.root_cause, self.by, self.at = root_cause, by, at
        self.save(update_fields=["root_cause", "by", "at"])
        Event.objects.record("finding.coded_again", subject=self, by=by, at=at, root_cause=root_cause.code)
