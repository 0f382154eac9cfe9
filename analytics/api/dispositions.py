"""GET /api/v1/dispositions: what became of the invitations of a unit, and the rates that follow."""

from __future__ import annotations

from typing import Any

from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from analytics.api.scores import PARAMETERS, chosen_unit, form_of
from analytics.api.serializers import UnitSerializer
from analytics.services.disposing import Outcome, outcomes
from analytics.services.scoring import FUNCTION
from common.api.views import PrivateView
from crm.api.principal import principal_of
from surveys.dispositions import LABELS, Disposition


def _rate(text: str) -> Any:
    return serializers.FloatField(allow_null=True, help_text=text)


class RatesSerializer(serializers.Serializer[Any]):
    """The AAPOR's classes and rates; null where nobody is in the denominator."""

    i = serializers.IntegerField(help_text="Complete.")
    p = serializers.IntegerField(help_text="Partial.")
    r = serializers.IntegerField(help_text="Refusal and break-off.")
    nc = serializers.IntegerField(help_text="Delivered, silent; those who may still answer included.")
    o = serializers.IntegerField(help_text="Other.")
    u = serializers.IntegerField(help_text="Unknown eligibility: came back, not delivered, not known.")
    e = serializers.FloatField(help_text="Part of U taken for eligible in RR3 and RR4.")
    rr1 = _rate("I / (I + P + R + NC + O + U)")
    rr2 = _rate("(I + P) / the same: the rate beside a score")
    rr3 = _rate("I / (I + P + R + NC + O + e U)")
    rr4 = _rate("(I + P) / the same")
    rr5 = _rate("I / (I + P + R + NC + O)")
    rr6 = _rate("(I + P) / the same")
    coop1 = _rate("I / (I + P + R + O)")
    coop3 = _rate("I / (I + P + R)")
    ref1 = _rate("R / all")
    con1 = _rate("(I + P + R + O) / all")


class ClicksSerializer(serializers.Serializer[Any]):
    """Of programs that keep clicks on scores: how many are settled, and how many of them were judged automatic."""

    n = serializers.IntegerField()
    automatic = serializers.IntegerField()
    share = serializers.FloatField(allow_null=True)


class OutcomeSerializer(serializers.Serializer[Any]):
    """Every invitation has exactly one disposition, so they add up to `invitations`."""

    key = serializers.CharField(help_text="Id of the unit, code of the program, channel, or month as 2026-11.")
    label = serializers.CharField()
    invitations = serializers.IntegerField()
    n = serializers.IntegerField(help_text="Those that went out: all rates are of them.")
    open = serializers.IntegerField(help_text="Of those, who may still answer; the rates are so far.")
    dispositions = serializers.SerializerMethodField()
    rates = RatesSerializer()
    clicks = ClicksSerializer()

    @extend_schema_field(
        {
            "type": "object",
            "properties": {each.value: {"type": "integer", "description": LABELS[each]} for each in Disposition},
            "required": [each.value for each in Disposition],
        }
    )
    def get_dispositions(self, outcome: Outcome) -> dict[str, int]:
        return {each.value: outcome.counts.get(each, 0) for each in Disposition}


class DispositionsSerializer(serializers.Serializer[Any]):
    unit = UnitSerializer()
    start = serializers.DateField()
    end = serializers.DateField()
    by = serializers.CharField(allow_null=True)
    outcomes = OutcomeSerializer(many=True)


class Dispositions(PrivateView):
    """What became of the invitations made in a period, for a unit with its subtree or for its parts."""

    scopes = {"GET": "scores:read"}
    functions = {"GET": FUNCTION}

    @extend_schema(
        operation_id="dispositions",
        summary="Read dispositions",
        parameters=[
            OpenApiParameter(name, str, description=text) for name, text in PARAMETERS.items() if name != "channel"
        ]
        + [OpenApiParameter("channel", str, description="How they were asked.")],
        responses=DispositionsSerializer,
    )
    def get(self, request: Request) -> Response:
        form, principal, at = form_of(request), principal_of(request), timezone.now()
        unit, by, question = chosen_unit(principal, form), form.cleaned_data["by"] or None, form.answer()
        found = outcomes(by, principal=principal, unit=unit, question=question, at=at)
        frame = {"unit": unit, "by": by, "start": question["start"], "end": question["end"]}
        return Response(DispositionsSerializer({**frame, "outcomes": found}).data)
