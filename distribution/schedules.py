"""When a subscription's time has come, by the wall clock of its zone. Pure; no Django.

A time that daylight saving skips counts an hour later, one that it repeats counts once, the first time. What was missed
is not made up for: of several times that passed, only the newest is due.
"""

from __future__ import annotations

from calendar import monthrange
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

LONGEST = 62  # days between two times of a monthly schedule, and some


@dataclass(frozen=True)
class Schedule:
    """On these weekdays (0 is Monday), or on this day of the month (a shorter one: its last), at this local time."""

    weekdays: frozenset[int]
    day_of_month: int | None
    at: time
    zone: ZoneInfo

    def falls_on(self, day: date) -> bool:
        if self.day_of_month is None:
            return day.weekday() in self.weekdays
        return day.day == min(self.day_of_month, monthrange(day.year, day.month)[1])

    def moment(self, day: date) -> datetime:
        """The instant (UTC) of that local day."""
        return datetime.combine(day, self.at, self.zone).astimezone(UTC)

    def next_after(self, at: datetime) -> datetime | None:
        """The first instant (UTC) later than `at`; None if there is never one."""
        today = at.astimezone(self.zone).date()
        days = (today + timedelta(days=ahead) for ahead in range(LONGEST))
        return next((self.moment(day) for day in days if self.falls_on(day) and self.moment(day) > at), None)

    def newest(self, *, since: datetime, at: datetime) -> date | None:
        """The local day of the newest time later than `since` that has come by `at`; None if there is none."""
        today = at.astimezone(self.zone).date()
        days = (today - timedelta(days=back) for back in range(LONGEST))
        return next((day for day in days if self.falls_on(day) and since < self.moment(day) <= at), None)
