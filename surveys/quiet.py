"""Quiet hours: customers are written to from 08:00 to 21:00 of their own clock (47 CFR 64.1200). Pure; no Django."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

OPENS, CLOSES = time(8), time(21)  # 20:59:59 is the last second


def zone_named(name: str) -> ZoneInfo:
    """The zone, or UTC for a name that nobody knows: a wrong hour is better than a customer who is never asked."""
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return ZoneInfo("UTC")


def next_opening(at: datetime, zone: ZoneInfo) -> datetime:
    """`at` itself if it lies within the hours, else the next 08:00 on the clock of `zone`, in UTC."""
    local = at.astimezone(zone)
    if OPENS <= local.time() < CLOSES:
        return at
    day = local.date() if local.time() < OPENS else local.date() + timedelta(days=1)
    return datetime.combine(day, OPENS, zone).astimezone(UTC)
