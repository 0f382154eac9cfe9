"""When a customer is to be called. Pure; no Django. docs/algorithms/closing.md tells it in words.

Times come in and go out aware; results are UTC. Hours are open hours of the ticket unit's calendar, counted
in the unit's zone, so that an hour skipped or repeated by daylight saving counts as it was lived.
"""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from common.periods import Hours, add_business_time, local_day, next_working_day

# the parts of a day a customer may prefer, as the survey offers them: (from, until), local time of the unit
PARTS_OF_DAY = {
    "morning": (time(0), time(12)),
    "afternoon": (time(12), time(17)),
    "evening": (time(17), time.max),
}


def first_due(at: datetime, hours_to_contact: Decimal, hours: Hours, zone: ZoneInfo) -> datetime:
    """`hours_to_contact` open hours after `at`. A calendar that is never open falls back to hours on the wall: a
    customer must not wait for ever because somebody emptied a calendar."""
    span = timedelta(seconds=int(hours_to_contact * 3600))
    try:
        return add_business_time(at, span, hours, zone)
    except ValueError:
        return at.astimezone(UTC) + span


def next_attempt_due(at: datetime, hours: Hours, zone: ZoneInfo, best_time: str = "") -> datetime:
    """Opening time of the first working day after `at`; if the unit is open in the part of that day which the customer
    prefers, the first open moment of that part."""
    try:
        opening = next_working_day(at, hours, zone)
    except ValueError:
        return at.astimezone(UTC) + timedelta(days=1)
    part = PARTS_OF_DAY.get(part_of_day(best_time))
    if part is None:
        return opening
    day = local_day(opening, zone)
    starts = [max(opens, part[0]) for opens, closes in hours.spans(day) if max(opens, part[0]) < min(closes, part[1])]
    return datetime.combine(day, starts[0], zone).astimezone(UTC) if starts else opening


def part_of_day(best_time: str) -> str:
    """`morning`, `afternoon`, `evening` or "" (any time), from what the survey stored ("Morning, 9:00 to 12:00")."""
    word = best_time.strip().lower()
    return next((part for part in PARTS_OF_DAY if word.startswith(part)), "")
