from __future__ import annotations

from datetime import date, time
from functools import lru_cache
from typing import Any

import holidays
import pghistory
from django.core.exceptions import ValidationError
from django.db import models

from common.periods import Hours

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


def nine_to_five() -> dict[str, Any]:
    return {day: [["09:00", "17:00"]] for day in WEEKDAYS[:5]}


def validate_week(week: Any) -> None:
    """{"monday": [["09:00", "12:30"], ["13:30", "17:00"]], ...}; a missing day is closed."""
    if not isinstance(week, dict) or set(week) - set(WEEKDAYS):
        raise ValidationError(f"expected an object with days among {', '.join(WEEKDAYS)}")
    for day, spans in week.items():
        try:
            times = [time.fromisoformat(t) for span in spans for t in span]
        except (TypeError, ValueError) as error:
            raise ValidationError(f"{day}: expected pairs of times such as 09:00") from error
        if len(times) != 2 * len(spans) or times != sorted(set(times)):
            raise ValidationError(f"{day}: spans must be pairs in ascending order that do not overlap")
    if not any(week.values()):
        raise ValidationError("at least one open span a week is needed")


@pghistory.track()
class BusinessCalendar(models.Model):
    """When units open: hours by weekday, public holidays of a country, single closed days. Deadlines count by it."""

    code = models.SlugField(max_length=60, unique=True)
    name = models.CharField(max_length=120)
    week = models.JSONField(default=nine_to_five, validators=[validate_week])
    country = models.CharField(max_length=2, blank=True, help_text="ISO 3166; its public holidays are closed days.")
    subdivision = models.CharField(max_length=10, blank=True)
    closed_days = models.JSONField(default=list, blank=True, help_text='More closed days: ["2026-12-24"].')

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        """Every day must be a day and the country one whose holidays are known, or deadlines could not be counted."""
        try:
            self.hours(range(2026, 2027))
        except (TypeError, ValueError) as error:
            raise ValidationError({"closed_days": 'Give days such as ["2026-12-24"].'}) from error
        except NotImplementedError as error:
            raise ValidationError({"country": "The holidays of this country or subdivision are not known."}) from error

    def hours(self, years: range) -> Hours:
        """The calendar as the pure `common.periods` wants it, with the holidays of `years`."""
        closed = {date.fromisoformat(day) for day in self.closed_days}
        if self.country:
            closed |= _public_holidays(self.country, self.subdivision, years)
        week = tuple(
            tuple((time.fromisoformat(a), time.fromisoformat(b)) for a, b in self.week.get(day, [])) for day in WEEKDAYS
        )
        return Hours(week, frozenset(closed))


@lru_cache(maxsize=200)
def _public_holidays(country: str, subdivision: str, years: range) -> frozenset[date]:
    """Kept, since to find them takes longer than all else about a due time."""
    return frozenset(holidays.country_holidays(country, subdiv=subdivision or None, years=years))
