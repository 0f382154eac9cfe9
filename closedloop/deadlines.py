"""When a customer is to be called. Pure; no Django. docs/algorithms/closing.md tells it in words.

Times come in and go out aware; results are UTC. Hours are open hours of the ticket unit's calendar, counted
in the unit's zone, so that an hour skipped or repeated by daylight saving counts as it was lived.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from common.periods import Hours, add_business_time

PARTS_OF_DAY = ("morning", "afternoon", "evening")  # that a customer may prefer, as the survey offers them


def first_due(at: datetime, hours_to_contact: Decimal, hours: Hours, zone: ZoneInfo) -> datetime:
    """`hours_to_contact` open hours after `at`. A calendar that is never open falls back to hours on the wall: a
    customer must not wait for ever because somebody emptied a calendar."""
    span = timedelta(seconds=int(hours_to_contact * 3600))
    try:
        return add_business_time(at, span, hours, zone)
    except ValueError:
        return at.astimezone(UTC) + span


def part_of_day(best_time: str) -> str:
    """`morning`, `afternoon`, `evening` or "" (any time), from what the survey stored ("Morning, 9:00 to 12:00")."""
    word = best_time.strip().lower()
    return next((part for part in PARTS_OF_DAY if word.startswith(part)), "")
