"""GET /api/v1/worth: what promoters, passives and detractors brought."""

from __future__ import annotations

from typing import Any

from django.http import Http404
from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from analytics.api.scores import chosen_unit
from analytics.api.serializers import UnitSerializer
from analytics.forms_worth import WorthApiForm
from analytics.maths.groups import Group
from analytics.maths.scorecards import COUNTS_FROM
from analytics.models import WorthCell
from analytics.services.worth.filling import WHO
from analytics.services.worth.reading import FUNCTION, periods, usual, worth_report
from common.api.pagination import refuse_unknown_parameters
from common.api.views import PrivateView
from crm.api.principal import principal_of
from surveys.questionnaire.questions import CATEGORIES

PARAMETERS = {
    "unit": "External id of the unit whose customers are meant; left out: the highest unit in sight.",
    "source": "Source of that id, if two sources use the same id.",
    "period": "2026-10, 2026-Q3, or 2025-11-01/2026-11-01, if it was counted; left out: the longest that is over.",
    "segment": "Customers of one segment.",
    "currency": "ISO 4217; left out: the one of most customers.",
}


class GroupSerializer(serializers.Serializer[Any]):
    """The customers of one category; null: too few to show."""

    category = serializers.ChoiceField(choices=CATEGORIES)
    n = serializers.SerializerMethodField(help_text="Null from 1 to 4.")
    mean = serializers.FloatField(allow_null=True, help_text="Per customer; of a share from 0 to 1. From ten on.")
    low = serializers.FloatField(allow_null=True, help_text="95 %: Hall's for means, Wilson's for shares.")
    high = serializers.FloatField(allow_null=True)

    def get_n(self, group: Group) -> int | None:
        return group.n if group.n == 0 or group.n >= COUNTS_FROM else None


class GapSerializer(serializers.Serializer[Any]):
    """Promoters minus detractors. Associated with what they said; not brought about by it."""

    points = serializers.FloatField()
    low = serializers.FloatField(source="interval.low")
    high = serializers.FloatField(source="interval.high")
    verdict = serializers.ChoiceField(choices=["higher", "lower", "not detectable"])
    left_out = serializers.ListField(child=serializers.CharField(), help_text="Segments with too few to compare.")


class ReadingSerializer(serializers.Serializer[Any]):
    measure = serializers.ChoiceField(choices=[m.value for m in WorthCell.Measure if m != WorthCell.Measure.CUSTOMERS])
    currency = serializers.CharField(allow_blank=True, help_text="Of money; empty for shares.")
    groups = GroupSerializer(many=True)
    gap = GapSerializer(allow_null=True)
    within_segments = GapSerializer(source="within", allow_null=True)


class HeardSerializer(serializers.Serializer[Any]):
    """How new customers of the period first heard of us; null: fewer than five."""

    n = serializers.IntegerField()
    by_how = serializers.DictField(child=serializers.IntegerField())
    unknown = serializers.FloatField(help_text="Share of those of whom nobody knows.")
    earned = serializers.FloatField(allow_null=True, help_text="Share, of the known, that loyalty brought.")
    by_known_referrer = serializers.IntegerField()


class WorthSerializer(serializers.Serializer[Any]):
    """The question as it was understood, and what was found."""

    unit = UnitSerializer()
    period = serializers.CharField(source="period.code")
    starts_on = serializers.DateField(source="period.starts_on")
    ends_before = serializers.DateField(source="period.ends_before")
    running = serializers.BooleanField(help_text="The period is not over.")
    counted_at = serializers.DateTimeField(source="period.filled_at")
    segment = serializers.CharField(allow_null=True)
    currencies = serializers.ListField(child=serializers.CharField(), help_text="Never added up, never converted.")
    category_is = serializers.CharField(default=WHO)
    readings = ReadingSerializer(many=True)
    heard = serializers.SerializerMethodField()

    @extend_schema_field(HeardSerializer(allow_null=True))
    def get_heard(self, report: Any) -> Any:
        return HeardSerializer(report.heard).data if report.heard.n >= COUNTS_FROM else None


class Worth(PrivateView):
    """Revenue, margin, share of wallet, churn and referrals of promoters, passives and detractors, with n and
    interval."""

    scopes = {"GET": "worth:read"}
    functions = {"GET": FUNCTION}

    @extend_schema(
        operation_id="worth",
        summary="Read what promoters, passives and detractors brought",
        parameters=[OpenApiParameter(name, str, description=text) for name, text in PARAMETERS.items()],
        responses=WorthSerializer,
    )
    def get(self, request: Request) -> Response:
        form, principal, at = _form_of(request), principal_of(request), timezone.now()
        unit = chosen_unit(principal, form, FUNCTION)
        period = form.cleaned_data["period"] or usual(periods(), at.date())
        if period is None:
            raise Http404
        return Response(
            WorthSerializer(worth_report(principal=principal, unit=unit, period=period, at=at, **form.answer())).data
        )


def _form_of(request: Request) -> WorthApiForm:
    refuse_unknown_parameters(request, *PARAMETERS)
    twice = [name for name, values in request.query_params.lists() if len(values) > 1]
    if twice:
        raise ValidationError(dict.fromkeys(twice, "Give this parameter once."))
    form = WorthApiForm(request.query_params)
    if not form.is_valid():
        raise ValidationError({name: [str(word) for word in words] for name, words in form.errors.items()})
    return form
