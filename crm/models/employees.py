from __future__ import annotations

import pghistory
from django.conf import settings
from django.contrib.postgres.fields import DateRangeField, DateTimeRangeField
from django.db import models

from crm.models.units import OrgUnit, no_overlap
from crm.sight import Principal, employees_in_sight


class Role(models.TextChoices):
    OFFICE = "office", "customer advocacy office"
    ANALYST = "analyst"
    EXECUTIVE = "executive"
    REGION = "region", "regional manager"
    BRANCH = "branch", "branch manager"
    EMPLOYEE = "employee"
    AUDITOR = "auditor"


class EmployeeQuerySet(models.QuerySet["Employee"]):
    def visible_to(self, principal: Principal, function: str | None = None) -> EmployeeQuerySet:
        """Employees assigned today to a unit in sight, and oneself."""
        return self.filter(employees_in_sight(principal, function))


@pghistory.track()
class Employee(models.Model):
    """A person who works for the company. What they see and may do follows from their `Assignment`s today."""

    source = models.CharField(max_length=60)
    external_id = models.CharField(max_length=120)
    name = models.CharField(max_length=160)
    email = models.EmailField(blank=True)
    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="employee"
    )
    left_on = models.DateField(null=True, blank=True)

    objects = EmployeeQuerySet.as_manager()

    class Meta:
        ordering = ["name"]
        constraints = [models.UniqueConstraint(fields=["source", "external_id"], name="one_employee_per_source_id")]

    def __str__(self) -> str:
        return self.name


class Assignment(models.Model):
    """Employee in a role at a unit (and all below it), during `valid` (days), as known during `recorded` (instants)."""

    employee = models.ForeignKey(Employee, on_delete=models.PROTECT, related_name="assignments")
    unit = models.ForeignKey(OrgUnit, on_delete=models.PROTECT, related_name="assignments")
    role = models.CharField(max_length=12, choices=Role.choices)
    valid = DateRangeField()
    recorded = DateTimeRangeField()

    class Meta:
        constraints = [no_overlap("one_assignment_per_role_and_day", "employee", "unit", "role")]

    def __str__(self) -> str:
        return f"{self.employee}: {self.get_role_display()} at {self.unit}"
