"""A team's short meeting: when it is held, what was talked of, who was there, what was agreed."""

from __future__ import annotations

import uuid
from datetime import date, datetime
from typing import Self, TypeVar

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.urls import reverse

from closedloop.models import Elevation
from common.periods import local_day
from crm.models import Employee, OrgUnit
from crm.sight import Principal, own_units, units_of
from distribution.models.digests import unit_address

T = TypeVar("T", bound=models.Model)


class OfTeams(models.QuerySet[T]):
    """Rows of a unit's huddles: seen by who sees the unit, and by who works in it today."""

    def visible_to(self, principal: Principal, function: str | None = None) -> Self:
        units = units_of(principal, function)
        if units is None:
            return self
        return self.filter(Q(unit__in=units) | Q(unit__in=own_units(principal, function)))


class HuddleSeries(models.Model):
    """On which days of the week a unit holds its huddle, and when (wall clock of the unit); on days on which it works.
    What was agreed last counts; `huddles.planned` events keep what was before."""

    unit = models.OneToOneField(OrgUnit, on_delete=models.PROTECT, related_name="huddle_series")
    weekdays = ArrayField(models.PositiveSmallIntegerField(), help_text="Monday is 0.")
    starts_at = models.TimeField(help_text="Wall clock of the unit.")
    active = models.BooleanField(default=True)
    changed_at = models.DateTimeField()

    objects = OfTeams["HuddleSeries"].as_manager()

    class Meta:
        verbose_name_plural = "huddle series"
        constraints = [
            models.CheckConstraint(
                condition=Q(weekdays__contained_by=[0, 1, 2, 3, 4, 5, 6]) & Q(weekdays__len__gt=0),
                name="huddle_on_days_of_the_week",
            )
        ]

    def __str__(self) -> str:
        return f"huddles of {self.unit}"


class Huddle(models.Model):
    """One huddle of a unit, on a local day of its own. It is announced to who leads it (`planned_at`), opened, which
    freezes what it talks of (`agenda`, as `distribution/services/huddling/gathering.py` says), and closed."""

    unit = models.ForeignKey(  # found by one_huddle_per_unit_day
        OrgUnit, on_delete=models.PROTECT, related_name="huddles", db_index=False
    )
    day = models.DateField()
    lead = models.ForeignKey(Employee, null=True, on_delete=models.PROTECT, related_name="+", db_index=False)
    planned_at = models.DateTimeField(null=True, editable=False)
    agenda = models.JSONField(null=True, editable=False)
    opened_at = models.DateTimeField(null=True, editable=False)
    opened_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+", db_index=False, editable=False
    )
    closed_at = models.DateTimeField(null=True, editable=False)
    closed_by = models.ForeignKey(  # nobody: it was left open until the next one
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+", db_index=False, editable=False
    )
    note = models.TextField(blank=True)

    objects = OfTeams["Huddle"].as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["unit", "day"], name="one_huddle_per_unit_day"),
            models.CheckConstraint(
                condition=Q(opened_at=None, agenda__isnull=True, closed_at=None)
                | Q(opened_at__isnull=False, agenda__isnull=False),
                name="huddle_opened_with_an_agenda",
            ),
        ]

    def __str__(self) -> str:
        return f"huddle of {self.unit} {self.day}"

    def get_absolute_url(self) -> str:
        return reverse("huddle", kwargs={"unit": unit_address(self.unit), "day": self.day})

    @property
    def state(self) -> str:
        if self.closed_at:
            return "closed"
        return "open" if self.opened_at else "planned"

    def goes_on(self, at: datetime) -> bool:
        """It is open, and its day is not over."""
        return self.state == "open" and local_day(at, self.unit.zone_info) == self.day


class HuddleAttendance(models.Model):
    """Somebody was there, or had said that they could not. Who is neither was expected and did not come."""

    class Status(models.TextChoices):
        PRESENT = "present"
        EXCUSED = "excused"

    # found by one_attendance_per_huddle_and_person
    huddle = models.ForeignKey(Huddle, on_delete=models.CASCADE, related_name="attendance", db_index=False)
    employee = models.ForeignKey(Employee, on_delete=models.PROTECT, related_name="+", db_index=False)
    status = models.CharField(max_length=7, choices=Status.choices)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["huddle", "employee"], name="one_attendance_per_huddle_and_person")
        ]

    def __str__(self) -> str:
        return f"{self.employee_id} {self.status} at huddle {self.huddle_id}"


class HuddleActionQuerySet(OfTeams["HuddleAction"]):
    def open(self) -> Self:
        """Those of which nobody has said what became: they stand on each next agenda."""
        return self.filter(outcome="")


class HuddleAction(models.Model):
    """What was agreed in a huddle: who does what by when. It stands on the agenda of every later huddle of the unit
    until somebody says that it was done, or dropped and why. Its words never change."""

    class Outcome(models.TextChoices):
        DONE = "done"
        DROPPED = "dropped"

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    huddle = models.ForeignKey(Huddle, on_delete=models.PROTECT, related_name="actions")
    unit = models.ForeignKey(  # the huddle's; open ones are found by huddle_action_open
        OrgUnit, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    what = models.CharField(max_length=300)
    owner = models.ForeignKey(Employee, on_delete=models.PROTECT, related_name="huddle_actions", db_index=False)
    due_on = models.DateField()
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+", db_index=False
    )
    at = models.DateTimeField()
    outcome = models.CharField(max_length=7, choices=Outcome.choices, blank=True)
    why = models.CharField(max_length=300, blank=True)
    settled_at = models.DateTimeField(null=True)
    settled_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+", db_index=False
    )

    objects = HuddleActionQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(outcome="", settled_at=None) | (~Q(outcome="") & Q(settled_at__isnull=False)),
                name="huddle_action_settled_with_an_outcome",
            ),
            models.CheckConstraint(
                condition=~Q(outcome="dropped") | ~Q(why=""), name="huddle_action_dropped_with_a_reason"
            ),
        ]
        indexes = [models.Index(fields=["unit", "due_on"], name="huddle_action_open", condition=Q(outcome=""))]

    def __str__(self) -> str:
        return self.what

    def is_late(self, day: date) -> bool:
        return not self.outcome and self.due_on < day


class HuddleElevation(models.Model):
    """What a team raised to the outer loop from its huddle."""

    # found by one_elevation_per_huddle
    huddle = models.ForeignKey(Huddle, on_delete=models.CASCADE, related_name="elevations", db_index=False)
    elevation = models.ForeignKey(Elevation, on_delete=models.PROTECT, related_name="huddles")
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["huddle", "elevation"], name="one_elevation_per_huddle"),
        ]

    def __str__(self) -> str:
        return f"elevation {self.elevation_id} from huddle {self.huddle_id}"
