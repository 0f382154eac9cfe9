"""When a day departs from those before it: volumes, shares, and what is left alone."""

from __future__ import annotations

import pytest

from crm.volumes import most
from surveys.departing import Band, Shift, Span

PAST = [{"asked": 50, "not_drawn": 50}, {"asked": 45, "not_drawn": 55}, {"asked": 55, "not_drawn": 45}]


def span(**day: int) -> Span:
    return Span(day, PAST, PAST)


@pytest.mark.parametrize(
    ("past", "highest"),
    [([100, 110, 90, 95], 148), ([10_000] * 4, 15_000), ([0, 0, 0, 0], 4), ([5, 4, 6, 5], 15), ([7, 8], None)],
)
def test_the_most_of_a_day_that_is_nothing_to_speak_of(past: list[int], highest: int | None):
    assert most(past, tolerance=50) == highest


def test_a_day_has_a_band_from_the_weekdays_before_it():
    assert (span(asked=100).usual, span().band) == (100, Band(50, 150))
    assert Span({}, PAST[:2], []).band is None


@pytest.mark.parametrize(("asked", "others"), [(50, 50), (40, 60), (60, 40), (26, 74)])
def test_a_share_like_before_is_no_shift(asked: int, others: int):
    assert span(asked=asked, not_drawn=others).shift_of_asked() is None


def test_nobody_asked_and_far_too_many_asked_are_shifts():
    assert span(asked=0, not_drawn=100).shift_of_asked() == Shift("asked", 0, 0.5, 100)
    assert span(asked=95, not_drawn=5).shift_of_asked() == Shift("asked", 0.95, 0.5, 100)


def test_few_occasions_say_nothing_of_shares():
    assert span(asked=0, not_drawn=6).shift_of_asked() is None


def test_another_mix_of_reasons_is_told_with_the_farthest_first():
    shifts = span(asked=50, not_drawn=10, suppressed=40).shifts()
    assert shifts == [Shift("not_drawn", 0.1, 0.5, 100), Shift("suppressed", 0.4, 0, 100)]


def test_days_of_another_version_are_not_comparable():
    changed = Span({"asked": 100}, PAST, PAST[:2])
    assert (changed.shift_of_asked(), changed.shifts()) == (None, [])
    assert changed.band == Band(50, 150)


def test_what_is_none_of_the_programs_business_is_in_no_share_but_its_own():
    past = [{**day, "not_eligible": 100} for day in PAST]
    alike = Span({"asked": 50, "not_drawn": 50, "not_eligible": 900}, past, past)
    assert (alike.usual_asked, alike.shift_of_asked()) == (0.5, None)
    assert alike.shifts() == [Shift("not_eligible", 0.9, 0.5, 1000)]
