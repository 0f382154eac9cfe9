"""What the routes answer about decisions."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from crm.api.serializers import RowId
from surveys.models import Decision, Reason
from surveys.sampling import RANGE
from surveys.services.explaining.answering import Told


class DecisionRow(serializers.Serializer[Any]):
    program = serializers.CharField(source="program.code")
    version = serializers.IntegerField(source="decision.version.number")
    occasion = serializers.SerializerMethodField(help_text="An interaction, or a turn that is the program's own.")
    occasion_day = serializers.DateField(source="decision.occasion_day")
    interaction = RowId(allow_null=True, help_text="What it is about; null for a turn that is about none.")
    customer = RowId(source="decision.customer", help_text="The row that stood for the person then.")
    unit = RowId(source="decision.unit")
    employee = RowId(source="decision.employee", allow_null=True)
    asked = serializers.BooleanField(source="decision.asked")
    reason = serializers.ChoiceField(choices=Reason.choices, source="decision.reason")
    why = serializers.CharField(source="sentence", help_text="The reason in words.")
    stratum = serializers.CharField(source="decision.stratum", allow_blank=True)
    probability = serializers.FloatField(source="decision.probability", help_text="Of being asked; 0 where barred.")
    draw = serializers.SerializerMethodField(
        help_text="From 0 to 1: in the sample if below the rate; a place in line where a unit lacks its minimum."
    )
    decided_at = serializers.DateTimeField(source="decision.decided_at")

    @extend_schema_field({"type": "string", "enum": ["interaction", "turn"]})
    def get_occasion(self, told: Told) -> str:
        return _of(told).occasion.partition(":")[0]

    @extend_schema_field({"type": "number"})
    def get_draw(self, told: Told) -> float:
        return round(int(_of(told).draw) / RANGE, 6)


def _of(told: Told) -> Decision:
    decision: Any = told.decision  # here every occasion has one
    found: Decision = decision
    return found
