"""The part of a digest that says where the unit stands to its goals."""

from __future__ import annotations

from collections import defaultdict
from datetime import date, timedelta
from typing import Any

from analytics.models import Goal
from analytics.services.goals.reading import GoalReading, read_goals
from distribution.services.scoping import Scope


def goals(scope: Scope) -> dict[int, list[dict[str, Any]]]:
    """[{"goal", "measure", "target", "title", "figures", "verdict"}]: the unit's own goals by the day before; in words,
    as analytics says them. One query, and one to three more for goals of the same measure and days."""
    units: dict[date, list[int]] = defaultdict(list)
    for m in scope.mornings:
        units[m.day].append(m.unit_id)
    found: dict[int, list[dict[str, Any]]] = {m.unit_id: [] for m in scope.mornings}
    for day, some in units.items():
        pursued = Goal.objects.filter(unit__in=some).on(day)
        for reading in read_goals(pursued, upto=day - timedelta(days=1), at=scope.at):
            found[reading.goal.unit_id].append(_row(reading))
    return found


def _row(reading: GoalReading) -> dict[str, Any]:
    goal = reading.goal
    return {
        "goal": goal.pk, "measure": goal.measure, "target": float(goal.target), "title": reading.title,
        "figures": reading.figures, "verdict": reading.verdict,
    }  # fmt: skip
