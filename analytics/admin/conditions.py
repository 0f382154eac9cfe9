"""The builder of conditions counts answers for whoever explores them."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet

from analytics.filters import AnswerFilter
from analytics.models import AnswerFact
from analytics.services.scoring import FUNCTION
from common.conditions.places import Place, register


def answers_of(principal: Any) -> QuerySet[AnswerFact]:
    return AnswerFact.objects.visible_to(principal, FUNCTION)


def told(rows: list[AnswerFact]) -> list[list[str]]:
    """When, the score, where, in which program: one query."""
    full = AnswerFact.objects.select_related("unit", "program").in_bulk([row.pk for row in rows])
    found = [full[each.pk] for each in rows]
    return [[f"{row.day:%d %b %Y}", str(row.score), str(row.unit), str(row.program)] for row in found]


register(
    Place(
        name="answers",
        vocabulary=AnswerFilter,
        function=FUNCTION,
        noun="answer",
        rows=answers_of,
        columns=("Answered", "Score", "Where", "Program"),
        sample=told,
        at="",
        note="Of all days: the page narrows them to its own.",
    )
)
