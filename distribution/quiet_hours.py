"""From when on the people of a unit are told. Pure; no Django."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from common.periods import Hours, local_day, open_spans


def told_from(at: datetime, hours: Hours, zone: ZoneInfo) -> datetime:
    """`at` itself between a working day's first opening and its last close, a break at noon included; otherwise the
    next opening (UTC). A calendar that never opens again keeps nothing back."""
    day = local_day(at, zone)
    spans = hours.spans(day)
    if spans:
        opens, closes = (datetime.combine(day, edge, zone) for edge in (spans[0][0], spans[-1][1]))
        if opens.astimezone(UTC) <= at < closes.astimezone(UTC):
            return at
    try:
        return next(open_spans(at, hours, zone))[0]
    except ValueError:
        return at


@dataclass(frozen=True)
class Wish:
    """When somebody wants to be told: on these weekdays (0 is Monday, one at least), from `opens` until before `closes`
    on the same day, by the clock of `zone`."""

    weekdays: frozenset[int]
    opens: time
    closes: time
    zone: ZoneInfo

    def first_from(self, at: datetime) -> datetime:
        """`at` itself if it is within, else the next opening (UTC)."""
        day = local_day(at, self.zone)
        for ahead in range(8):
            date = day + timedelta(days=ahead)
            edges = (self.opens, self.closes)
            opens, closes = (datetime.combine(date, edge, self.zone).astimezone(UTC) for edge in edges)
            if date.weekday() in self.weekdays and at < closes:
                return max(at, opens)
        return at


def told_both(at: datetime, hours: Hours, zone: ZoneInfo, wish: Wish | None) -> datetime:
    """The first moment that is within the unit's hours and the person's own; within their own alone where the two do
    not meet in a fortnight."""
    if wish is None:
        return told_from(at, hours, zone)
    found = at
    for _ in range(14):
        open_at = told_from(found, hours, zone)
        found = wish.first_from(open_at)
        if found == open_at:
            return found
    return wish.first_from(at)
