"""GET /api/v1/scores: the scores of a unit and of its parts."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from typing import Any

from django.forms import Form
from django.http import Http404
from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from analytics.api.serializers import AnswerSerializer
from analytics.forms import ApiForm
from analytics.forms_scores import ScoresApiForm
from analytics.maths.scorecards import Period
from analytics.services.exploring import weighed
from analytics.services.scoring import FUNCTION, score_card, score_cards_by, top_units
from common.api.pagination import refuse_unknown_parameters
from common.api.views import PrivateView
from crm.api.principal import principal_of
from crm.models import OrgUnit
from crm.sight import Principal

PARAMETERS = {
    "unit": "External id of the unit; left out: the highest unit in sight.",
    "source": "Source of that id, if two sources use the same id.",
    "from": "First day, as 2026-11-22, in the unit's own time zone; left out: 90 days in all.",
    "to": "Last day; left out: today.",
    "by": "unit (directly below), program, channel or month; left out: one score.",
    "program": "Code of a program.",
    "channel": "How the answers came.",
    "as_of": "was: subtrees as they stood on the day of the answer (default); is: as they stand today; day: as of `on`",
    "on": "The day of as_of=day, as 2026-03-01.",
    "known_at": "As the house knew the organization then: a moment with its offset, or a day (its end, in UTC).",
    "hierarchy": "Code of a hierarchy; left out: the line of management, which alone governs what you may see.",
}
OF_SCORES = PARAMETERS | {
    "target": "A score to hold these against, from -100 to 100.",
    "against_from": "First day of an earlier period to compare with; left out: as many days right before.",
    "against_to": "Its last day, before `from`: periods that overlap are not compared.",
    "weigh": "1: also weigh the answers by the chance of being asked, and part early from late ones. Not with `by`.",
}


class Scores(PrivateView):
    """Scores of a unit with its subtree, or of its parts, each with n, interval, response rate and coverage."""

    scopes = {"GET": "scores:read"}
    functions = {"GET": FUNCTION}

    @extend_schema(
        operation_id="scores",
        summary="Read scores",
        parameters=[OpenApiParameter(name, str, description=text) for name, text in OF_SCORES.items()],
        responses=AnswerSerializer,
    )
    def get(self, request: Request) -> Response:
        form, principal = form_of(request, OF_SCORES, ScoresApiForm), principal_of(request)
        unit, by, answer = chosen_unit(principal, form), form.cleaned_data["by"] or None, form.answer()
        parts = score_cards_by(by, principal=principal, unit=unit, **answer) if by else None
        cards = [score_card(principal=principal, unit=unit, **answer)] if parts is None else parts
        scores = [replace(card, target=form.cleaned_data["target"]) for card in cards]
        now, asked = timezone.now(), form.cleaned_data["weigh"]
        weighing = weighed(principal=principal, unit=unit, question=answer, at=now) if asked else None
        compared = answer["against"] or Period(answer["start"], answer["end"]).previous
        found = {"unit": unit, "by": by, "compared": compared, "scores": scores, "weighing": weighing, **answer}
        return Response(AnswerSerializer(found).data)


def form_of(
    request: Request, parameters: Collection[str] = tuple(PARAMETERS), kind: type[ApiForm] = ApiForm
) -> ApiForm:
    refuse_unknown_parameters(request, *parameters)
    twice = [name for name, values in request.query_params.lists() if len(values) > 1]
    if twice:
        raise ValidationError(dict.fromkeys(twice, "Give this parameter once."))
    form = kind(request.query_params, today=timezone.now().date())
    if not form.is_valid():
        raise ValidationError({name: [str(word) for word in words] for name, words in form.errors.items()})
    return form


def chosen_unit(principal: Principal, form: Form, function: str = FUNCTION) -> OrgUnit:
    """The unit asked for. Http404 if there is none in sight; ValidationError if the id alone does not tell which."""
    external_id, source = form.cleaned_data["unit"], form.cleaned_data["source"]
    if external_id:
        found: Any = OrgUnit.objects.visible_to(principal, function).filter(external_id=external_id)
        found = list(found.filter(source=source)[:2] if source else found[:2])
    else:
        found = top_units(principal, at=timezone.now(), function=function)[:1]
    if not found:
        raise Http404
    if len(found) > 1:
        raise ValidationError({"source": "Units of several sources have this id. Say which source is meant."})
    unit: OrgUnit = found[0]
    return unit
