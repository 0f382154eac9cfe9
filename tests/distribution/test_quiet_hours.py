"""From when on a unit's people are told: in its own hours, by its own calendar, through clock changes."""

from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

import pytest

from common.periods import Hours
from distribution.quiet_hours import told_from

DAY = ((time(9), time(12, 30)), (time(13, 30), time(17)))
WEEKDAYS = Hours((DAY,) * 5 + ((), ()), closed=frozenset({date(2026, 12, 25)}))
LONDON, TOKYO = ZoneInfo("Europe/London"), ZoneInfo("Asia/Tokyo")


def utc(month, day, hour, minute=0):
    return datetime(2026, month, day, hour, minute, tzinfo=UTC)


@pytest.mark.parametrize("at", [utc(11, 24, 9), utc(11, 24, 13), utc(11, 24, 16, 59)])
def test_at_once_from_the_first_opening_to_the_last_close_and_at_noon(at):
    assert told_from(at, WEEKDAYS, LONDON) == at


@pytest.mark.parametrize(
    ("at", "told"),
    [
        (utc(11, 24, 8, 59), utc(11, 24, 9)),
        (utc(11, 24, 17), utc(11, 25, 9)),
        (utc(11, 20, 21), utc(11, 23, 9)),  # Friday evening: on Monday
        (utc(12, 24, 20), utc(12, 28, 9)),  # Christmas Eve, a Thursday: after the holiday and the weekend
        (utc(10, 23, 20), utc(10, 26, 9)),  # over the end of summer time, of which 09:00 is an hour later in UTC
        (utc(3, 27, 20), utc(3, 30, 8)),  # and over its beginning
    ],
)
def test_otherwise_at_the_next_opening(at, told):
    assert told_from(at, WEEKDAYS, LONDON) == told


def test_the_hours_are_the_units_own():
    assert told_from(utc(11, 24, 10), WEEKDAYS, TOKYO) == utc(11, 25, 0)  # it is 19:00 there


def test_a_calendar_that_never_opens_keeps_nothing_back():
    assert told_from(utc(11, 24, 10), Hours(((),) * 7), LONDON) == utc(11, 24, 10)
