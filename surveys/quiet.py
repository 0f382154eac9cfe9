"""Quiet hours: customers are written to from 08:00 to 21:00 of their own clock (47 CFR 64.1200). Pure; no Django.

A clock is named as "Europe/London 01234": a zone and the weekdays of the program. Of whom nobody knows the zone we know
the zone of the unit that serves them, and so the country: "~America/New_York 01234" is open when all its zones are.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, datetime, time, timedelta
from functools import cache
from pathlib import Path
from zoneinfo import TZPATH, ZoneInfo

Hours = tuple[time, time]
EVERY_DAY = frozenset(range(7))
HOURS: Hours = (time(8), time(21))  # 20:59:59 is the last second
SOMEWHERE = "~"  # before the zone: somewhere in its country


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


def next_opening_by(clock: str, at: datetime, hours: Hours = HOURS) -> datetime:
    """`at` itself if who lives by `clock` may be written to, else when they next may, in UTC. Where the zones of a
    country are never awake together the one that was named counts."""
    place, _, days = clock.rpartition(" ")
    own, weekdays = zone_named(place.removeprefix(SOMEWHERE)), frozenset(map(int, days))
    zones = country_of(own.key) if place.startswith(SOMEWHERE) else (own,)
    return next_opening_in_all(at, zones, hours, weekdays) or next_opening(at, own, hours, weekdays)


def next_opening_in_all(
    at: datetime, zones: Collection[ZoneInfo], hours: Hours = HOURS, weekdays: Collection[int] = EVERY_DAY
) -> datetime | None:
    """As `next_opening`, of several zones at once; None if they are not all awake at any moment of nine days."""
    moment, latest = at, at + timedelta(days=9)
    while moment < latest:
        openings = [next_opening(moment, zone, hours, weekdays) for zone in zones]
        if all(opening == moment for opening in openings):
            return moment
        moment = max(openings)
    return None


def next_opening(at: datetime, zone: ZoneInfo, hours: Hours = HOURS, weekdays: Collection[int] = EVERY_DAY) -> datetime:
    """`at` itself if it lies within the hours of one of the weekdays (0 is Monday; none: all of them), else when they
    next begin on the clock of `zone`, in UTC."""
    if is_open(at, zone, hours, weekdays):
        return at
    opens, local = hours[0], at.astimezone(zone)
    for number in range(local.time() >= opens, 16):
        wall = datetime.combine(local.date() + timedelta(days=number), opens, zone)
        for moment in (wall.astimezone(UTC), wall.replace(fold=1).astimezone(UTC)):  # the clock may be put back
            if moment >= at and is_open(moment, zone, hours, weekdays):
                return moment
    raise ValueError(f"{hours} never come in {zone}")


def is_open(at: datetime, zone: ZoneInfo, hours: Hours = HOURS, weekdays: Collection[int] = EVERY_DAY) -> bool:
    local = at.astimezone(zone)
    return hours[0] <= local.time() < hours[1] and local.weekday() in (weekdays or EVERY_DAY)


@cache
def country_of(zone: str) -> tuple[ZoneInfo, ...]:
    """All zones of the country in which `zone` is, itself first; itself alone where no country is known."""
    found = next((names for names in _countries().values() if zone in names), ())
    return (zone_named(zone), *(zone_named(name) for name in found if name != zone))


@cache
def _countries() -> dict[str, list[str]]:
    """{"GB": ["Europe/London"], ...}, from the table that comes with the time zones themselves."""
    table = next((file for file in (Path(folder) / "zone.tab" for folder in TZPATH) if file.is_file()), None)
    rows = table.read_text().splitlines() if table else []
    found: dict[str, list[str]] = {}
    for row in rows:
        if not row.startswith("#"):
            country, _, name = row.split("\t")[:3]
            found.setdefault(country, []).append(name)
    return found
