"""The part of a digest that comes from the advocacy office: its news."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from crm.models import UnitClosure
from distribution.models import News
from distribution.mornings import Morning
from distribution.services.scoping import Scope

SHOWN = 5  # notices in a digest, the newest of them


def news(scope: Scope) -> dict[int, list[dict[str, Any]]]:
    """[{"news", "title", "text"}]: what is in force on each morning's own day, the newest first. Two queries."""
    days = [morning.day for morning in scope.mornings]
    told = list(News.objects.filter(first_on__lte=max(days), last_on__gte=min(days)))
    above = _units_above(scope) if told else {}
    return {m.unit_id: [_row(one) for one in told if _is_for(one, m, above)][:SHOWN] for m in scope.mornings}


def _units_above(scope: Scope) -> dict[int, set[int]]:
    """Each unit with all above it."""
    above: dict[int, set[int]] = defaultdict(set)
    paths = UnitClosure.objects.filter(
        descendant__in=[m.unit_id for m in scope.mornings], hierarchy__is_primary=True, valid__contains=scope.at.date()
    )
    for descendant, ancestor in paths.values_list("descendant", "ancestor"):
        above[descendant].add(ancestor)
    return above


def _is_for(one: News, morning: Morning, above: dict[int, set[int]]) -> bool:
    in_force = one.first_on <= morning.day <= one.last_on
    return in_force and (one.unit_id is None or one.unit_id in above.get(morning.unit_id, ()))


def _row(one: News) -> dict[str, Any]:
    return {"news": one.pk, "title": one.title, "text": one.text}
