"""Months that a period has as a whole, and the days around them: analytics.maths.months."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics.maths.months import DAY, split_months
from analytics.maths.scorecards import Period

some_day = st.dates(date(2024, 1, 1), date(2026, 12, 31))


@pytest.mark.parametrize(
    ("start", "end", "whole", "left"),
    [
        (date(2026, 2, 1), date(2026, 2, 28), [date(2026, 2, 1)], []),
        (date(2026, 2, 2), date(2026, 2, 28), [], [(date(2026, 2, 2), date(2026, 2, 28))]),
        (
            date(2026, 8, 26), date(2026, 11, 23), [date(2026, 9, 1), date(2026, 10, 1)],
            [(date(2026, 8, 26), date(2026, 8, 31)), (date(2026, 11, 1), date(2026, 11, 23))],
        ),
    ],
)  # fmt: skip
def test_a_period_is_split_into_whole_months_and_days(start, end, whole, left):
    assert split_months([Period(start, end)]) == (whole, left)


def test_days_of_two_periods_that_meet_are_one_range():
    later = Period(date(2026, 8, 16), date(2026, 9, 14))
    assert split_months([later.previous, later]) == ([], [(date(2026, 7, 17), date(2026, 9, 14))])


@pytest.mark.parametrize(
    ("cut", "whole"), [(date(2026, 9, 1), True), (date(2026, 9, 2), False), (date(2026, 10, 1), True)]
)
def test_a_month_with_a_cut_in_it_is_read_by_day(cut, whole):
    found, left = split_months([Period(date(2026, 9, 1), date(2026, 9, 30))], [cut])
    assert bool(found) == whole
    assert bool(left) != whole


@given(some_day, some_day, st.lists(some_day, max_size=4))
def test_every_day_is_in_one_month_or_range(a, b, cuts):
    period = Period(min(a, b), max(a, b))
    whole, left = split_months([period.previous, period], cuts)
    days = [
        month.replace(day=1 + n) for month in whole for n in range(((month + 31 * DAY).replace(day=1) - month).days)
    ]
    days += [start + n * DAY for start, end in left for n in range((end - start).days + 1)]
    assert sorted(days) == [period.previous.start + n * DAY for n in range(2 * period.days)]
