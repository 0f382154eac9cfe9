"""Business time across daylight saving (RELIABILITY R-40) and holidays."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from common.periods import Hours, add_business_time, business_time_between, next_working_day, open_spans

LONDON, NEW_YORK, LORD_HOWE = map(ZoneInfo, ("Europe/London", "America/New_York", "Australia/Lord_Howe"))
NINE_TO_FIVE = (time(9), time(17))
WEEKDAYS = Hours(((NINE_TO_FIVE,),) * 5 + ((), ()))
ALWAYS = Hours((((time(0), time.max),),) * 7)
NEVER = Hours(((),) * 7)
HOUR = timedelta(hours=1)


def local(zone: ZoneInfo, *parts: int, fold: int = 0) -> datetime:
    return datetime(*parts, tzinfo=zone, fold=fold)  # type: ignore[misc, arg-type]


def wall(at: datetime, zone: ZoneInfo) -> str:
    return f"{at.astimezone(zone):%m-%d %H:%M}"


@pytest.mark.parametrize(
    ("zone", "start", "end"),
    [  # a day of lived hours later, the clock on the wall has moved
        (LONDON, (2026, 3, 28, 10), "03-29 11:00"),
        (LONDON, (2026, 10, 24, 10), "10-25 09:00"),
        (NEW_YORK, (2026, 3, 7, 20), "03-08 21:00"),
        (LORD_HOWE, (2026, 4, 4, 10), "04-05 09:30"),
    ],
)
def test_hours_are_counted_as_they_are_lived(zone, start, end):
    assert wall(add_business_time(local(zone, *start), 24 * HOUR - timedelta(seconds=1), ALWAYS, zone), zone) < end
    after = add_business_time(local(zone, *start), 24 * HOUR, ALWAYS, zone)
    assert wall(after, zone) == end


def test_the_repeated_hour_counts_twice():
    first, second = local(NEW_YORK, 2026, 11, 1, 1, 30), local(NEW_YORK, 2026, 11, 1, 1, 30, fold=1)
    assert (first.astimezone(UTC).hour, second.astimezone(UTC).hour) == (5, 6)
    assert business_time_between(first, second, ALWAYS, NEW_YORK) == HOUR


def test_an_opening_time_that_does_not_exist_is_an_hour_later():
    early = Hours((((time(2, 30), time(5)),),) * 7)
    start, end = next(open_spans(local(NEW_YORK, 2026, 3, 8), early, NEW_YORK))
    assert (wall(start, NEW_YORK), wall(end, NEW_YORK)) == ("03-08 03:30", "03-08 05:00")


def test_opening_hours_stay_on_the_wall_through_the_change_of_clocks():
    days = [next_working_day(local(LONDON, 2026, 3, day, 12), WEEKDAYS, LONDON) for day in (26, 27)]
    assert [f"{day:%m-%dT%H:%M}" for day in days] == ["03-27T09:00", "03-30T08:00"]  # UTC


def test_time_runs_only_while_open():
    friday = local(LONDON, 2026, 11, 27, 16)
    assert add_business_time(friday, 2 * HOUR, WEEKDAYS, LONDON) == local(LONDON, 2026, 11, 30, 10)


def test_time_that_ends_at_closing_ends_that_day():
    assert add_business_time(local(LONDON, 2026, 11, 27, 16), HOUR, WEEKDAYS, LONDON) == local(LONDON, 2026, 11, 27, 17)


def test_holidays_are_skipped():
    hours = Hours(WEEKDAYS.week, frozenset({date(2026, 12, 25), date(2026, 12, 28)}))
    christmas_eve = local(LONDON, 2026, 12, 24, 16)
    assert add_business_time(christmas_eve, 2 * HOUR, hours, LONDON) == local(LONDON, 2026, 12, 29, 10)
    assert next_working_day(christmas_eve, hours, LONDON) == local(LONDON, 2026, 12, 29, 9)


def test_a_lunch_break_does_not_count():
    hours = Hours((((time(9), time(12)), (time(13), time(17))),) * 7)
    assert add_business_time(local(LONDON, 2026, 7, 1, 11), 2 * HOUR, hours, LONDON) == local(LONDON, 2026, 7, 1, 14)


def test_the_working_day_is_the_units_not_the_servers():
    late = datetime(2026, 11, 24, 23, tzinfo=UTC)  # already Wednesday in Lord Howe
    assert wall(next_working_day(late, WEEKDAYS, LORD_HOWE), LORD_HOWE) == "11-26 09:00"


def test_between_two_instants_only_open_time_counts():
    monday, friday = local(LONDON, 2026, 11, 23, 12), local(LONDON, 2026, 11, 27, 12)
    assert business_time_between(monday, friday, WEEKDAYS, LONDON) == timedelta(hours=32)
    assert business_time_between(friday, monday, WEEKDAYS, LONDON) == timedelta()


def test_years_may_lie_between():
    start, end = local(LONDON, 2024, 1, 1), local(LONDON, 2026, 1, 1)
    assert business_time_between(start, end, WEEKDAYS, LONDON) == timedelta(hours=8 * 523)


def test_a_calendar_that_never_opens_is_refused_not_searched_for_ever():
    with pytest.raises(ValueError, match="no open hours within 400 days of 2026-11-24"):
        add_business_time(local(LONDON, 2026, 11, 24), HOUR, NEVER, LONDON)
    assert business_time_between(local(LONDON, 2026, 11, 1), local(LONDON, 2026, 12, 1), NEVER, LONDON) == timedelta()
