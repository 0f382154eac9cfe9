"""When a digest is due and of which days it tells: wall clock, zones, closed days, outages."""

from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

import pytest

from common.periods import Hours
from distribution.mornings import Morning, morning_of

DAY = ((time(9), time(17)),)
WEEKDAYS = Hours((DAY,) * 5 + ((), ()))
ALWAYS = Hours((DAY,) * 7)
LONDON = ZoneInfo("Europe/London")


def due(at, *, zone=LONDON, hours=WEEKDAYS, last=None):
    return morning_of(unit_id=1, zone=zone, hours=hours, last=last, at=at)


def test_due_from_half_past_six_local_time():
    assert due(datetime(2026, 11, 24, 6, 29, tzinfo=UTC)) is None
    assert due(datetime(2026, 11, 24, 6, 30, tzinfo=UTC)) == Morning(1, LONDON, date(2026, 11, 24), date(2026, 11, 23))


def test_not_due_again_once_it_exists():
    assert due(datetime(2026, 11, 24, 9, tzinfo=UTC), last=date(2026, 11, 24)) is None


def test_monday_tells_of_friday_to_sunday():
    assert due(datetime(2026, 11, 23, 7, tzinfo=UTC)).since == date(2026, 11, 20)
    assert due(datetime(2026, 11, 23, 7, tzinfo=UTC), last=date(2026, 11, 20)).since == date(2026, 11, 20)


def test_not_due_on_a_day_without_work():
    assert due(datetime(2026, 11, 22, 9, tzinfo=UTC)) is None
    assert due(datetime(2026, 12, 25, 9, tzinfo=UTC), hours=Hours(ALWAYS.week, frozenset({date(2026, 12, 25)}))) is None


def test_after_three_days_of_outage_only_today_is_due_and_tells_of_all_of_them():
    morning = due(datetime(2026, 11, 26, 12, tzinfo=UTC), last=date(2026, 11, 23))
    assert (morning.day, morning.since) == (date(2026, 11, 26), date(2026, 11, 23))


def test_after_a_long_outage_two_weeks_are_told_at_most():
    assert due(datetime(2026, 11, 26, 12, tzinfo=UTC), last=date(2026, 8, 3)).since == date(2026, 11, 12)


@pytest.mark.parametrize(
    ("zone", "days"),
    [
        (
            "Europe/London",
            [(2026, 3, 28), (2026, 3, 29), (2026, 3, 30), (2026, 10, 24), (2026, 10, 25), (2026, 10, 26)],
        ),
        ("America/New_York", [(2026, 3, 7), (2026, 3, 8), (2026, 3, 9), (2026, 10, 31), (2026, 11, 1), (2026, 11, 2)]),
        (
            "Australia/Lord_Howe",
            [(2026, 4, 4), (2026, 4, 5), (2026, 4, 6), (2026, 10, 3), (2026, 10, 4), (2026, 10, 5)],
        ),
    ],
)
def test_once_per_local_day_across_clock_changes(zone, days):
    """Every quarter of an hour around both changes of the year: due exactly once per local day, first at 06:30."""
    zone = ZoneInfo(zone)
    start, autumn = (datetime(y, m, d, tzinfo=zone).timestamp() for y, m, d in (days[0], days[3]))
    for first in (start, autumn):
        last, frozen = None, []
        for quarter in range(3 * 96):
            at = datetime.fromtimestamp(first + quarter * 900, UTC)
            if morning := due(at, zone=zone, hours=ALWAYS, last=last):
                last = morning.day
                frozen.append((morning.day, at.astimezone(zone).time()))
        assert len(frozen) == len({day for day, _ in frozen}) == 3
        assert {moment for _, moment in frozen} == {time(6, 30)}


def test_the_days_told_of_are_whole_local_days_also_when_the_clock_changes():
    start, end = Morning(1, LONDON, date(2026, 3, 30), date(2026, 3, 29)).told()
    assert (start, end) == (datetime(2026, 3, 29, tzinfo=UTC), datetime(2026, 3, 29, 23, tzinfo=UTC))
