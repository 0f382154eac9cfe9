"""When it is held, whose turn it is to lead, what fits into ten minutes."""

from datetime import date, time

import pytest

from common.periods import Hours
from distribution.huddles import (
    Turn,
    chosen_words,
    is_held_on,
    next_day,
    room_for_words,
    shown_first,
    whose_turn,
)

DAY = (time(9), time(17))
WEEK = Hours(((DAY,),) * 5 + ((), ()), frozenset({date(2026, 11, 26)}))  # Thursday is a holiday


def test_who_led_longest_ago_leads_and_who_never_led_comes_first():
    led = [Turn(1, date(2026, 11, 20)), Turn(2, date(2026, 11, 3)), Turn(3, date(2026, 11, 10))]
    assert whose_turn(led) == 2
    assert whose_turn([*led, Turn(9, None), Turn(8, None)]) == 8
    assert whose_turn([]) is None


def test_everybody_leads_once_before_anybody_leads_again():
    last: dict[int, date | None] = dict.fromkeys((4, 7, 9))
    order = []
    for day in range(1, 8):
        leads = whose_turn(Turn(who, when) for who, when in last.items())
        order.append(leads)
        last[leads] = date(2026, 11, day)
    assert order == [4, 7, 9, 4, 7, 9, 4]


@pytest.mark.parametrize(
    ("day", "held"), [(24, True), (25, False), (26, False), (28, False)], ids=["Tue", "Wed", "holiday", "Sat"]
)
def test_it_is_held_on_its_days_if_the_unit_works(day, held):
    assert is_held_on(date(2026, 11, day), weekdays={1, 3, 5}, hours=WEEK) is held


def test_the_next_day_passes_over_holidays():
    assert next_day(date(2026, 11, 24), weekdays={3}, hours=WEEK) == date(2026, 12, 3)
    assert next_day(date(2026, 11, 24), weekdays={6}, hours=WEEK) is None


@pytest.mark.parametrize(("actions", "parts", "room"), [(0, 1, 4), (4, 4, 2), (3, 4, 3), (30, 2, 4), (4, 3, 3)])
def test_ten_minutes_hold_so_many_words(actions, parts, room):
    assert room_for_words(actions=actions, parts=parts) == room


@pytest.mark.parametrize(
    ("hurting", "praising", "room", "chosen"),
    [(9, 9, 4, (2, 2)), (9, 9, 3, (2, 1)), (9, 9, 2, (1, 1)), (0, 9, 4, (0, 3)), (9, 0, 4, (2, 0)), (1, 9, 4, (1, 2))],
)
def test_half_hurts_and_half_praises(hurting, praising, room, chosen):
    assert chosen_words(hurting, praising, room) == chosen


def test_what_is_due_longest_is_talked_of():
    due = [(date(2026, 11, day), f"{day}") for day in (30, 3, 20, 9, 12)]
    assert shown_first(due) == ["3", "9", "12", "20"]
