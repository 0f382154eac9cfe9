"""GET /api/v1/recovery: did calling detractors help?"""

from __future__ import annotations

from typing import Any

from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from analytics.api.scores import chosen_unit
from analytics.api.serializers import UnitSerializer
from analytics.forms_recovery import RecoveryApiForm
from analytics.services.recovery.reporting import FUNCTION, Report, recovery_report
from common.api.pagination import refuse_unknown_parameters
from common.api.views import PrivateView
from crm.api.principal import principal_of

PARAMETERS = {
    "unit": "External id of the unit; left out: the highest unit in sight.",
    "source": "Source of that id, if two sources use the same id.",
    "study": "Code of a study; `late`: contacted early against late; left out: the newest study, else `late`.",
    "from": "First day (UTC), as 2026-11-22; left out: when the study began, or a year ago.",
    "to": "Last day; left out: today.",
}
VERDICTS = ["helped", "harmed", "not detectable"]


class HelpedSerializer(serializers.Serializer[Any]):
    """A share of the called minus that of the others, from -1 to 1."""

    points = serializers.FloatField()
    low = serializers.FloatField(source="interval.low", help_text="Newcombe, 95 %.")
    high = serializers.FloatField(source="interval.high")
    bound_low = serializers.FloatField(source="bounds.low", help_text="If the silent had said what is worst for it.")
    bound_high = serializers.FloatField(source="bounds.high", help_text="If the silent had said what is best for it.")
    verdict = serializers.ChoiceField(choices=VERDICTS)


class CalledOrNotSerializer(serializers.Serializer[Any]):
    """Counts of customers."""

    n = serializers.IntegerField()
    reached = serializers.IntegerField(help_text="Somebody spoke with them.")
    resolved = serializers.IntegerField(help_text="Put right, say we.")
    confirmed = serializers.IntegerField(help_text="Put right, says the customer in the second survey.")
    called_after_all = serializers.IntegerField(source="let_go", help_text="Held out, and called for another reason.")
    answered_again = serializers.IntegerField(source="moved.known")
    left_the_detractors = serializers.IntegerField(source="moved.well")
    of_whom_it_is_known_who_stayed = serializers.IntegerField(source="stayed.n", help_text="Their 180 days are over.")
    stayed = serializers.IntegerField(source="stayed.well")


class KeptCostSerializer(serializers.Serializer[Any]):
    """Cost of one more kept customer."""

    currency = serializers.CharField()
    points = serializers.FloatField(allow_null=True, help_text="Null: nobody was kept.")
    low = serializers.FloatField(allow_null=True, help_text="Fieller, 95 %; null: without end, as is `high`.")
    high = serializers.FloatField(allow_null=True)


class RescueRateSerializer(serializers.Serializer[Any]):
    """Of those who answered again, the share who left the detractors; it says nothing by itself."""

    called = serializers.FloatField(source="naive", allow_null=True)
    others = serializers.FloatField(source="naive_others", allow_null=True)
    expected_with_nothing_done = serializers.ListField(
        child=serializers.FloatField(), source="expected", allow_null=True, help_text="At reliability .66 and .47."
    )


class RecoverySerializer(serializers.Serializer[Any]):
    """Figures are not rounded; null: under five customers in a group."""

    unit = UnitSerializer()
    start = serializers.DateField(source="period.start")
    end = serializers.DateField(source="period.end")
    study = serializers.CharField(source="study.code", default=None, allow_null=True)
    others_are = serializers.SerializerMethodField(
        help_text="held_out: by lot; late: contacted later, which is weaker."
    )
    called = serializers.SerializerMethodField()
    others = serializers.SerializerMethodField()
    left_the_detractors = HelpedSerializer(source="moved", allow_null=True)
    still_a_customer = HelpedSerializer(source="stayed", allow_null=True)
    cost_per_kept_customer = serializers.SerializerMethodField()
    rescue_rate = RescueRateSerializer(source="*")
    unlike_before = serializers.ListField(child=serializers.CharField(), source="unlike")

    @extend_schema_field(serializers.ChoiceField(choices=["held_out", "late"]))
    def get_others_are(self, report: Report) -> str:
        return "held_out" if report.study else "late"

    @extend_schema_field(CalledOrNotSerializer(allow_null=True))
    def get_called(self, report: Report) -> Any:
        return CalledOrNotSerializer(report.called).data if report.enough else None

    @extend_schema_field(CalledOrNotSerializer(allow_null=True))
    def get_others(self, report: Report) -> Any:
        return CalledOrNotSerializer(report.others).data if report.enough else None

    @extend_schema_field(KeptCostSerializer(allow_null=True))
    def get_cost_per_kept_customer(self, report: Report) -> Any:
        if report.price is None:
            return None
        low, high = report.price.interval or (None, None)
        return {"currency": report.currency, "points": report.price.points, "low": low, "high": high}


class Recovery(PrivateView):
    """Recovery three ways: confirmed, of all detractors of the cohort, and by what they did; against a control group
    held out by lot, or against those contacted late."""

    scopes = {"GET": "worth:read"}
    functions = {"GET": FUNCTION}

    @extend_schema(
        operation_id="recovery",
        summary="Read whether calling helped",
        parameters=[OpenApiParameter(name, str, description=text) for name, text in PARAMETERS.items()],
        responses=RecoverySerializer,
    )
    def get(self, request: Request) -> Response:
        form, principal = _form_of(request), principal_of(request)
        unit = chosen_unit(principal, form, FUNCTION)
        report = recovery_report(principal=principal, unit=unit, at=timezone.now(), **form.answer())
        return Response(RecoverySerializer(report).data)


def _form_of(request: Request) -> RecoveryApiForm:
    refuse_unknown_parameters(request, *PARAMETERS)
    twice = [name for name, values in request.query_params.lists() if len(values) > 1]
    if twice:
        raise ValidationError(dict.fromkeys(twice, "Give this parameter once."))
    form = RecoveryApiForm(request.query_params, today=timezone.now().date())
    if not form.is_valid():
        raise ValidationError({name: [str(word) for word in words] for name, words in form.errors.items()})
    return form
