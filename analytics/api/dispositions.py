"""GET /api/v1/dispositions: what became of the invitations of a unit, and the rates that follow."""

from __future__ import annotations

from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from analytics.api.scores import PARAMETERS, chosen_unit, form_of
from analytics.api.serializers import DispositionsSerializer
from analytics.services.disposing import outcomes
from analytics.services.scoring import FUNCTION
from common.api.views import PrivateView
from crm.api.principal import principal_of


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
