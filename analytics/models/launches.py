"""What was launched or changed, week by week what was answered about it and what was to be expected, and shortfalls."""

from __future__ import annotations

import uuid
from datetime import date, datetime, timedelta
from typing import Self

import pghistory
from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.db.models import Q
from django.urls import reverse

from analytics.maths.expectations import WATCH, Reading
from analytics.maths.nps import Counts
from common.models import Event, User
from common.text import clean_line
from crm.models import Employee, OrgUnit
from crm.sight import Principal, units_of

WEEK = timedelta(days=7)
LATELY = 4 * WEEK


class LaunchQuerySet(models.QuerySet["Launch"]):
    def visible_to(self, principal: Principal, function: str | None = None) -> Self:
        """Launches in areas in sight: who sees an area sees every branch whose answers count."""
        units = units_of(principal, function)
        return self if units is None else self.filter(area__in=units)

    def with_names(self) -> Self:
        return self.select_related("area", "owner", "shortfall")

    def short_lately(self, at: datetime) -> Self:
        """Those found short within four weeks: somebody should know why by now, or ask."""
        return self.filter(shortfall__found_at__gt=at - LATELY)


@pghistory.track()
class Launch(models.Model):
    """A product that comes out in an `area`, or a change of one. Answers about the product, given there from the `day`
    on, are held against those that comparable launches had at the same age, for half a year.

    Once a week of it was looked at, what is counted and with whom it is compared stay: to look at the same days in
    several ways until one raises an alarm would raise it too often.
    """

    class Kind(models.TextChoices):
        PRODUCT = "product", "new product"
        CHANGE = "change", "change of a product"

    FIXED = ("product", "kind", "day", "area", "comparable")

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    name = models.CharField(max_length=120, help_text="As pages call it: “The new card”.")
    product = models.CharField(max_length=80, help_text="As it stands on interactions and answers, to the letter.")
    kind = models.CharField(max_length=10, choices=Kind.choices, default=Kind.PRODUCT)
    day = models.DateField(help_text="On which customers could first have it, or met the change.")
    area = models.ForeignKey(
        OrgUnit, on_delete=models.PROTECT, related_name="+", db_index=False, verbose_name="where",
        help_text="Answers of this unit and all below it count.",
    )  # fmt: skip
    owner = models.ForeignKey(
        Employee, on_delete=models.PROTECT, related_name="+", db_index=False, help_text="Who answers for it."
    )
    comparable = models.ManyToManyField(
        "self", symmetrical=False, blank=True, related_name="+", verbose_name="comparable launches",
        help_text="Three or more whose answers say what is to be expected. None: all earlier ones of the same kind.",
    )  # fmt: skip

    objects = LaunchQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "launches"
        ordering = ["-day", "name"]
        constraints = [
            models.UniqueConstraint(
                fields=["product", "day", "area"], name="one_launch_of_a_product_a_day",
                violation_error_message="This launch of the product is known already.",
            )
        ]  # fmt: skip
        indexes = [models.Index(fields=["area", "-day"], name="launches_of_an_area")]  # the page of launches

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("launch", kwargs={"public_id": self.public_id})

    def clean(self) -> None:
        for name in ("name", "product"):
            setattr(self, name, clean_line(getattr(self, name)))
            if not getattr(self, name):
                raise ValidationError({name: "Say what it is called."})

    @property
    def fell_short(self) -> Shortfall | None:
        return getattr(self, "shortfall", None)

    @property
    def last_day(self) -> date:
        """Of the watch."""
        return self.day + WATCH * WEEK - timedelta(days=1)

    @transaction.atomic
    def forget(self, *, by: User, at: datetime) -> None:
        """All looks at it, so that the next morning counts and judges it anew: its history was loaded only now."""
        self.weeks.all().delete()
        Shortfall.objects.filter(launch=self).delete()
        Event.objects.record("launch.forgotten", subject=self, by=by, at=at)


class Expectation(models.Model):
    """One week of a launch, as it was when it was over: what was answered in it, and what comparable launches had then.
    `expected`, `sd`: of this week alone; those `to_date`: of all weeks up to it together, which the look judged by `p`.
    Without enough comparable launches there is no expectation, and nothing is judged."""

    launch = models.ForeignKey(Launch, on_delete=models.CASCADE, related_name="weeks", db_index=False)
    week = models.PositiveSmallIntegerField(help_text="From 1.")
    detractors = models.PositiveIntegerField()
    passives = models.PositiveIntegerField()
    promoters = models.PositiveIntegerField()
    compared = models.PositiveSmallIntegerField(help_text="Comparable launches with answers.")
    expected = models.FloatField(null=True)
    sd = models.FloatField(null=True)
    n_to_date = models.PositiveIntegerField(default=0)
    score_to_date = models.FloatField(null=True)
    expected_to_date = models.FloatField(null=True)
    sd_to_date = models.FloatField(null=True)
    p = models.FloatField(null=True)
    looked_at = models.DateTimeField()

    class Meta:
        default_permissions = ()
        ordering = ["week"]
        constraints = [
            models.UniqueConstraint(fields=["launch", "week"], name="one_look_per_launch_and_week"),
            models.CheckConstraint(condition=Q(week__gte=1, week__lte=WATCH), name="expectation_within_the_watch"),
        ]

    def __str__(self) -> str:
        return f"week {self.week} of launch {self.launch_id}"

    @property
    def counts(self) -> Counts:
        return Counts(self.detractors, self.passives, self.promoters)

    @property
    def to_date(self) -> Reading | None:
        """All weeks so far; None where nothing could be expected."""
        found = (self.score_to_date, self.expected_to_date, self.sd_to_date, self.p)
        if any(each is None for each in found):
            return None
        score, expected, sd, p = (float(each or 0) for each in found)
        return Reading(self.n_to_date, score, expected, sd, p)


class Shortfall(models.Model):
    """A launch fell short of its expectation: told once, with the figures of the week after which it was found."""

    launch = models.OneToOneField(Launch, on_delete=models.CASCADE, related_name="shortfall")
    week = models.PositiveSmallIntegerField()
    found_at = models.DateTimeField()
    read_at = models.DateTimeField(null=True, help_text="When what its detractors say was last read.")

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return f"launch {self.launch_id} short since week {self.week}"


class ShortfallPhrase(models.Model):
    """A word or two that sets the detractors of a launch apart: in `n` of `of` of their comments, in `n_others` of
    `of_others` of other detractors' in the same language. `passages`: ids of the newest that hold it; one that was
    erased since is simply not found."""

    shortfall = models.ForeignKey(Shortfall, on_delete=models.CASCADE, related_name="phrases", db_index=False)
    place = models.PositiveSmallIntegerField(help_text="From 1, the clearest first.")
    text = models.CharField(max_length=200)
    language = models.CharField(max_length=10)
    n = models.PositiveIntegerField()
    of = models.PositiveIntegerField()
    n_others = models.PositiveIntegerField()
    of_others = models.PositiveIntegerField()
    z = models.FloatField()
    p = models.FloatField()
    passages = ArrayField(models.BigIntegerField())

    class Meta:
        default_permissions = ()
        ordering = ["place"]
        constraints = [models.UniqueConstraint(fields=["shortfall", "place"], name="one_phrase_per_place")]

    def __str__(self) -> str:
        return self.text
