"""The arithmetic of cycles: a place for everybody, an equal share for every working day."""

from __future__ import annotations

from datetime import date, time
from itertools import pairwise

from common.periods import Hours
from surveys.waves import Cycle, cycle_of, slots

WEEKDAYS = Hours(tuple(((time(9), time(17)),) if day < 5 else () for day in range(7)))
EVERY_DAY = list(range(7))


def test_three_months_are_the_quarters_and_twelve_the_years():
    assert cycle_of(date(2026, 11, 24), 3) == Cycle(date(2026, 10, 1), date(2027, 1, 1))
    assert cycle_of(date(2026, 12, 31), 12) == Cycle(date(2026, 1, 1), date(2027, 1, 1))
    assert cycle_of(date(2026, 2, 1), 1) == Cycle(date(2026, 2, 1), date(2026, 3, 1))


def test_the_working_days_of_a_cycle_share_all_hashes_without_gap_or_overlap():
    cycle = cycle_of(date(2026, 11, 1), 1)
    days = cycle.working_days(WEEKDAYS, EVERY_DAY)
    of_days = [slots(day, day, months=1, hours=WEEKDAYS, weekdays=EVERY_DAY)[0] for day in days]
    assert len(days) == 21
    assert of_days[0].low == bytes(8)
    assert of_days[-1].high > b"\xff" * 32  # above every digest
    assert all(one.high == other.low for one, other in pairwise(of_days))
    widths = {int.from_bytes(slot.high, "big") - int.from_bytes(slot.low, "big") for slot in of_days[:-1]}
    assert max(widths) - min(widths) <= 1


def test_nobodys_turn_comes_round_on_a_closed_day_or_one_on_which_the_program_does_not_ask():
    closed = Hours(WEEKDAYS.week, frozenset({date(2026, 11, 25)}))
    assert slots(date(2026, 11, 21), date(2026, 11, 22), months=3, hours=closed, weekdays=EVERY_DAY) == []
    assert slots(date(2026, 11, 25), date(2026, 11, 25), months=3, hours=closed, weekdays=EVERY_DAY) == []
    assert slots(date(2026, 11, 26), date(2026, 11, 26), months=3, hours=closed, weekdays=[0, 1, 2]) == []


def test_days_made_up_for_across_the_end_of_a_cycle_are_a_slot_of_each():
    first, second = slots(date(2026, 12, 30), date(2027, 1, 4), months=3, hours=WEEKDAYS, weekdays=EVERY_DAY)
    assert (first.cycle.end, second.cycle.start) == (date(2027, 1, 1), date(2027, 1, 1))
    assert (first.high, second.low) == (b"\xff" * 33, bytes(8))


def test_a_calendar_that_is_never_open_leaves_the_programs_own_days():
    never = Hours(tuple(() for _ in range(7)))
    assert len(cycle_of(date(2026, 11, 1), 1).working_days(never, [0])) == 5  # Mondays
