from __future__ import annotations

from datetime import date
from typing import Self

import pghistory
from django.db import models
from django.db.models import Q

from crm.models.employees import Employee
from crm.sight import Principal


@pghistory.track()
class Skill(models.Model):
    """What some can do and others cannot, in the office's own list: a language, a product, whatever work is shared by.

    The code of a language is the one that customers have (ISO 639-1: fr), the code of a product that of the visits.
    """

    class Kind(models.TextChoices):
        LANGUAGE = "language"
        PRODUCT = "product"
        OTHER = "other"

    code = models.CharField(max_length=60)
    name = models.CharField(max_length=120)
    kind = models.CharField(max_length=10, choices=Kind.choices, default=Kind.OTHER)

    class Meta:
        ordering = ["kind", "name"]
        constraints = [models.UniqueConstraint(fields=["kind", "code"], name="one_skill_per_kind_and_code")]

    def __str__(self) -> str:
        return self.name


def lasting(on: date) -> Q:
    """Rows with a first and a last day (none: for the time being) that hold on the day."""
    return Q(first_on__lte=on) & (Q(last_on=None) | Q(last_on__gte=on))


def _whole(name: str) -> models.CheckConstraint:
    return models.CheckConstraint(condition=Q(last_on=None) | Q(last_on__gte=models.F("first_on")), name=name)


class OfEmployees(models.QuerySet):  # type: ignore[type-arg]  # of one model or the other
    def on(self, day: date) -> Self:
        """Those that hold on the day."""
        return self.filter(lasting(day))

    def visible_to(self, principal: Principal, function: str | None = None) -> Self:
        """Of employees in sight."""
        return self.filter(employee__in=Employee.objects.visible_to(principal, function).values("pk"))


@pghistory.track()
class EmployeeSkill(models.Model):
    """An employee has a skill, from a day on, to a day or for the time being."""

    # found by one_skill_of_an_employee_from_a_day
    employee = models.ForeignKey(Employee, on_delete=models.CASCADE, related_name="skills", db_index=False)
    skill = models.ForeignKey(Skill, on_delete=models.PROTECT, related_name="+")
    first_on = models.DateField("first day")
    last_on = models.DateField("last day", null=True, blank=True, help_text="Empty: for the time being.")

    objects = OfEmployees.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["employee", "skill", "first_on"], name="one_skill_of_an_employee_from_a_day"
            ),
            _whole("skill_ends_after_it_begins"),
        ]

    def __str__(self) -> str:
        return f"{self.skill} of employee {self.employee_id}"


@pghistory.track()
class Absence(models.Model):
    """An employee is away, from a day to a day (none: until further notice). Why is nobody's business here, and not
    kept. `deputy`: who takes what comes up for them meanwhile."""

    source = models.CharField(max_length=60)
    external_id = models.CharField(max_length=120)
    # found by absence_of_employee
    employee = models.ForeignKey(Employee, on_delete=models.CASCADE, related_name="absences", db_index=False)
    first_on = models.DateField("first day")
    last_on = models.DateField("last day", null=True, blank=True, help_text="Empty: until further notice.")
    deputy = models.ForeignKey(Employee, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")

    objects = OfEmployees.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["source", "external_id"], name="one_absence_per_source_id"),
            _whole("absence_ends_after_it_begins"),
            models.CheckConstraint(
                condition=Q(deputy=None) | ~Q(deputy=models.F("employee")), name="nobody_is_their_own_deputy"
            ),
        ]
        indexes = [models.Index(fields=["employee", "first_on"], name="absence_of_employee")]  # routing

    def __str__(self) -> str:
        return f"{self.employee_id} from {self.first_on}"
