"""GET /api/v1/drivers: what goes with the score of a unit."""

from __future__ import annotations

import math
from typing import Any

from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from analytics import wording_drivers
from analytics.api.scores import PARAMETERS, chosen_unit, form_of
from analytics.api.serializers import UnitSerializer
from analytics.maths.drivers.ordinal import Odds
from analytics.services.drivers.reporting import FUNCTION, Driver, Report, driver_report
from common.api.views import PrivateView
from crm.api.principal import principal_of

ASKED = {name: text for name, text in PARAMETERS.items() if name != "by"}

ORIGINS = [("answered", "answered"), ("operational", "operational"), ("loaded", "loaded")]


class OddsSerializer(serializers.Serializer[Any]):
    """The odds of a better answer, the other drivers held still."""

    of = serializers.CharField(allow_blank=True, help_text="The option; empty: one standard deviation of a figure.")
    ratio = serializers.FloatField()
    low = serializers.FloatField()
    high = serializers.FloatField()


class DriverSerializer(serializers.Serializer[Any]):
    """Shares of the score's variance, with 95 % intervals. Associated with the score, which says no more."""

    key = serializers.CharField()
    label = serializers.CharField()
    origin = serializers.ChoiceField(choices=ORIGINS, source="column.candidate.origin")
    n = serializers.IntegerField(source="found.n")
    mean = serializers.FloatField(allow_null=True, help_text="Of a figure.")
    r = serializers.FloatField(source="found.r", allow_null=True, help_text="Correlation; null: a choice of several.")
    overall = serializers.FloatField(source="found.alone", help_text="R² by itself.")
    overall_low = serializers.FloatField(source="found.alone_interval.low")
    overall_high = serializers.FloatField(source="found.alone_interval.high")
    marginal = serializers.FloatField(source="found.part", help_text="LMG: they add up to R².")
    marginal_low = serializers.FloatField(source="found.part_interval.low")
    marginal_high = serializers.FloatField(source="found.part_interval.high")
    rank = serializers.IntegerField(source="found.rank")
    rank_from = serializers.IntegerField(source="found.ranks.first")
    rank_to = serializers.IntegerField(source="found.ranks.last")
    relative_weight = serializers.FloatField(source="found.weight", help_text="Johnson's.")
    vif = serializers.SerializerMethodField(help_text="Variance inflation; null: the others say all of it.")
    odds = serializers.SerializerMethodField()

    def get_vif(self, driver: Driver) -> float | None:
        return driver.found.inflation if math.isfinite(driver.found.inflation) else None

    @extend_schema_field(OddsSerializer(many=True))
    def get_odds(self, driver: Driver) -> list[dict[str, Any]]:
        return [_odds(step, odds) for step, odds in driver.odds]


def _odds(step: str, odds: Odds) -> dict[str, Any]:
    low, high = odds.interval
    return {"of": step, "ratio": odds.ratio, "low": low, "high": high}


class LeftOutSerializer(serializers.Serializer[Any]):
    label = serializers.CharField()
    why = serializers.CharField()


class DriversSerializer(serializers.Serializer[Any]):
    """Under 50 answers with a driver there are no drivers, and no R²."""

    unit = UnitSerializer()
    start = serializers.DateField(source="period.start")
    end = serializers.DateField(source="period.end")
    scale_min = serializers.IntegerField(source="scale.low")
    scale_max = serializers.IntegerField(source="scale.high")
    n = serializers.IntegerField(help_text="Answers that were read.")
    answers = serializers.IntegerField(source="there", help_text="Of so many; beyond 300,000 a part is read, by lot.")
    on_other_scales = serializers.IntegerField(source="elsewhere", help_text="Left out.")
    r_squared = serializers.FloatField(source="result.r_squared", default=None, allow_null=True)
    adjusted_r_squared = serializers.FloatField(source="result.adjusted", default=None, allow_null=True)
    least_pair = serializers.IntegerField(
        source="result.n_pair", default=None, allow_null=True,
        help_text="Answers that the pair of columns with the fewest has in common.",
    )  # fmt: skip
    first_is_sure = serializers.BooleanField(source="result.first_is_sure", default=None, allow_null=True)
    drivers = DriverSerializer(many=True, help_text="The largest marginal part first.")
    left_out = serializers.SerializerMethodField()

    @extend_schema_field(LeftOutSerializer(many=True))
    def get_left_out(self, report: Report) -> list[dict[str, str]]:
        left = [
            {"label": report.labels[each.name], "why": wording_drivers.left(each, report.labels)}
            for each in report.left
        ]
        return left + [{"label": each.label, "why": wording_drivers.WHY[each.why]} for each in report.unfit]


class Drivers(PrivateView):
    """What customers were asked and what was known of the interaction, by how much it goes with the score."""

    scopes = {"GET": "scores:read"}
    functions = {"GET": FUNCTION}

    @extend_schema(
        operation_id="drivers",
        summary="Read drivers",
        parameters=[OpenApiParameter(name, str, description=text) for name, text in ASKED.items()],
        responses=DriversSerializer,
    )
    def get(self, request: Request) -> Response:
        form, principal, at = form_of(request, ASKED), principal_of(request), timezone.now()
        unit = chosen_unit(principal, form)
        report = driver_report(principal=principal, unit=unit, question=form.answer(), at=at)
        return Response(DriversSerializer(report).data)
