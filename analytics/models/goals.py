"""What a unit is to reach by a day, and from whose goal that was shared out."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Self

import pghistory
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateRangeField, RangeOperators
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Func, Q, Value

from crm.models import OrgUnit
from crm.sight import Principal, units_of

TOLD_AFTER = timedelta(days=14)  # so long it is told how a goal ended
_DAYS = Func(F("first_on"), F("last_on"), Value("[]"), function="daterange", output_field=DateRangeField())


class GoalQuerySet(models.QuerySet["Goal"]):
    def visible_to(self, principal: Principal, function: str | None = None) -> Self:
        """Goals of units in sight."""
        units = units_of(principal, function)
        return self if units is None else self.filter(unit__in=units)

    def on(self, day: date) -> Self:
        """Those that are pursued on the day, or were until a fortnight before; the score's first, the oldest first."""
        found = self.filter(first_on__lte=day, last_on__gte=day - TOLD_AFTER)
        return found.order_by(F("measure").desc(), "first_on", "pk")


@pghistory.track()
class Goal(models.Model):
    """A unit, with all below it, is to reach `target` with what it does from the first to the last day. `parent`: the
    goal of the unit above from which it was shared out."""

    class Measure(models.TextChoices):
        SCORE = "score", "Net Promoter Score"
        CALLS = "calls", "detractors called in time"

    unit = models.ForeignKey(OrgUnit, on_delete=models.PROTECT, related_name="+", db_index=False)
    measure = models.CharField(max_length=5, choices=Measure.choices, default=Measure.SCORE)
    target = models.DecimalField(
        max_digits=4, decimal_places=1, help_text="Score: points, -100 to 100. Calls: per cent of first calls in time.",
    )  # fmt: skip
    first_on = models.DateField("from", help_text="What counts begins on this day.")
    last_on = models.DateField("until", help_text="The last day that counts.")
    calls_instead = models.PositiveSmallIntegerField(
        "calls instead", default=90,
        help_text="Per cent of first calls in time asked of units below whose answers are too few to show their share"
        " of the rise. For goals on calls this says nothing.",
    )  # fmt: skip
    parent = models.ForeignKey(
        "self", null=True, editable=False, on_delete=models.SET_NULL, related_name="shared_out", db_index=False
    )

    objects = GoalQuerySet.as_manager()

    class Meta:
        ordering = ["-last_on", "unit", "measure"]
        constraints = [
            ExclusionConstraint(  # its index finds the goals of a unit
                name="one_goal_of_a_kind_at_a_time",
                expressions=[
                    ("unit", RangeOperators.EQUAL),
                    ("measure", RangeOperators.EQUAL),
                    (_DAYS, RangeOperators.OVERLAPS),
                ],
                violation_error_message="The unit has a goal of this kind for some of these days.",
            ),
            models.CheckConstraint(
                condition=Q(last_on__gte=F("first_on")),
                name="goal_ends_after_it_began",
                violation_error_message="The last day is before the first.",
            ),
            models.CheckConstraint(
                condition=Q(measure="score", target__range=(-100, 100)) | Q(measure="calls", target__range=(0, 100)),
                name="goal_that_can_be",
                violation_error_message="A score lies between -100 and 100, a share of calls between 0 and 100.",
            ),
            models.CheckConstraint(
                condition=Q(calls_instead__lte=100),
                name="goal_calls_instead_is_a_share",
                violation_error_message="Calls instead: at most 100 per cent.",
            ),
        ]
        indexes = [models.Index(fields=["parent"], name="goals_shared_out", condition=Q(parent__isnull=False))]

    def __str__(self) -> str:
        return f"{self.get_measure_display()} {float(self.target):g} until {self.last_on}"

    def clean(self) -> None:
        """What was shared out follows the goal above: its days and its unit are that goal's to say."""
        if self.parent and (self.first_on, self.last_on) != (self.parent.first_on, self.parent.last_on):
            raise ValidationError("It was shared out from the goal above, whose days it has.")

    @property
    def days(self) -> int:
        return (self.last_on - self.first_on).days + 1
