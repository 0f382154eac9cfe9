"""When and by which way a customer who was not reached is tried again. Pure; no Django. docs/algorithms/closing.md
tells it in words.

Times come in and go out aware; results are UTC. The unit's calendar says on which days and hours somebody can call, the
customer's clock (`surveys.quiet`) which part of the day it is for them and when they may be disturbed at all.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from closedloop.deadlines import part_of_day
from common.periods import Hours, local_day
from surveys.quiet import HOURS, SOMEWHERE, next_opening_by, zone_named
from surveys.quiet import Hours as Awake

# parts of the customer's day in the order in which they are tried: (from, until)
PARTS = {
    "morning": (time(0), time(12)),
    "noon": (time(12), time(14)),
    "afternoon": (time(14), time(17)),
    "evening": (time(17), time.max),
}
WISHED = {"morning": {"morning"}, "afternoon": {"noon", "afternoon"}, "evening": {"evening"}}  # as the survey offers
DAYS_AHEAD = 14  # a unit and a customer on two sides of the world may never be awake together


@dataclass(frozen=True)
class Place:
    """Where a ticket is worked and where its customer lives: the unit's calendar and zone, the customer's clock
    ("Europe/London ", or "~Europe/London ": somewhere in that country), and the hours in which anybody may be
    disturbed."""

    hours: Hours
    zone: ZoneInfo
    clock: str
    awake: Awake = HOURS

    @property
    def customers_zone(self) -> ZoneInfo:
        return zone_named(self.clock.rpartition(" ")[0].removeprefix(SOMEWHERE))


def next_due(at: datetime, place: Place, *, tried: Sequence[datetime] = (), best_time: str = "") -> datetime:
    """When to try again after the attempt at `at`: on the next working day of the unit on which customer and unit are
    both awake, in the part of the customer's day that they like, else in the one tried least, the next in turn first.
    `tried`: when this and earlier attempts were made. Nowhere within DAYS_AHEAD: a day later on the clock."""
    day, zone = local_day(at, place.zone), place.customers_zone
    parts = [part_at(moment, zone) for moment in tried]
    for number in range(1, DAYS_AHEAD + 1):
        openings = list(_openings(day + timedelta(days=number), place))
        liked = [one for one in openings if one[0] in WISHED.get(part_of_day(best_time), ())]
        if openings:
            return min(liked or openings, key=lambda one: (*_turn(one[0], parts), one[1]))[1]
    return at.astimezone(UTC) + timedelta(days=1)


def part_at(at: datetime, zone: ZoneInfo) -> str:
    """morning, noon, afternoon or evening on that clock."""
    local = at.astimezone(zone).time()
    return next(part for part, (_, until) in PARTS.items() if local < until or until == time.max)


def _turn(part: str, tried: Sequence[str]) -> tuple[int, int]:
    """How soon it is the turn of a part: how often it was tried, then how far it comes after the last one."""
    order = list(PARTS)
    after = (order.index(part) - order.index(tried[-1]) - 1) % len(order) if tried else order.index(part)
    return Counter(tried)[part], after


def _openings(day: date, place: Place) -> Iterator[tuple[str, datetime]]:
    """Of the unit's working day: parts of the customer's day in which both are awake, and when each begins."""
    for opens, closes in place.hours.spans(day):
        start, end = (datetime.combine(day, wall, place.zone).astimezone(UTC) for wall in (opens, closes))
        for part, begins, ends in _parts(start, end, place.customers_zone):
            awake = next_opening_by(place.clock, max(begins, start), place.awake)
            if awake < min(ends, end):
                yield part, awake


def _parts(start: datetime, end: datetime, zone: ZoneInfo) -> Iterator[tuple[str, datetime, datetime]]:
    """The parts of the days on the clock of `zone` that lie between, or reach into, `start` and `end`."""
    day = local_day(start, zone)
    while day <= local_day(end, zone):
        for part, (begins, ends) in PARTS.items():
            last = datetime.combine(day + timedelta(days=1), time(0), zone)
            until = last if ends == time.max else datetime.combine(day, ends, zone)
            yield part, datetime.combine(day, begins, zone).astimezone(UTC), until.astimezone(UTC)
        day += timedelta(days=1)


def next_way(tried: Sequence[str], usable: Sequence[str], *, after: int) -> str:
    """By which way (phone, e-mail) to try next: the last one, until it was tried `after` times in a row; then the
    usable one tried least, earlier in `usable` first. Where nothing is usable the last one stays: somebody must find
    out."""
    last = tried[-1] if tried else ""
    if last in usable and _in_a_row(tried) < max(after, 1):
        return last
    others = [way for way in usable if way != last] or list(usable)
    return min(others, key=lambda way: (Counter(tried)[way], others.index(way)), default=last or "phone")


def _in_a_row(tried: Sequence[str]) -> int:
    """How often the last one stands at the end."""
    row = 0
    for way in reversed(tried):
        if way != tried[-1]:
            break
        row += 1
    return row
