"""Which rows belong to which morning: the units below each, and the span of time its zone gives it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from django.db.models import Q

from crm.models import UnitClosure
from distribution.mornings import Morning

R = TypeVar("R")


@dataclass(frozen=True)
class Scope:
    """The mornings of a batch and the units (themselves and all below) whose rows belong to each."""

    mornings: list[Morning]
    at: datetime
    leaves: dict[int, list[Morning]]  # unit -> the mornings it belongs to

    def within(self, span: Callable[[Morning], tuple[datetime, datetime]], *, time: str, unit: str = "unit") -> Q:
        """Rows whose `time` lies in their own unit's span; one OR for each pair of zone and first day."""
        groups: dict[tuple[datetime, datetime], list[int]] = defaultdict(list)
        for leaf, mornings in self.leaves.items():
            for morning in mornings:
                groups[span(morning)].append(leaf)
        found = Q(pk__in=[])
        for (start, end), units in groups.items():
            found |= Q(**{f"{unit}__in": units, f"{time}__gte": start, f"{time}__lt": end})
        return found

    def deal(self, rows: Iterable[R], unit_of: Callable[[R], int]) -> dict[int, list[R]]:
        """Rows by the unit of the digest they belong to."""
        dealt: dict[int, list[R]] = defaultdict(list)
        for row in rows:
            for morning in self.leaves.get(unit_of(row), []):
                dealt[morning.unit_id].append(row)
        return dealt


def scope_of(mornings: list[Morning], *, at: datetime) -> Scope:
    """One query: what lies under each unit on its day."""
    by_unit = {m.unit_id: m for m in mornings}
    leaves: dict[int, list[Morning]] = defaultdict(list)
    below = UnitClosure.objects.filter(ancestor__in=by_unit, hierarchy__is_primary=True, valid__contains=at.date())
    for ancestor, descendant in below.values_list("ancestor", "descendant"):
        leaves[descendant].append(by_unit[ancestor])
    return Scope(mornings, at, dict(leaves))
