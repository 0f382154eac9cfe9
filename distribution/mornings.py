"""When a unit is told, and of which days. Pure; no Django.

A digest is due from 06:30 local time of a working day on, once per local day. It tells of the local days since the last
one, or since the last working day: on Monday of Friday to Sunday. Days are the wall's: whatever the clock change.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from common.periods import Hours

OPENS = time(6, 30)
LONGEST = 14  # days one digest tells of at most, after an outage


@dataclass(frozen=True)
class Morning:
    """A unit's local `day`; the digest tells of the local days from `since` to the day before."""

    unit_id: int
    zone: ZoneInfo
    day: date
    since: date

    def told(self) -> tuple[datetime, datetime]:
        """The instants (UTC) between which what it tells of happened."""
        return self._midnight(self.since), self._midnight(self.day)

    def last(self, days: int) -> tuple[datetime, datetime]:
        """The instants (UTC) of the `days` local days before `day`."""
        return self._midnight(self.day - timedelta(days=days)), self._midnight(self.day)

    @property
    def tonight(self) -> datetime:
        """The end of the day (UTC)."""
        return self._midnight(self.day + timedelta(days=1))

    def _midnight(self, day: date) -> datetime:
        return datetime.combine(day, time.min, self.zone).astimezone(UTC)


def morning_of(*, unit_id: int, zone: ZoneInfo, hours: Hours, last: date | None, at: datetime) -> Morning | None:
    """The digest that is due at the instant `at`; None before 06:30, on a day without work, and once it exists.

    `last` is the day of the unit's newest digest. Days missed are not made up for: only today's is due.
    """
    now = at.astimezone(zone)
    day = now.date()
    if now.time() < OPENS or not hours.works_on(day) or (last is not None and last >= day):
        return None
    since = last if last is not None else last_working_day(day, hours)
    return Morning(unit_id, zone, day, max(since, day - timedelta(days=LONGEST)))


def last_working_day(day: date, hours: Hours) -> date:
    """The working day before `day`; the day before it if there is none within reach."""
    before = (day - timedelta(days=back) for back in range(1, LONGEST + 1))
    return next((d for d in before if hours.works_on(d)), day - timedelta(days=1))
