"""GET /api/v1/cuts: any measure by any two dimensions, as the explorer shows it."""

from __future__ import annotations

from typing import Any

from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from analytics.api.scores import PARAMETERS as OF_SCORES
from analytics.api.scores import chosen_unit, form_of
from analytics.api.serializers import UnitSerializer
from analytics.forms_explore import ApiCutForm
from analytics.services.crossing import Cell, Table, cells_of, cross
from analytics.services.cutting import TooManyGroups
from analytics.services.scoring import FUNCTION
from common.api.views import PrivateView
from crm.api.principal import principal_of

PARAMETERS = {name: text for name, text in OF_SCORES.items() if name != "by"} | {
    "measure": "score (default), promoters, detractors, contact_hours, closure_hours, reached, mean.NAME of a number.",
    "rows": "A dimension, such as answered_month (default), below, attribute.NAME; docs/explorer.md lists them.",
    "columns": "Another dimension; left out: none.",
    "where": "A condition as JSON; docs/explorer.md lists its names.",
    "order": "Of the rows: own (default), value or n.",
}


class CutGroupSerializer(serializers.Serializer[Any]):
    key = serializers.CharField(
        source="outside", help_text="A day, external id, code, text, or the number of a step; ~: they have none."
    )
    label = serializers.CharField()


class CellSerializer(serializers.Serializer[Any]):
    """One figure, not rounded; null means unknown, too few for a figure, or too few to tell."""

    row = CutGroupSerializer(allow_null=True, help_text="Null: the total of all rows.")
    column = CutGroupSerializer(allow_null=True, help_text="Null: the total of all columns, or there are none.")
    hidden = serializers.BooleanField(help_text="Too few to tell, or it would give others away by subtraction.")
    n = serializers.IntegerField(source="reading.n", default=None, allow_null=True)
    value = serializers.FloatField(source="reading.value", default=None, allow_null=True)
    low = serializers.FloatField(source="reading.interval.low", default=None, allow_null=True, help_text="95 %.")
    high = serializers.FloatField(source="reading.interval.high", default=None, allow_null=True)
    beside = serializers.SerializerMethodField(help_text="Figures that belong to it, such as quartiles.")

    def get_beside(self, cell: Cell) -> dict[str, float]:
        return dict(cell.reading.more) if cell.reading else {}


class CutSerializer(serializers.Serializer[Any]):
    """The question as it was understood, and its cells: those of each row, then totals."""

    unit = UnitSerializer(source="question.unit")
    start = serializers.DateField(source="question.period.start")
    end = serializers.DateField(source="question.period.end")
    as_of = serializers.ChoiceField(choices=["was", "is", "day"], source="question.view.kind")
    measure = serializers.CharField(source="question.measure.key")
    by = serializers.SerializerMethodField()
    cells = serializers.SerializerMethodField()

    def get_by(self, table: Table) -> list[str]:
        return [each.key for each in table.question.by]

    @extend_schema_field(CellSerializer(many=True))
    def get_cells(self, table: Table) -> Any:
        return CellSerializer(cells_of(table), many=True).data


class Cuts(PrivateView):
    """A measure by up to two dimensions, each figure with n and interval; small cells are hidden, also against
    subtraction."""

    scopes = {"GET": "scores:read"}
    functions = {"GET": FUNCTION}

    @extend_schema(
        operation_id="cuts",
        summary="Cut a measure",
        parameters=[OpenApiParameter(name, str, description=text) for name, text in PARAMETERS.items()],
        responses=CutSerializer,
    )
    def get(self, request: Request) -> Response:
        form: Any = form_of(request, tuple(PARAMETERS), ApiCutForm)
        principal = principal_of(request)
        question = form.question(principal=principal, unit=chosen_unit(principal, form), today=timezone.now().date())
        try:
            return Response(CutSerializer(cross(question, order=form.cleaned_data["order"] or "own")).data)
        except TooManyGroups as error:
            raise ValidationError({"rows": str(error)}) from error
