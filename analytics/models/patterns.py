"""What the daily look across branches found: the same complaint rising in several, one branch unlike its peers."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Self

from django.conf import settings
from django.db import models, transaction
from django.db.models import Q
from django.urls import reverse

from analytics.maths.patterns import Count, Subject
from common.models import Event, User
from crm.models import OrgUnit
from crm.sight import Principal, units_of
from surveys.models import Topic


class PatternQuerySet(models.QuerySet["Pattern"]):
    def visible_to(self, principal: Principal, function: str | None = None) -> Self:
        """Patterns of areas in sight: who sees an area sees every branch that is counted in it."""
        units = units_of(principal, function)
        return self if units is None else self.filter(area__in=units)

    def open(self) -> Self:
        """Those that go on, dismissed or not."""
        return self.filter(ended_on=None)

    def to_be_told(self) -> Self:
        """Those that go on and that nobody has dismissed."""
        return self.open().filter(dismissal=None)

    def with_names(self) -> Self:
        return self.select_related("topic", "area", "unit", "dismissal__by")


class Pattern(models.Model):
    """A finding about the branches of an `area`. Its figures are those of the day on which it was found
    (`PatternCount`, by branch) and stay; it goes on until a look finds nothing of it left. While it goes on the same
    thing is not found again, so it is told once. Found by `analytics.maths.patterns`."""

    class Kind(models.TextChoices):
        RISING = "rising", "rising in several branches"
        UNLIKE = "unlike", "one branch unlike its peers"

    class Ended(models.TextChoices):
        GONE = "gone", "not to be told from chance any more"
        USUAL = "usual", "has gone on for so long that it is the usual"

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    kind = models.CharField(max_length=10, choices=Kind.choices)
    topic = models.ForeignKey(Topic, null=True, on_delete=models.PROTECT, related_name="+", db_index=False)
    product = models.CharField(max_length=80, blank=True)  # empty: all of them
    area = models.ForeignKey(OrgUnit, on_delete=models.PROTECT, related_name="+", db_index=False)
    # that stands out; null: several
    unit = models.ForeignKey(OrgUnit, null=True, on_delete=models.PROTECT, related_name="+", db_index=False)
    since = models.DateField(help_text="First day of the answers that told it.")
    upto = models.DateField(help_text="Last day of them.")
    chance = models.FloatField(help_text="How likely so much is by chance, before all that was tested with it.")
    found_at = models.DateTimeField()
    seen_on = models.DateField(help_text="Last day on which it went on.")
    ended_on = models.DateField(null=True)
    ended_how = models.CharField(max_length=5, choices=Ended.choices, blank=True)
    told_at = models.DateTimeField(null=True, editable=False)  # hand-over mark: who leads the area was written to

    objects = PatternQuerySet.as_manager()

    class Meta:
        permissions = [("dismiss_pattern", "Can dismiss patterns")]
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "topic", "product", "area", "unit"], name="one_open_pattern_of_a_kind",
                condition=Q(ended_on=None), nulls_distinct=False,
            ),
            models.CheckConstraint(
                condition=Q(ended_on=None, ended_how="") | Q(ended_on__isnull=False) & ~Q(ended_how=""),
                name="pattern_ended_somehow",
            ),
        ]  # fmt: skip
        indexes = [
            models.Index(fields=["area", "-found_at"], name="patterns_of_an_area"),  # the region's page
            models.Index(fields=["id"], name="pattern_untold", condition=Q(told_at=None)),  # the mails about them
        ]

    def __str__(self) -> str:
        return f"{self.kind} in {self.area_id}: topic {self.topic_id} {self.product}".rstrip()

    def get_absolute_url(self) -> str:
        return reverse("pattern", kwargs={"public_id": self.public_id})

    @property
    def subject(self) -> Subject:
        return Subject(self.topic_id, self.product)

    @property
    def dismissed(self) -> PatternDismissal | None:
        return getattr(self, "dismissal", None)

    @transaction.atomic
    def dismiss(self, *, by: User, reason: str, at: datetime) -> bool:
        """Somebody knows of it, or knows better: it is told no more while it goes on. Whether that changed anything: it
        has ended, or somebody was first."""
        held = Pattern.objects.select_for_update().get(pk=self.pk)
        if held.ended_on is not None or PatternDismissal.objects.filter(pattern=held).exists():
            return False
        PatternDismissal.objects.create(pattern=held, by=by, at=at, reason=reason)
        Event.objects.record("pattern.dismissed", subject=self, by=by, at=at)
        return True


class PatternCount(models.Model):
    """What one branch brought to a pattern on the day it was found: complaints, and the answers they are among, of the
    last week and of the eight weeks before; of an `unlike` pattern, of all nine weeks, and nothing before."""

    pattern = models.ForeignKey(Pattern, on_delete=models.CASCADE, related_name="counts", db_index=False)
    unit = models.ForeignKey(OrgUnit, on_delete=models.PROTECT, related_name="+", db_index=False)
    complaints = models.PositiveIntegerField()
    answers = models.PositiveIntegerField()
    complaints_before = models.PositiveIntegerField(default=0)
    answers_before = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["pattern", "unit"], name="one_count_per_pattern_and_unit")]

    def __str__(self) -> str:
        return f"{self.complaints} of {self.answers}"

    @property
    def share(self) -> float | None:
        return self.complaints / self.answers if self.answers else None

    @property
    def share_before(self) -> float | None:
        return self.complaints_before / self.answers_before if self.answers_before else None

    @property
    def figures(self) -> Count:
        return Count(self.unit_id, self.complaints, self.answers, self.complaints_before, self.answers_before)


class PatternDismissal(models.Model):
    """Who dismissed a pattern, when and why."""

    pattern = models.OneToOneField(Pattern, on_delete=models.CASCADE, related_name="dismissal")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    at = models.DateTimeField()
    reason = models.CharField(max_length=300)

    def __str__(self) -> str:
        return self.reason
