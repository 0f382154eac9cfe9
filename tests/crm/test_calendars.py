"""Business calendars: hours, holidays and closed days of a unit."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.core.exceptions import ValidationError

from common.periods import add_business_time, next_working_day
from crm.models import BusinessCalendar
from crm.models.calendars import validate_week

LONDON = ZoneInfo("Europe/London")
YEARS = range(2026, 2028)


def hours(**fields):
    return BusinessCalendar(code="c", name="C", **fields).hours(YEARS)


def test_public_holidays_of_the_country_are_closed_days():
    english = hours(country="GB", subdivision="ENG")
    assert not english.works_on(date(2026, 12, 25))
    assert english.works_on(date(2026, 12, 24))


def test_a_subdivision_has_its_own_holidays():
    assert not hours(country="GB", subdivision="SCT").works_on(date(2026, 11, 30))
    assert hours(country="GB", subdivision="ENG").works_on(date(2026, 11, 30))


def test_single_closed_days_are_closed_too():
    assert not hours(closed_days=["2026-12-24"]).works_on(date(2026, 12, 24))


def test_the_working_day_after_christmas_skips_boxing_day_and_the_weekend():
    eve = datetime(2026, 12, 24, 15, 0, tzinfo=UTC)
    assert next_working_day(eve, hours(country="GB", subdivision="ENG"), LONDON) == datetime(
        2026, 12, 29, 9, 0, tzinfo=UTC
    )


def test_eight_open_hours_go_over_lunch_and_night():
    week = {day: [["09:00", "12:00"], ["13:00", "17:00"]] for day in ("monday", "tuesday")}
    monday_ten = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
    assert add_business_time(monday_ten, timedelta(hours=8), hours(week=week), LONDON) == datetime(
        2026, 11, 24, 11, 0, tzinfo=UTC
    )


@pytest.mark.parametrize(
    "week",
    [
        {},
        [],
        {"monday": []},
        {"someday": [["09:00", "17:00"]]},
        {"monday": [["17:00", "09:00"]]},
        {"monday": [["9", "x"]]},
        {"monday": [["09:00", "12:00"], ["11:00", "17:00"]]},
        {"monday": [["09:00"]]},
        {"monday": 7},
    ],
)
def test_a_week_that_makes_no_sense_is_refused(week):
    with pytest.raises(ValidationError):
        validate_week(week)


@pytest.mark.parametrize(
    "fields", [{"closed_days": ["24.12."]}, {"closed_days": [7]}, {"closed_days": 7}, {"country": "ZZ"}]
)
def test_a_calendar_by_which_nothing_could_be_counted_is_refused(fields):
    with pytest.raises(ValidationError):
        BusinessCalendar(code="c", name="C", **fields).clean()
