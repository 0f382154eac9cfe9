from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Self

from django.db import models

from analytics.maths.nps import BINS, Counts, counts_of
from common.arrays import any_of
from crm.models import OrgUnit
from crm.sight import Principal, units_of
from surveys.models import Program


class RollupQuerySet(models.QuerySet["UnitDayScores"]):
    def visible_to(self, principal: Principal, function: str | None = None) -> Self:
        """Cells of units in sight; an employee who sees only what is their own sees no cell."""
        units = units_of(principal, function)
        return self if units is None else self.filter(unit__in=units)

    def listed_to(self, principal: Principal, function: str | None = None) -> Self:
        """The same cells, for a list of the newest. The units are asked for first: taken for few, as many they are, all
        cells they have ever had would be sorted to find the newest."""
        units = units_of(principal, function)
        return self if units is None else self.filter(any_of("unit", units.values_list("descendant", flat=True)))


class Histogram(models.Model):
    """How many answers have which score; `s0` to `s10` count those with that score."""

    s0 = models.PositiveIntegerField(default=0)
    s1 = models.PositiveIntegerField(default=0)
    s2 = models.PositiveIntegerField(default=0)
    s3 = models.PositiveIntegerField(default=0)
    s4 = models.PositiveIntegerField(default=0)
    s5 = models.PositiveIntegerField(default=0)
    s6 = models.PositiveIntegerField(default=0)
    s7 = models.PositiveIntegerField(default=0)
    s8 = models.PositiveIntegerField(default=0)
    s9 = models.PositiveIntegerField(default=0)
    s10 = models.PositiveIntegerField(default=0)
    loaded = models.PositiveIntegerField(default=0)  # of them, collected elsewhere: their response rate is unknown

    class Meta:
        abstract = True

    @property
    def counts(self) -> Counts:
        """Detractors, passives and promoters of the cell."""
        return counts_of([getattr(self, f"s{score}") for score in range(BINS)])


class UnitDayScores(Histogram):
    """The first rollup: histogram of answers by leaf unit as-was, local day, program and channel; zeros not stored.

    Subtree and as-is come at read time through the closure.
    """

    unit = models.ForeignKey(OrgUnit, on_delete=models.PROTECT)
    day = models.DateField()
    program = models.ForeignKey(Program, on_delete=models.PROTECT)
    channel = models.CharField(max_length=20)

    objects = RollupQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "scores by day"
        permissions = [("view_scores", "Can see scores")]
        constraints = [
            models.UniqueConstraint(fields=["unit", "day", "program", "channel"], name="one_cell_per_unit_day")
        ]

    def __str__(self) -> str:
        return f"{self.unit_id} {self.day}"


class UnitMonthScores(Histogram):
    """The same by local month, its first day: added up from the cells of the days, so that a year is twelve of them and
    not 365, however many answers came. Months that a period has only a part of are read by day.
    """

    unit = models.ForeignKey(OrgUnit, on_delete=models.PROTECT, db_index=False)  # the constraint begins with it
    month = models.DateField()
    program = models.ForeignKey(Program, on_delete=models.PROTECT, db_index=False)
    channel = models.CharField(max_length=20)

    class Meta:
        verbose_name = verbose_name_plural = "scores by month"
        constraints = [
            models.UniqueConstraint(fields=["unit", "month", "program", "channel"], name="one_cell_per_unit_month")
        ]

    def __str__(self) -> str:
        return f"{self.unit_id} {self.month:%Y-%m}"


class UnitMonthProducts(Histogram):
    """Answers of a leaf unit as-was and local month by product, which no other cell knows; counted from the facts."""

    unit = models.ForeignKey(OrgUnit, on_delete=models.PROTECT, db_index=False)  # the constraint begins with it
    month = models.DateField()
    product = models.CharField(max_length=80, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "scores of products by month"
        constraints = [
            models.UniqueConstraint(fields=["unit", "month", "product"], name="one_product_cell_per_unit_month")
        ]

    def __str__(self) -> str:
        return f"{self.unit_id} {self.month:%Y-%m} {self.product}"


class UnitDayDispositions(models.Model):
    """What became of invitations, by leaf unit as-was, UTC day on which they were made, program and channel; zeros not
    stored. A column for each disposition (`surveys.dispositions`), and the settled clicks on scores with those of them
    that were judged automatic.
    """

    unit = models.ForeignKey(OrgUnit, on_delete=models.PROTECT, db_index=False)  # the constraint begins with it
    day = models.DateField()
    program = models.ForeignKey(Program, on_delete=models.PROTECT, db_index=False)
    channel = models.CharField(max_length=20)
    complete = models.PositiveIntegerField(default=0)
    partial = models.PositiveIntegerField(default=0)
    break_off = models.PositiveIntegerField(default=0)
    refused = models.PositiveIntegerField(default=0)
    silent = models.PositiveIntegerField(default=0)
    open = models.PositiveIntegerField(default=0)
    bounced = models.PositiveIntegerField(default=0)
    not_delivered = models.PositiveIntegerField(default=0)
    unknown_delivery = models.PositiveIntegerField(default=0)
    not_asked = models.PositiveIntegerField(default=0)
    waiting = models.PositiveIntegerField(default=0)
    clicks = models.PositiveIntegerField(default=0)
    automatic = models.PositiveIntegerField(default=0)

    class Meta:
        verbose_name = verbose_name_plural = "dispositions by day"
        constraints = [
            models.UniqueConstraint(
                fields=["unit", "day", "program", "channel"], name="one_disposition_cell_per_unit_day"
            )
        ]

    def __str__(self) -> str:
        return f"{self.unit_id} {self.day}"


class FillState(models.Model):
    """How far a rollup is filled; a crash between STARTED and DONE is harmless, the period is filled again."""

    class Status(models.TextChoices):
        STARTED = "started"
        DONE = "done"

    rollup = models.CharField(max_length=60, primary_key=True)
    status = models.CharField(max_length=8, choices=Status.choices)
    at = models.DateTimeField()
    answers = models.PositiveBigIntegerField(default=0)  # or invitations, since the last rebuild; revisions count
    # of answers: the attributes that facts hold, {"types": {name: type}, "upto": id of the last that does, null: all}
    details = models.JSONField(null=True, editable=False)

    class Meta:
        verbose_name = "rollup"

    def __str__(self) -> str:
        return f"{self.rollup} {self.status}"


class DirtyCellQuerySet(models.QuerySet["DirtyCell"]):
    def of(self, rollups: Iterable[Any]) -> Self:
        """Of the declared `rollups` (`analytics.stats`)."""
        return self.filter(rollup__in=[rollup.name for rollup in rollups])


class DirtyCell(models.Model):
    """A (unit, day) whose cells must be recomputed from the facts: late, changed or re-attributed answers."""

    rollup = models.CharField(max_length=60)
    unit = models.ForeignKey(OrgUnit, on_delete=models.CASCADE)
    day = models.DateField()

    objects = DirtyCellQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["rollup", "unit", "day"], name="one_dirty_mark_per_unit_day")]

    def __str__(self) -> str:
        return f"{self.rollup} {self.unit_id} {self.day}"
