"""How service clocks run: the open time between two instants, and the instant at which enough of it has passed, with
pauses left out. Pure; no Django. docs/algorithms/clocks.md tells it in words.

Times come in aware and go out in UTC. Open time is the time within the hours of a calendar, in the zone of a unit: an
hour that daylight saving skips is not counted, one that it repeats is counted twice. A `Timeline` is worked out once
for a calendar and zone, and then asked about any number of clocks.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from itertools import accumulate
from zoneinfo import ZoneInfo

from common.periods import Hours

ZERO = timedelta()


@dataclass(frozen=True)
class Span:
    """From `begins_at` until `ends_at`: a time in which a unit is open, or a pause in which the clock stands still."""

    begins_at: datetime
    ends_at: datetime


@dataclass(frozen=True)
class Timeline:
    """Open spans of some days, in UTC, earliest first, none overlapping another; `before`: open time before each."""

    opens: tuple[datetime, ...]
    closes: tuple[datetime, ...]
    before: tuple[timedelta, ...]

    def position(self, at: datetime) -> timedelta:
        """Open time from the first of the days until `at`."""
        number = bisect_right(self.opens, at) - 1
        return ZERO if number < 0 else self.before[number] + min(at, self.closes[number]) - self.opens[number]

    def instant(self, position: timedelta) -> datetime:
        """The first instant at which so much open time has passed. Raises ValueError where the days do not have it."""
        number = max(bisect_left(self.before, position) - 1, 0)
        if not self.opens or position > self.before[number] + self.closes[number] - self.opens[number]:
            raise ValueError("not that much open time in these days")
        return self.opens[number] + position - self.before[number]

    def next_open(self, at: datetime) -> datetime:
        """`at` if it is within open time, else the next opening; `at` where there is none."""
        number = bisect_right(self.closes, at)
        return max(at, self.opens[number]) if number < len(self.opens) else at


@lru_cache(maxsize=64)
def timeline(hours: Hours, zone: ZoneInfo, first: date, last: date) -> Timeline:
    """The open spans from the day `first` to the day `last`, which are days of that zone. Kept: finding them takes
    longer than all else about a clock.

    A time on the wall that daylight saving skips is as much later as the clock was put forward (02:30 is then 03:30),
    one that is shown twice is the first. What would thereby be open twice is open once.
    """
    days = (first + timedelta(days=number) for number in range((last - first).days + 1))
    spans = [
        Span(*(datetime.combine(day, wall, zone).astimezone(UTC) for wall in span))
        for day in days
        for span in hours.spans(day)
    ]
    found = united(spans)
    lengths = [span.ends_at - span.begins_at for span in found]
    return Timeline(
        tuple(span.begins_at for span in found),
        tuple(span.ends_at for span in found),
        tuple(accumulate(lengths, initial=ZERO))[: len(lengths)],
    )


def deadline(start: datetime, target: timedelta, line: Timeline, pauses: Iterable[Span] = ()) -> datetime:
    """When `target` of open time has passed since `start` outside the pauses. A pause that begins at or after that
    instant does not move it. Where the calendar is never open, time on the wall counts instead: a customer must not
    wait for ever because somebody emptied a calendar."""
    at, left = start.astimezone(UTC), target
    for pause in united(pauses):
        if pause.ends_at <= at:
            continue
        runs = max(line.position(pause.begins_at) - line.position(at), ZERO)
        if left <= runs:
            break
        at, left = max(pause.ends_at, at), left - runs
    try:
        return line.instant(line.position(at) + left)
    except ValueError:
        return at + left


def open_time(start: datetime, end: datetime, line: Timeline, pauses: Iterable[Span] = ()) -> timedelta:
    """Open time from `start` to `end` outside the pauses; zero if `end` is not later."""
    if end <= start:
        return ZERO
    stood = ((max(pause.begins_at, start), min(pause.ends_at, end)) for pause in united(pauses))
    lost = sum((line.position(until) - line.position(since) for since, until in stood if since < until), ZERO)
    return line.position(end) - line.position(start) - lost


def united(spans: Iterable[Span]) -> Sequence[Span]:
    """The same time, as spans that neither overlap nor touch, earliest first."""
    found: list[Span] = []
    for span in sorted((span for span in spans if span.begins_at < span.ends_at), key=lambda span: span.begins_at):
        if found and span.begins_at <= found[-1].ends_at:
            found[-1] = Span(found[-1].begins_at, max(found[-1].ends_at, span.ends_at))
        else:
            found.append(span)
    return found
