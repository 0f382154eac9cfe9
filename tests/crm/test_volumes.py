"""When so little came that a feed must have stopped: crm.volumes."""

import math
from datetime import timedelta

import pytest

from crm.volumes import least, patience, tail, usual


def test_the_probability_is_that_of_the_binomial():
    exact = sum(math.comb(20, k) for k in range(6)) / 2**20
    assert tail(5, of=20, share=0.5) == pytest.approx(exact, rel=1e-9)


def test_millions_of_rows_are_no_obstacle():
    assert tail(900_000, of=5_000_000, share=0.2) < 1e-100
    assert least([1_000_000] * 4, tolerance=10) == 900_000


def test_too_few_days_say_nothing():
    assert usual([100, 100]) is None
    assert least([100, 100], tolerance=50) == 0


def test_far_less_than_usual_is_less_than_the_tolerance_allows():
    assert usual([100, 110, 90, 100]) == 100
    assert least([100, 110, 90, 100], tolerance=50) == 50


def test_a_small_feed_must_fall_further_since_chance_does_more():
    assert least([10, 10, 10, 10], tolerance=10) == 1
    assert least([2, 2, 2, 2], tolerance=10) == 0


def test_twice_the_longest_gap_is_waited_for_and_a_long_weekend_at_least():
    day = timedelta(days=1)
    assert patience([31 * day, 30 * day, 31 * day]) == 62 * day
    assert patience([day] * 7) == 3 * day
    assert patience([day, 40 * day]) is None


def test_a_feed_that_is_often_quiet_is_left_alone():
    assert least([0, 900, 0, 900], tolerance=50) == 0
    assert least([300, 900, 300, 900], tolerance=0) == 300


def test_a_feed_that_never_brought_anything_is_never_silent():
    assert least([0, 0, 0, 0], tolerance=50) == 0
