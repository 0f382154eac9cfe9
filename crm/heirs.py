"""Where a unit's history counts after it was divided: every customer of it goes to one heir, for good. Pure; no Django.

A division gives each heir a share of the unit's customers. Which of them a customer falls to is drawn by lot from the
customer's own id, the same in SQL (`crm.services.organization.drawing`) and here, so that counts stay whole numbers,
everything about one customer stays together and an auditor can replay it
(docs/decisions/0008-history-is-divided-by-lot.md).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from crm.dated import Span

RANGE = 2**32


class Part(NamedTuple):
    """An heir's part of a division: the customers whose lot is at least `low` and under `high`."""

    heir: int
    low: int
    high: int


class Division(NamedTuple):
    """What `unit` did before the day `on` counts for its heirs since. A unit that is no heir of itself is closed."""

    unit: int
    on: date
    parts: tuple[Part, ...]

    @property
    def closes(self) -> bool:
        return all(part.heir != self.unit for part in self.parts)


class Lot(NamedTuple):
    """A condition on a customer: the lot drawn with `salt` is at least `low` and under `high`."""

    salt: int
    low: int
    high: int


class Way(NamedTuple):
    """Customers for whom all `lots` hold count at `heir`."""

    heir: int
    lots: tuple[Lot, ...] = ()

    def holds(self, person: str) -> bool:
        return all(lot.low <= draw(lot.salt, person) < lot.high for lot in self.lots)


Divisions = Mapping[int, Sequence[Division]]  # by unit, the earliest first


def draw(salt: int, person: str) -> int:
    """First 4 bytes of sha256('salt:person') as an unsigned integer, 0 <= draw < 2**32."""
    return int.from_bytes(hashlib.sha256(f"{salt}:{person}".encode()).digest()[:4], "big")


def parts_of(shares: Mapping[int, Decimal]) -> tuple[Part, ...]:
    """The parts of heirs with these shares, in the order of their ids; together they leave nothing out."""
    total, before, found = sum(shares.values()), Decimal(0), []
    for heir in sorted(shares):
        low, before = before, before + shares[heir]
        found.append(Part(heir, int(low * RANGE / total), int(before * RANGE / total)))
    return tuple(found)


def equal_parts(heirs: Sequence[int]) -> tuple[Part, ...]:
    return parts_of(dict.fromkeys(heirs, Decimal(1)))


def ways_of(unit: int, day: date, divisions: Divisions, until: date) -> list[Way]:
    """Where what `unit` did on `day` counts on the day `until`; together the ways take every customer exactly once."""
    met = _first(unit, day, divisions, until)
    return list(_through(met, divisions, until)) if met else [Way(unit)]


def spans_of(unit: int, divisions: Divisions, until: date) -> list[Span]:
    """All days, cut where `ways_of` of this unit changes."""
    cuts = [division.on for division in divisions.get(unit, ()) if division.on <= until and not division.closes]
    starts = [date.min, *cuts]
    return [Span(start, end) for start, end in zip(starts, [*cuts, None], strict=True)]


def _first(unit: int, day: date, divisions: Divisions, until: date) -> Division | None:
    """The division that took what the unit did on `day`: the next one, or the one that closed it before."""
    own = [division for division in divisions.get(unit, ()) if division.on <= until]
    return _next(own, day) or next((division for division in reversed(own) if division.closes), None)


def _next(own: Sequence[Division], after: date) -> Division | None:
    return next((division for division in own if division.on > after), None)


def _through(met: Division, divisions: Divisions, until: date) -> Iterator[Way]:
    """Through one division and those that its heirs meet later; later every time, hence not for ever."""
    for part in met.parts:
        lot = Lot(met.unit, part.low, part.high)
        own = [division for division in divisions.get(part.heir, ()) if division.on <= until]
        further = _next(own, met.on)
        for way in _through(further, divisions, until) if further else [Way(part.heir)]:
            yield Way(way.heir, (lot, *way.lots))
