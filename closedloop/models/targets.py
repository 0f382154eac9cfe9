"""Within how much open time a ticket is to get how far, and who hears of it when it does not."""

from __future__ import annotations

import pghistory
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q

from closedloop.milestones import ASSIGN, ATTEMPT, CONTACT, RESOLUTION
from closedloop.models.policies import ServicePolicy
from crm.models import OrgUnit, Role

A_YEAR = 366 * 24 * 60
LATEST = 1000  # percent


class Stage(models.TextChoices):
    ASSIGN = ASSIGN, "assigned"
    ATTEMPT = ATTEMPT, "first attempt"
    CONTACT = CONTACT, "first contact"
    RESOLUTION = RESOLUTION, "resolution"


@pghistory.track()
class ServiceTarget(models.Model):
    """So many open minutes for a stage, under a policy, at a unit and all below it; the nearest unit above a ticket's
    own wins. Without one the stage has no due time, but for the first contact, which has the policy's hours."""

    policy = models.ForeignKey(ServicePolicy, on_delete=models.CASCADE, related_name="targets")
    stage = models.CharField(max_length=10, choices=Stage.choices)
    unit = models.ForeignKey(
        OrgUnit, null=True, blank=True, on_delete=models.PROTECT, related_name="+",
        help_text="Here and at all units below. Empty: the whole company.",
    )  # fmt: skip
    minutes = models.PositiveIntegerField(
        validators=[MinValueValidator(1), MaxValueValidator(A_YEAR)],
        help_text="Open minutes; 480 are a day of eight open hours.",
    )
    warn_percent = models.PositiveSmallIntegerField(
        null=True, blank=True, validators=[MinValueValidator(1), MaxValueValidator(99)],
        help_text="The owner is warned when so much of the time is used. Empty: no warning.",
    )  # fmt: skip

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["policy", "stage", "unit"], name="one_target_per_stage_and_unit", nulls_distinct=False,
                violation_error_message="There is a target for this stage and unit already.",
            ),
            models.CheckConstraint(condition=Q(minutes__gt=0), name="target_takes_time"),
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"{self.get_stage_display()} within {self.minutes} open minutes"


@pghistory.track()
class EscalationStep(models.Model):
    """Who hears of it when a clock has used so much of its target. Told once for each round of a ticket."""

    class To(models.TextChoices):
        SUPERVISOR = "supervisor", "whoever leads the unit, other than the owner"
        ABOVE = "above", "whoever leads the unit above"
        ROLE = "role", "the nearest in a role"

    policy = models.ForeignKey(ServicePolicy, on_delete=models.CASCADE, related_name="steps")
    stage = models.CharField(max_length=10, choices=Stage.choices)
    percent = models.PositiveSmallIntegerField(
        validators=[MinValueValidator(1), MaxValueValidator(LATEST)],
        help_text="Of the target's open time: 100 is when it is due, 150 half as long again.",
    )
    to = models.CharField(max_length=10, choices=To.choices, default=To.SUPERVISOR)
    role = models.CharField(max_length=12, choices=Role.choices, blank=True, help_text="With “in a role” alone.")

    class Meta:
        ordering = ["stage", "percent", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["policy", "stage", "percent", "to", "role"], name="one_step_of_a_kind",
                violation_error_message="There is such a step already.",
            ),
            models.CheckConstraint(
                condition=Q(to="role") ^ Q(role=""), name="step_has_a_role_if_it_goes_to_one",
                violation_error_message="A role goes with “the nearest in a role”, and with nothing else.",
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"{self.get_stage_display()}, {self.percent} %: {self.get_to_display()}"

    def clean(self) -> None:
        if self.role == Role.EMPLOYEE:
            raise ValidationError({"role": "Employees lead nobody: choose who can act on it."})
