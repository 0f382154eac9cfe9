"""The hours that units keep, each calendar read once."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import cache

from common.periods import Hours
from crm.models import BusinessCalendar

HoursOf = Callable[[BusinessCalendar], Hours]


def hours_by_calendar(at: datetime) -> HoursOf:
    """A calendar's hours, with the holidays of the years around `at`."""

    @cache
    def hours(calendar: BusinessCalendar) -> Hours:
        return calendar.hours(range(at.year - 1, at.year + 2))

    return hours
