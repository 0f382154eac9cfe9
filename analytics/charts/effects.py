"""Where effects with their intervals and bounds stand on one axis around zero, for charts that the server draws. Pure.

Positions are in per cent of the axis, which reaches as far to the left of zero as to the right.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from analytics.maths.recovery import Effect

ROOM = 1.06


@dataclass(frozen=True)
class Row:
    """One effect: the dot, its interval, and the bounds whatever the silent would have said."""

    label: str
    effect: Effect
    at: str
    low: str
    high: str
    bound_low: str
    bound_high: str


def effect_rows(found: Sequence[tuple[str, Effect]]) -> list[Row]:
    ends = [abs(end) for _, effect in found for end in (*effect.interval, *effect.bounds)]
    reach = max(ends, default=0) * ROOM or 1.0

    def place(value: float) -> str:
        return f"{50 + 50 * value / reach:.2f}"

    return [
        Row(label, each, place(each.points), *map(place, each.interval), *map(place, each.bounds))
        for label, each in found
    ]
