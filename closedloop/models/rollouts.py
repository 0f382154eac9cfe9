"""Where an initiative begins, and when: stages, unit by unit."""

from __future__ import annotations

from django.conf import settings
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import Q

from crm.models import OrgUnit


class RolloutStage(models.Model):
    """Units in which an initiative begins on one day. A unit stands for all that is below it."""

    initiative = models.ForeignKey(  # found by one_stage_per_number
        "closedloop.Initiative", on_delete=models.CASCADE, related_name="stages", db_index=False
    )
    number = models.PositiveSmallIntegerField(validators=[MinValueValidator(1)])
    day = models.DateField(help_text="From this day on it holds there.")
    units: models.ManyToManyField[OrgUnit, StageUnit] = models.ManyToManyField(
        OrgUnit, through="closedloop.StageUnit", related_name="+"
    )
    planned_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    planned_at = models.DateTimeField()

    class Meta:
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(fields=["initiative", "number"], name="one_stage_per_number"),
            models.CheckConstraint(condition=Q(number__gte=1), name="stages_count_from_one"),
        ]

    def __str__(self) -> str:
        return f"stage {self.number}, {self.day}"


class StageUnit(models.Model):
    """One unit of a stage. The initiative stands here too, so that the database holds that no unit is in two stages."""

    stage = models.ForeignKey(RolloutStage, on_delete=models.CASCADE, related_name="stage_units")
    initiative = models.ForeignKey(
        "closedloop.Initiative", on_delete=models.CASCADE, related_name="stage_units", db_index=False
    )
    unit = models.ForeignKey(OrgUnit, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["initiative", "unit"], name="one_stage_per_unit_and_initiative")]

    def __str__(self) -> str:
        return f"unit {self.unit_id} of stage {self.stage_id}"
