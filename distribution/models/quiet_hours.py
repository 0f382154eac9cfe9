"""When somebody wants to be told of alerts, beside the hours of their unit."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime, time
from zoneinfo import ZoneInfo

from django.contrib.postgres.fields import ArrayField
from django.db import models, transaction
from django.db.models import F, Q

from common.models import Event, User
from crm.models import Employee
from crm.models.units import validate_zone
from distribution.quiet_hours import Wish


class QuietHours(models.Model):
    """Out of these hours no alert is mailed to the employee, unless its rule tells at any hour. What was wished last
    counts; `quiet_hours.kept` events keep since when."""

    employee = models.OneToOneField(Employee, on_delete=models.CASCADE, related_name="quiet_hours")
    weekdays = ArrayField(models.PositiveSmallIntegerField(), help_text="Monday is 0.")
    opens = models.TimeField()
    closes = models.TimeField()
    zone = models.CharField(max_length=60, validators=[validate_zone])

    class Meta:
        verbose_name_plural = "quiet hours"
        constraints = [
            models.CheckConstraint(
                condition=Q(weekdays__contained_by=[0, 1, 2, 3, 4, 5, 6]) & Q(weekdays__len__gt=0),
                name="told_on_days_of_the_week",
            ),
            models.CheckConstraint(condition=Q(closes__gt=F("opens")), name="told_for_a_while"),
        ]

    def __str__(self) -> str:
        return f"hours of {self.employee}"

    @property
    def wish(self) -> Wish:
        return Wish(frozenset(self.weekdays), self.opens, self.closes, ZoneInfo(self.zone))

    @classmethod
    @transaction.atomic
    def keep(
        cls, employee: Employee, *, weekdays: Collection[int], opens: time, closes: time, zone: str, by: User,
        at: datetime,
    ) -> QuietHours:  # fmt: skip
        """What the employee wishes from now on; mails that wait already keep their time."""
        said = {"weekdays": sorted(weekdays), "opens": opens, "closes": closes, "zone": zone}
        kept, _ = cls.objects.update_or_create(employee=employee, defaults=said)
        Event.objects.record("quiet_hours.kept", subject=employee, by=by, at=at, weekdays=kept.weekdays)
        return kept

    @classmethod
    @transaction.atomic
    def drop(cls, employee: Employee, *, by: User, at: datetime) -> bool:
        """The hours of the unit alone count again; whether others were kept."""
        gone, _ = cls.objects.filter(employee=employee).delete()
        if gone:
            Event.objects.record("quiet_hours.dropped", subject=employee, by=by, at=at)
        return bool(gone)


def wishes_of(employees: Iterable[int]) -> dict[int, Wish]:
    """By employee, of those who have one; one query."""
    rows = QuietHours.objects.filter(employee__in=set(employees))
    return {row.employee_id: row.wish for row in rows}
