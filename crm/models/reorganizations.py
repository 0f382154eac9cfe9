from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import models

from crm.models.employees import Role
from crm.models.units import Hierarchy, OrgUnit


class Reorganization(models.Model):
    """A planned change of the organization, effective on a day: drafted, previewed, then applied in one step.

    `preview` is what `services/organization/previewing.py` found, `known` the ids of all placements, assignments and
    successions it was found from: as long as those are the same, applying does what the preview says.
    """

    name = models.CharField(max_length=160)
    why = models.TextField(blank=True, help_text="What it is for; kept with it.")
    effective_on = models.DateField(help_text="The first day on which it holds: past, today or to come.")
    hierarchy = models.ForeignKey(Hierarchy, on_delete=models.PROTECT)
    source = models.CharField(max_length=60, help_text="Whose external ids the steps name.")
    drafted_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    drafted_at = models.DateTimeField()
    previewed_at = models.DateTimeField(null=True)
    preview = models.JSONField(default=dict)
    known = models.JSONField(default=dict)
    applied_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    applied_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-drafted_at"]
        permissions = [("apply_reorganization", "Can apply reorganizations")]

    def __str__(self) -> str:
        return self.name

    @property
    def conflicts(self) -> list[str]:
        found: list[str] = self.preview.get("conflicts", [])
        return found

    @property
    def state(self) -> str:
        if self.applied_at:
            return "applied"
        if self.previewed_at is None:
            return "drafted"
        return "in conflict" if self.conflicts else "previewed"


class ReorganizationStep(models.Model):
    """One line of a plan. Units and employees are named by external id ("branch-7", or "hr:branch-7" of another
    source), since a unit may only come into being with the plan."""

    class Kind(models.TextChoices):
        OPEN = "open"
        MOVE = "move"
        MERGE = "merge"
        SPLIT = "split"
        BIND = "bind"
        REVOKE = "revoke"
        CLOSE = "close"
        ASSIGN = "assign"
        UNASSIGN = "unassign"

    reorganization = models.ForeignKey(Reorganization, on_delete=models.CASCADE, related_name="steps")
    number = models.PositiveSmallIntegerField()
    kind = models.CharField(max_length=8, choices=Kind.choices)
    unit = models.CharField(max_length=181)
    under = models.CharField(max_length=181, blank=True)
    into = models.CharField(max_length=181, blank=True)
    share = models.DecimalField(max_digits=9, decimal_places=8, null=True)
    name = models.CharField(max_length=160, blank=True)
    unit_kind = models.CharField(max_length=20, choices=OrgUnit.Kind.choices, blank=True)
    employee = models.CharField(max_length=181, blank=True)
    role = models.CharField(max_length=12, choices=Role.choices, blank=True)

    class Meta:
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(fields=["reorganization", "number"], name="one_step_per_number"),
        ]

    def __str__(self) -> str:
        return f"{self.number}: {self.kind} {self.unit}"

    @property
    def cells(self) -> dict[str, Any]:
        """The step as a line of the file it came in, what is empty left out."""
        names = ("unit", "under", "into", "name", "unit_kind", "employee", "role")
        said = {name: getattr(self, name) for name in names if getattr(self, name)}
        return said | ({"share": f"{self.share.normalize():f}"} if self.share is not None else {})
