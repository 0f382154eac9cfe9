"""Quiet hours as a house sets them."""

from datetime import UTC, datetime, time
from zoneinfo import ZoneInfo

from surveys.quiet import HOURS, hours_named, next_opening

NIGHT = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)
LONDON = ZoneInfo("Europe/London")


def test_the_hours_of_the_setting_are_those_of_the_code():
    assert hours_named("08:00-21:00") == HOURS


def test_a_house_may_write_to_customers_at_any_hour():
    assert next_opening(NIGHT, LONDON, hours_named("00:00-24:00")) == NIGHT


def test_at_night_one_waits_for_the_morning():
    assert next_opening(NIGHT, LONDON, (time(9), time(20))) == datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
