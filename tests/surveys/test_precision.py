"""Half widths and answers needed: the vectors of METHOD.md section 4."""

from __future__ import annotations

import pytest

from surveys.precision import answers_for, half_width


@pytest.mark.parametrize(
    ("variance", "margin", "answers"),
    [(1.0, 0.05, 1534), (1.0, 0.10, 382), (1.0, 0.15, 168), (0.61, 0.05, 935), (0.61, 0.10, 232), (0.61, 0.15, 102)],
)
def test_answers_for_a_margin(variance: float, margin: float, answers: int):
    assert answers_for(margin, variance=variance) == answers


def test_the_half_width_is_the_other_way_round():
    assert half_width(232) <= 0.10 < half_width(230)


def test_eighty_of_four_hundred_give_fifteen_points():
    assert round(100 * half_width(80, population=400), 1) == 15.0


def test_who_asked_everybody_knows_the_score():
    assert half_width(400, population=400) == 0
