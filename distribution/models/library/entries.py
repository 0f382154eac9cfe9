"""What stands in the library, of whatever kind: who sees it, what it quotes, by which words it is found."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Self, TypeVar, cast

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVectorField
from django.db import models
from django.db.models import Exists, F, OuterRef, Q, Value
from django.db.models.functions import MD5
from django.urls import reverse
from django.utils import timezone

from closedloop.models.tickets.sets import LocalDay
from crm.models import Employee, OrgUnit, UnitClosure
from crm.models.employees import Role
from crm.roles import SUBTREE_ROLES
from crm.sight import Principal, assignments_of, own_ids, units_of
from surveys.models import Response, Topic

READ = frozenset({"distribution.view_entry", "distribution.view_policynotice"})
CHANGE = "distribution.change_entry"


class Kind(models.TextChoices):
    STORY = "story", "story of a recovery"
    QUOTE = "quote", "words of a customer"
    NOTICE = "notice", "policy notice"


class Standing(models.TextChoices):
    DRAFT = "draft"
    PUBLISHED = "published"
    WITHDRAWN = "withdrawn"


T = TypeVar("T", bound="Entry")


class LibraryQuerySet(models.QuerySet[T]):
    def visible_to(self, principal: Principal, function: str | None = None) -> Self:
        """To read: what is published for everybody, for one's role, or for a part of the company in which one works or
        which one leads; one's own drafts, and those of units where one may publish. To change: what is of units where
        one has the function. Words that may not be quoted any more nobody sees."""
        rows = self.with_quoted().filter(~Q(kind=Kind.QUOTE) | Q(quoted=True))
        units = units_of(principal, CHANGE if function is None or function in READ else function)
        if units is None:
            return rows
        if function is not None and function not in READ:
            return rows.filter(unit__in=units)
        held = list(assignments_of(principal).values_list("role", "unit"))
        if not held:
            return rows.none()
        own_drafts = Q(by=principal, state=Standing.DRAFT)
        return rows.filter(Q(state=Standing.PUBLISHED) & _meant_for(held) | own_drafts | Q(unit__in=units))

    def with_quoted(self) -> Self:
        """With `quoted`: the words that it quotes may be quoted, and are those that somebody chose."""
        stand = Response.objects.quotable().alias(sealed=MD5("comment"))
        return self.annotate(quoted=Exists(stand.filter(pk=OuterRef("response"), sealed=OuterRef("seal"))))

    def standing(self, at: datetime) -> Self:
        """Published; a notice on its days, and not replaced by a newer one, by the calendar where it is for."""
        day = LocalDay(Value(at, models.DateTimeField()), F("unit__zone"))
        begun = Entry.objects.filter(state=Standing.PUBLISHED, policynotice__valid_from__lte=OuterRef("day"))
        later = begun.filter(policynotice__replaces=OuterRef("pk"))
        endless = Q(policynotice__valid_until=None) | Q(policynotice__valid_until__gte=F("day"))
        on_its_days = endless & Q(policynotice__valid_from__lte=F("day"))
        rows = self.filter(state=Standing.PUBLISHED).alias(day=day)
        return rows.filter(~Q(kind=Kind.NOTICE) | on_its_days).exclude(Exists(later))

    def unread_by(self, principal: Principal) -> Self:
        """Notices to be read by everybody whom they are for, that this person, one of them, has not said to have
        read; not those that are for their people alone."""
        held = list(assignments_of(principal).values_list("role", "unit"))
        if not held:
            return self.none()
        mine = self.filter(_meant_for(held, led=False), policynotice__must_read=True)
        return mine.exclude(policynotice__acknowledgements__employee__in=own_ids(principal))


class EntryQuerySet(LibraryQuerySet["Entry"]):
    pass


def _meant_for(held: list[tuple[str, int]], *, led: bool = True) -> Q:
    """Entries for somebody who holds these roles at these units (ids) today; `led`: also for whom they lead."""
    roles = {role: [unit for of, unit in held if of == role] for role, _ in held}
    return Q(*(_meant_for_role(role, units, led=led) for role, units in roles.items()), _connector=Q.OR)


def _meant_for_role(role: str, units: list[int], *, led: bool) -> Q:
    line = UnitClosure.objects.filter(hierarchy__is_primary=True, valid__contains=timezone.now().date())
    place = Q(audience=None) | Q(audience__in=line.filter(descendant__in=units).values("ancestor"))
    if led and role in SUBTREE_ROLES:
        place |= Q(audience__in=line.filter(ancestor__in=units).values("descendant"))
    return place & (Q(roles=[]) | Q(roles__contains=[role]))


class Entry(models.Model):
    """One thing in the library. `unit`: where it comes from, whose leaders publish it; `audience` and `roles`: who
    reads it (empty: everybody in the company).

    The customer's words are never copied: `response` leads to them, and `seal` (MD5 of the comment as it was when
    somebody chose it) tells whether they are still those. They are shown and searched only while the customer lets us
    quote them (`quoted`). `words` are our own.
    """

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    kind = models.CharField(max_length=6, choices=Kind.choices, editable=False)
    state = models.CharField(max_length=9, choices=Standing.choices, default=Standing.DRAFT, editable=False)
    unit = models.ForeignKey(OrgUnit, on_delete=models.PROTECT, related_name="+", help_text="For which unit it is.")
    audience = models.ForeignKey(
        OrgUnit, null=True, blank=True, on_delete=models.PROTECT, related_name="+", db_index=False,
        help_text="Who works there or below, or leads it, reads it. Empty: everybody.",
    )  # fmt: skip
    roles = ArrayField(
        models.CharField(max_length=12, choices=Role.choices), default=list, blank=True,
        help_text="Only these roles read it. Empty: every role.",
    )  # fmt: skip
    product = models.CharField(max_length=80, blank=True)
    topics = models.ManyToManyField(Topic, blank=True, related_name="+")
    title = models.CharField(max_length=160, blank=True)
    words = models.TextField(blank=True)
    language = models.CharField(max_length=10, blank=True, editable=False, help_text="Of our own words, ISO 639-1.")
    tsv = SearchVectorField(null=True, editable=False)
    response = models.ForeignKey(
        Response, null=True, on_delete=models.PROTECT, related_name="library_entries", editable=False
    )
    seal = models.CharField(max_length=32, blank=True, editable=False)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+", editable=False
    )
    author = models.ForeignKey(
        Employee, null=True, on_delete=models.PROTECT, related_name="+", editable=False, db_index=False
    )
    written_at = models.DateTimeField(editable=False)
    published_at = models.DateTimeField(null=True, editable=False)
    published_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+", editable=False, db_index=False
    )
    featured_at = models.DateTimeField(null=True, editable=False)
    withdrawn_at = models.DateTimeField(null=True, editable=False)
    withdrawn_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+", editable=False, db_index=False
    )
    withdrawn_why = models.CharField(max_length=300, blank=True, editable=False)

    objects = EntryQuerySet.as_manager()

    class Meta:
        verbose_name = "entry of the library"
        verbose_name_plural = "entries of the library"
        permissions = [("feature_entry", "Can choose what the library shows first, and what it quotes")]
        constraints = [
            models.CheckConstraint(
                condition=Q(kind=Kind.QUOTE, response__isnull=False) | (~Q(kind=Kind.QUOTE) & ~Q(title="")),
                name="entry_has_words_or_a_title",
            ),
            models.CheckConstraint(
                condition=Q(response=None, seal="") | (Q(response__isnull=False) & ~Q(seal="")),
                name="quoted_words_are_sealed",
            ),
            models.CheckConstraint(
                condition=~Q(state=Standing.PUBLISHED) | Q(published_at__isnull=False), name="entry_published_when"
            ),
            models.CheckConstraint(
                condition=~Q(state=Standing.WITHDRAWN) | (Q(withdrawn_at__isnull=False) & ~Q(withdrawn_why="")),
                name="entry_withdrawn_with_a_reason",
            ),
            models.UniqueConstraint(
                fields=["response"],
                condition=Q(kind=Kind.QUOTE) & ~Q(state=Standing.WITHDRAWN),
                name="one_quote_per_answer",
            ),
        ]
        indexes = [
            models.Index(  # the library, what is featured first
                F("featured_at").desc(nulls_last=True), F("published_at").desc(), name="entry_newest"
            ),
            GinIndex(fields=["tsv"], name="entry_by_words"),  # its search
        ]

    def __str__(self) -> str:
        return self.title or f"{self.get_kind_display()} {self.pk}"

    def get_absolute_url(self) -> str:
        return reverse("library_entry", args=[self.public_id])

    @property
    def as_entry(self) -> Entry:
        """Of a story or a notice the row of the library, under which its events stand."""
        return cast("Entry", getattr(self, "entry_ptr", self))

    @property
    def for_roles(self) -> str:
        """The roles that alone read it, in words; empty: every role."""
        return ", ".join(str(Role(role).label) for role in self.roles)

    @property
    def said(self) -> str:
        """What the customer said, with personal data hidden; empty where nothing may be quoted (or the row came without
        `quoted`)."""
        return self.response.words if self.response and getattr(self, "quoted", False) else ""

    @property
    def lost_its_quote(self) -> bool:
        """It quoted words that may not be quoted any more."""
        return self.response_id is not None and not getattr(self, "quoted", False)
