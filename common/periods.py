"""Business time: which hours a unit is open, and when a number of open hours has passed. Pure; no Django.

A calendar is `Hours(week, closed)`: `week[0]` is Monday's list of (opens, closes) local times, `closed` holds local
dates on which the unit does not open at all. Days are worked through in the unit's zone, so that an hour skipped or
repeated by daylight saving is counted as it was lived.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

HORIZON_DAYS = 400  # a calendar without a single open hour must not loop for ever


@dataclass(frozen=True)
class Hours:
    week: tuple[tuple[tuple[time, time], ...], ...]
    closed: frozenset[date] = field(default_factory=frozenset)

    def spans(self, day: date) -> tuple[tuple[time, time], ...]:
        return () if day in self.closed else self.week[day.weekday()]

    def works_on(self, day: date) -> bool:
        return bool(self.spans(day))


def local_day(at: datetime, zone: ZoneInfo) -> date:
    return at.astimezone(zone).date()


def open_spans(at: datetime, hours: Hours, zone: ZoneInfo) -> Iterator[tuple[datetime, datetime]]:
    """Open spans from `at` on, in UTC, earliest first; the first one is cut at `at`. Raises ValueError when there is
    none for HORIZON_DAYS."""
    yield from _spans(at, hours, zone, days=HORIZON_DAYS)
    raise ValueError(f"no open hours within {HORIZON_DAYS} days of {at:%Y-%m-%d}")


def _spans(at: datetime, hours: Hours, zone: ZoneInfo, *, days: int) -> Iterator[tuple[datetime, datetime]]:
    first = local_day(at, zone)
    for day in (first + timedelta(days=number) for number in range(days)):
        for opens, closes in hours.spans(day):
            start = max(datetime.combine(day, opens, zone).astimezone(UTC), at.astimezone(UTC))
            end = datetime.combine(day, closes, zone).astimezone(UTC)
            if start < end:
                yield start, end


def add_business_time(at: datetime, span: timedelta, hours: Hours, zone: ZoneInfo) -> datetime:
    """The instant (UTC) at which `span` of open time has passed since `at`."""
    left = span
    for start, end in open_spans(at, hours, zone):
        if left <= end - start:
            return start + left
        left -= end - start
    raise AssertionError("open_spans raises before it ends")


def business_time_between(start: datetime, end: datetime, hours: Hours, zone: ZoneInfo) -> timedelta:
    """Open time from `start` to `end`; zero if `end` is not later."""
    days = (local_day(end, zone) - local_day(start, zone)).days + 1
    spans = ((opens, min(closes, end)) for opens, closes in _spans(start, hours, zone, days=days))
    return sum((closes - opens for opens, closes in spans if opens < closes), timedelta())


def next_working_day(at: datetime, hours: Hours, zone: ZoneInfo) -> datetime:
    """Opening time (UTC) of the first working day after the local day of `at`."""
    day = local_day(at, zone) + timedelta(days=1)
    return next(open_spans(datetime.combine(day, time.min, zone), hours, zone))[0]
