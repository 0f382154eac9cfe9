"""The hours that units keep, each calendar read once."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import cache

from common.periods import Hours
from crm.models import BusinessCalendar, OrgUnit
from distribution.quiet_hours import told_from

HoursOf = Callable[[BusinessCalendar], Hours]


def opens_at(unit: OrgUnit, at: datetime) -> datetime:
    """From when on the people of the unit are told: `at`, or when it opens next."""
    return told_from(at, hours_by_calendar(at)(unit.calendar), unit.zone_info)


def hours_by_calendar(at: datetime) -> HoursOf:
    """A calendar's hours, with the holidays of the years around `at`."""

    @cache
    def hours(calendar: BusinessCalendar) -> Hours:
        return calendar.hours(range(at.year - 1, at.year + 2))

    return hours
