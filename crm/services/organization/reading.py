"""How a point of view reads the organization: which units' rows count under which of the units asked about.

Made once a report, in three to five small queries whatever the number of units and answers.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from crm.dated import Span
from crm.heirs import Divisions, Lot, Way, equal_parts, spans_of, ways_of
from crm.models import UnitClosure
from crm.services.organization.knowing import divisions, first_places, origins, pairs, within
from crm.viewpoints import View

ALWAYS = Span(date.min)
Asked = tuple[int, ...]  # units asked about under which something counts


@dataclass(frozen=True)
class Share:
    """What a divided unit did during `days` for customers on whom the `lots` fall counts under `above`."""

    unit: int
    days: Span
    lots: tuple[Lot, ...]
    above: Asked


@dataclass(frozen=True)
class Frame:
    """`whole`: (days, {unit: units it counts under}); a unit is in the one of `ALWAYS` or in some whose days do not
    overlap. `shares`: of units that were divided, which are in no `whole`."""

    whole: tuple[tuple[Span, Mapping[int, Asked]], ...]
    shares: tuple[Share, ...] = field(default=())

    @property
    def cuts(self) -> set[date]:
        """Days with which another stretch begins: what is counted by month cannot be read across one."""
        ends = {end for days, _ in self.whole for end in (days.start, days.end)}
        return {day for day in ends if day is not None and day != date.min}

    def above(self, unit: int, stretch: int) -> Asked:
        """Under which a unit counts, in the stretch with this number."""
        for number, (days, members) in enumerate(self.whole):
            if unit in members and (number == stretch or days == ALWAYS):
                return members[unit]
        return ()


def frame(*, view: View, units: Collection[int], days: Span, today: date) -> Frame:
    """Of the rows of `days`, whose count under which of `units`."""
    on = view.day(today)
    return Frame(tuple(_as_was(view, units, days))) if on is None else _as_on(view, units, on)


def directly_below(unit: int, *, view: View, days: Span) -> Any:
    """Ids of the units that stood directly below it on some of the days, for `pk__in`."""
    if view.known_at is None:
        held = UnitClosure.objects.filter(within(view.hierarchy), valid__overlap=days, ancestor=unit, depth=1)
        return held.values("descendant")
    found = pairs(hierarchy=view.hierarchy, days=days, known_at=view.known_at, ancestors=[unit])
    return {pair.descendant for pair in found if pair.depth == 1}


def _as_was(view: View, units: Collection[int], days: Span) -> Iterator[tuple[Span, Mapping[int, Asked]]]:
    """Units that stood still all the time, then the others, cut where anything moved."""
    found = pairs(hierarchy=view.hierarchy, days=days, known_at=view.known_at, ancestors=units)
    moved = {pair.descendant for pair in found if not pair.valid.covers(days)}
    yield ALWAYS, _above((p.ancestor, p.descendant) for p in found if p.descendant not in moved)
    found = [pair for pair in found if pair.descendant in moved]
    cuts = sorted({d for p in found for d in p.valid if d is not None and days.start < d and d != days.end})
    for start, end in zip([days.start, *cuts], [*cuts, days.end], strict=True):
        span = Span(start, end)
        if members := _above((p.ancestor, p.descendant) for p in found if p.valid.covers(span)):
            yield span, members  # one without any would cost each row a look, and the index its use


def _as_on(view: View, units: Collection[int], on: date) -> Frame:
    day = Span(on, date.fromordinal(on.toordinal() + 1))
    found = pairs(hierarchy=view.hierarchy, days=day, known_at=view.known_at, ancestors=units)
    above = _above((pair.ancestor, pair.descendant) for pair in found)
    split = {unit: own for unit, own in divisions(view.known_at).items() if own[0].on <= on}
    younger = first_places(hierarchy=view.hierarchy, after=on, known_at=view.known_at)
    before = _Before(younger, origins(view.known_at) if younger else {})
    whole = {unit: own for unit, own in above.items() if unit not in split}
    whole |= {unit: above[heir] for unit in younger.keys() - split.keys() if (heir := before.one(unit)) in above}
    return Frame(((ALWAYS, whole),), (*_divided(split, above, on), *_undivided(before, above)))


def _above(found: Iterable[tuple[int, int]]) -> dict[int, Asked]:
    above: dict[int, list[int]] = defaultdict(list)
    for ancestor, descendant in found:
        above[descendant].append(ancestor)
    return {unit: tuple(sorted(asked)) for unit, asked in above.items()}


def _divided(split: Divisions, above: Mapping[int, Asked], on: date) -> Iterator[Share]:
    for unit in split:
        for span in spans_of(unit, split, on):
            for way in ways_of(unit, span.start, split, on):
                if own := above.get(way.heir):
                    yield Share(unit, span, way.lots, own)


@dataclass(frozen=True)
class _Before:
    """Units that came later than the day: what they do counts for those they came from, in equal parts by lot, or for
    the unit under which they were opened."""

    younger: Mapping[int, int | None]  # with its first parent
    origins: Mapping[int, list[int]]

    def one(self, unit: int) -> int | None:
        """The unit for which all of it counts; None if there are several, or none."""
        ways = self.ways(unit)
        return ways[0].heir if len(ways) == 1 and not ways[0].lots else None

    def ways(self, unit: int, seen: frozenset[int] = frozenset()) -> list[Way]:
        if unit not in self.younger:
            return [Way(unit)]
        if unit in seen:
            return []
        seen |= {unit}
        parent, came_from = self.younger[unit], self.origins.get(unit) or []
        if not came_from:
            return [] if parent is None else self.ways(parent, seen)
        if len(came_from) == 1:
            return self.ways(came_from[0], seen)
        return [
            Way(way.heir, (Lot(-unit, part.low, part.high), *way.lots))
            for part in equal_parts(came_from)
            for way in self.ways(part.heir, seen)
        ]


def _undivided(before: _Before, above: Mapping[int, Asked]) -> Iterator[Share]:
    for unit in before.younger:
        for way in before.ways(unit):
            if way.lots and (own := above.get(way.heir)):
                yield Share(unit, ALWAYS, way.lots, own)
