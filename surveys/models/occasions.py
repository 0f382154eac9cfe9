from __future__ import annotations

from django.db import models

from crm.models import Customer, Employee, Interaction, InteractionKind, OrgUnit
from surveys.models.programs import Program
from surveys.models.turns import Turn


class Occasion(models.Model):
    """What a run of the trigger decides about: an interaction, for every program that asks at once, or a turn, for its
    own program. The rows are in a temporary table of the run (`services/triggering/claiming.py`).

    It has the fields of an interaction, so that conditions (`OccasionFilter`) are true of either; `kind` is null and
    the texts are empty where a turn is not about an interaction. `id` is the interaction's or the turn's.
    """

    occasion = models.CharField(max_length=40)
    program = models.ForeignKey(Program, null=True, on_delete=models.DO_NOTHING, related_name="+")
    interaction = models.ForeignKey(Interaction, null=True, on_delete=models.DO_NOTHING, related_name="+")
    turn = models.ForeignKey(Turn, null=True, on_delete=models.DO_NOTHING, related_name="+")
    kind = models.ForeignKey(InteractionKind, null=True, on_delete=models.DO_NOTHING, related_name="+")
    customer = models.ForeignKey(Customer, on_delete=models.DO_NOTHING, related_name="+")
    unit = models.ForeignKey(OrgUnit, on_delete=models.DO_NOTHING, related_name="+")
    employee = models.ForeignKey(Employee, null=True, on_delete=models.DO_NOTHING, related_name="+")
    product = models.CharField(max_length=80)
    channel = models.CharField(max_length=20)
    attributes = models.JSONField()
    occurred_at = models.DateTimeField()

    class Meta:
        managed = False
        db_table = "trigger_claim"

    def __str__(self) -> str:
        return self.occasion
