"""Quiet hours: customers are written to from 08:00 to 21:00 of their own clock (47 CFR 64.1200). Pure; no Django."""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

Hours = tuple[time, time]
EVERY_DAY = frozenset(range(7))
HOURS: Hours = (time(8), time(21))  # 20:59:59 is the last second


def hours_named(text: str) -> Hours:
    """ "08:00-21:00" as a house may set it; a day ends with 24:00."""
    opens, _, closes = text.partition("-")
    return time.fromisoformat(opens), time.max if closes == "24:00" else time.fromisoformat(closes)


def zone_named(name: str) -> ZoneInfo:
    """The zone, or UTC for a name that nobody knows: a wrong hour is better than a customer who is never asked."""
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return ZoneInfo("UTC")


def next_opening(at: datetime, zone: ZoneInfo, hours: Hours = HOURS, weekdays: Collection[int] = EVERY_DAY) -> datetime:
    """`at` itself if it lies within the hours of one of the weekdays (0 is Monday; none: all of them), else when they
    next begin on the clock of `zone`, in UTC."""
    opens, closes = hours
    local, days = at.astimezone(zone), weekdays or EVERY_DAY
    if opens <= local.time() < closes and local.weekday() in days:
        return at
    coming = (local.date() + timedelta(days=n) for n in range(local.time() >= opens, 9))
    day = next(day for day in coming if day.weekday() in days)
    return datetime.combine(day, opens, zone).astimezone(UTC)
