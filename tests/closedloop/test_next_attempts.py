"""When and by which way a customer who was not reached is tried again."""

from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

import pytest

from closedloop.next_attempts import Place, next_due, next_way, part_at
from common.periods import Hours

LONDON = ZoneInfo("Europe/London")
WEEK = (((time(9), time(17)),),) * 5 + ((), ())
CHRISTMAS = Hours(WEEK, frozenset({date(2026, 12, 25), date(2026, 12, 28)}))
HARBOUR = Place(CHRISTMAS, LONDON, "~Europe/London ")
FRIDAY = datetime(2026, 11, 27, 10, 0, tzinfo=UTC)


def on(day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 11, day, hour, minute, tzinfo=UTC)


@pytest.mark.parametrize(
    ("tried", "due"),
    [
        ([on(24, 10)], on(25, 12)),  # morning, then noon
        ([on(24, 12)], on(25, 14)),
        ([on(24, 16)], on(25, 9)),  # the evening is closed: morning comes next
        ([on(23, 10), on(24, 12)], on(25, 14)),
        ([on(20, 10), on(23, 12), on(24, 15)], on(25, 9)),  # each once: from the front
        ([on(20, 10), on(23, 10), on(24, 12)], on(25, 14)),  # tried least
    ],
)
def test_each_attempt_is_at_another_time_of_day(tried, due):
    assert next_due(tried[-1], HARBOUR, tried=tried) == due


@pytest.mark.parametrize(
    ("best_time", "hour"),
    [("", 12), ("morning", 9), ("afternoon", 12), ("evening", 12), ("Any time, 9:00 to 20:00", 12)],
)
def test_the_part_of_the_day_that_the_customer_likes_goes_first_where_the_unit_is_open_then(best_time, hour):
    assert next_due(FRIDAY, HARBOUR, tried=[FRIDAY], best_time=best_time) == on(30, hour)


def test_within_the_part_they_like_noon_and_afternoon_take_turns():
    assert next_due(on(24, 12), HARBOUR, tried=[on(24, 12)], best_time="afternoon") == on(25, 14)


def test_nights_weekends_and_holidays_are_passed_over():
    thursday = datetime(2026, 12, 24, 9, 0, tzinfo=UTC)
    assert next_due(thursday, HARBOUR, tried=[thursday]) == datetime(2026, 12, 29, 12, 0, tzinfo=UTC)


def test_the_day_after_is_the_day_after_where_the_unit_is():
    kolkata = Place(CHRISTMAS, ZoneInfo("Asia/Kolkata"), "Asia/Kolkata ")
    monday_evening = on(23, 19)  # Tuesday 00:30 there
    assert next_due(monday_evening, kolkata) == on(25, 3, 30)


def test_parts_of_the_day_are_those_of_the_customer_and_so_are_quiet_hours():
    in_new_york = Place(CHRISTMAS, LONDON, "America/New_York ")  # 09:00 to 17:00 in London is 04:00 to 12:00 there
    assert next_due(FRIDAY, in_new_york, tried=[FRIDAY]) == on(30, 13)  # 08:00 there, when nobody is disturbed


def test_somewhere_in_a_country_is_after_eight_in_all_its_zones():
    in_the_states = Place(CHRISTMAS, ZoneInfo("America/New_York"), "~America/New_York ")
    due = next_due(FRIDAY, in_the_states, tried=[on(27, 20)])
    assert due == on(30, 18)  # 13:00 in New York, the first hour at which Hawaii is awake: 08:00


def test_a_customer_who_is_never_awake_while_the_unit_is_open_is_tried_a_day_later():
    in_honolulu = Place(Hours((((time(9), time(17)),),) * 7), LONDON, "Pacific/Honolulu ")  # 23:00 to 07:00 there
    assert next_due(on(24, 10), in_honolulu, tried=[on(24, 10)]) == on(25, 10)


def test_a_calendar_that_never_opens_falls_back_to_the_wall():
    assert next_due(on(24, 10), Place(Hours(((),) * 7), LONDON, "Europe/London ")) == on(25, 10)


def test_the_hour_that_is_skipped_in_spring_is_counted_as_it_was_lived():
    friday = datetime(2027, 3, 26, 10, 0, tzinfo=UTC)
    assert next_due(friday, HARBOUR, tried=[friday]) == datetime(2027, 3, 29, 11, 0, tzinfo=UTC)  # 12:00 there


@pytest.mark.parametrize(
    ("hour", "part"),
    [(0, "morning"), (11, "morning"), (12, "noon"), (14, "afternoon"), (17, "evening"), (23, "evening")],
)
def test_parts_of_the_day(hour, part):
    assert part_at(on(24, hour), LONDON) == part


@pytest.mark.parametrize(
    ("tried", "usable", "after", "way"),
    [
        ([], ["phone", "email"], 2, "phone"),
        (["phone"], ["phone", "email"], 2, "phone"),
        (["phone", "phone"], ["phone", "email"], 2, "email"),
        (["phone", "phone", "email"], ["phone", "email"], 2, "email"),
        (["phone", "phone", "email", "email"], ["phone", "email", "sms"], 2, "sms"),
        (["phone", "phone"], ["phone"], 2, "phone"),  # there is no other
        (["phone"], ["email"], 2, "email"),  # a wrong number
        (["phone"], ["phone", "email"], 0, "email"),
        (["phone"], [], 2, "phone"),
    ],
)
def test_another_way_after_so_many_attempts(tried, usable, after, way):
    assert next_way(tried, usable, after=after) == way
