"""When a customer's turn in a relationship program comes round. Pure; no Django.

A cycle is `months` calendar months, counted from January 2000: 3 are the quarters, 12 the years. Each customer has a
place in the cycle, the hash of seed, program and customer; the cycle's working days share the range of the hash evenly
among them. So every day brings its share, whenever somebody joins, and the place is the same in every cycle.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from common.periods import Hours

RANGE = 2**64  # of the first 8 bytes of the hash
EARLY = timedelta(days=14)  # a turn may come so much sooner than a cycle after the last: places fall on working days
CATCH_UP = 14  # days without a run that the next run makes up for; who missed more waits for the next cycle


@dataclass(frozen=True)
class Cycle:
    """Days from `start` until before `end`."""

    start: date
    end: date

    def working_days(self, hours: Hours, weekdays: Sequence[int]) -> list[date]:
        """Days on which the calendar is open and the program asks; if there is none, those on which it asks."""
        days = [self.start + timedelta(days=number) for number in range((self.end - self.start).days)]
        asking = [day for day in days if day.weekday() in weekdays]
        return [day for day in asking if hours.works_on(day)] or asking


@dataclass(frozen=True)
class Slot:
    """Whose turn it is: hashes from `low` until before `high`, both as bytes that compare with the digest itself."""

    cycle: Cycle
    low: bytes
    high: bytes


def cycle_of(day: date, months: int) -> Cycle:
    """The cycle that a day lies in."""
    first = ((day.year - 2000) * 12 + day.month - 1) // months * months
    return Cycle(_month(first), _month(first + months))


def _month(number: int) -> date:
    return date(2000 + number // 12, number % 12 + 1, 1)


def slots(since: date, until: date, *, months: int, hours: Hours, weekdays: Sequence[int]) -> list[Slot]:
    """Whose turn comes round from `since` to `until`, both included: a slot for each cycle that they touch."""
    found, day = [], since
    while day <= until:
        cycle = cycle_of(day, months)
        last = min(until, cycle.end - timedelta(days=1))
        days = cycle.working_days(hours, weekdays)
        places = [place for place, working in enumerate(days) if day <= working <= last]
        if places:
            found.append(Slot(cycle, _bound(places[0], len(days)), _bound(places[-1] + 1, len(days))))
        day = cycle.end
    return found


def _bound(place: int, of: int) -> bytes:
    """The smallest hash of a place, as 8 bytes; above the last one, more than any digest."""
    least = -(-place * RANGE // of)
    return b"\xff" * 33 if least >= RANGE else least.to_bytes(8, "big")
