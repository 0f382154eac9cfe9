"""When a customer is to be called."""

from datetime import UTC, date, datetime, time
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from closedloop.deadlines import first_due, part_of_day
from common.periods import Hours

LONDON = ZoneInfo("Europe/London")
DAY = ((time(9), time(17)),)
WEEK = (DAY,) * 5 + ((), ())
CHRISTMAS = Hours(WEEK, frozenset({date(2026, 12, 25), date(2026, 12, 28)}))


def test_open_hours_pass_over_nights_weekends_and_holidays():
    thursday = datetime(2026, 12, 24, 15, 0, tzinfo=UTC)
    assert first_due(thursday, Decimal(4), CHRISTMAS, LONDON) == datetime(2026, 12, 29, 11, 0, tzinfo=UTC)


def test_an_answer_at_night_counts_from_opening():
    sunday = datetime(2026, 11, 22, 23, 0, tzinfo=UTC)
    assert first_due(sunday, Decimal("1.5"), CHRISTMAS, LONDON) == datetime(2026, 11, 23, 10, 30, tzinfo=UTC)


def test_hours_are_those_of_the_unit_through_the_change_to_summer_time():
    friday = datetime(2026, 3, 27, 16, 0, tzinfo=UTC)
    assert first_due(friday, Decimal(2), CHRISTMAS, LONDON) == datetime(2026, 3, 30, 9, 0, tzinfo=UTC)  # 10:00 there


def test_a_night_shift_lives_the_repeated_hour_twice():
    always = Hours((((time(0), time(23, 59)),),) * 7)
    new_york = ZoneInfo("America/New_York")
    saturday = datetime(2026, 11, 1, 3, 59, tzinfo=UTC)  # 23:59 on Saturday there
    assert first_due(saturday, Decimal(3), always, new_york) == datetime(2026, 11, 1, 7, 0, tzinfo=UTC)  # 02:00 there


def test_a_calendar_that_never_opens_falls_back_to_the_wall():
    never = Hours(((),) * 7)
    at = datetime(2026, 11, 24, 10, 0, tzinfo=UTC)
    assert first_due(at, Decimal(8), never, LONDON) == datetime(2026, 11, 24, 18, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("said", "part"), [("Morning, 9:00 to 12:00", "morning"), (" EVENING", "evening"), ("any", ""), ("", "")]
)
def test_parts_of_the_day_are_read_as_the_survey_writes_them(said, part):
    assert part_of_day(said) == part
