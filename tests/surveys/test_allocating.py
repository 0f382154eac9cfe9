"""Which program asks a person whom several want: exact values of the pure rules."""

from __future__ import annotations

import pytest

from surveys.allocating import Wish, gain, likelier, reach, starves, winner, worth
from surveys.precision import TYPICAL, answers_for, half_width


@pytest.mark.parametrize(
    ("answers", "wanted", "taken_off"),
    [
        (0, 102, 105 / 3 - 105 / 4),
        (50, 102, 105 / 53 - 105 / 54),
        (101, 102, 105 / 104 - 1),
        (101.5, 102, 105 / 104.5 - 1),
    ],
)
def test_what_an_answer_takes_off_the_variance(answers: float, wanted: int, taken_off: float):
    assert gain(answers, wanted) == pytest.approx(taken_off)


def test_it_is_the_difference_of_the_variances_over_the_wanted_one():
    wanted = answers_for(0.15)
    variances = [half_width(n) ** 2 for n in (40, 41, wanted)]
    assert gain(40, wanted) == pytest.approx((variances[0] - variances[1]) / variances[2])
    assert TYPICAL == 0.61


def test_a_unit_that_has_its_answers_gains_nothing():
    assert gain(102, 102) == gain(300, 102) == 0


def test_the_worth_counts_the_rate_the_priority_and_the_chance_of_a_turn():
    assert worth(answers=50, wanted=102, rate=0.2, ahead=260, priority=100) == 0.011723
    assert worth(answers=50, wanted=102, rate=0.2, ahead=260, priority=50) == 0.023446
    assert worth(answers=50, wanted=102, rate=0.2, ahead=260, priority=0) == 1.172292
    assert worth(answers=50, wanted=102, rate=0.4, ahead=130, priority=100, chance=0.5) == 0.011723


@pytest.mark.parametrize(("ahead", "likely"), [(0, 0.0), (200, 0.0449), (260, 0.5292), (1000, 1.0)])
def test_how_likely_the_margin_is_reached(ahead: int, likely: float):
    assert round(reach(50, 102, 0.2, ahead), 4) == likely


def test_an_answer_makes_the_margin_likelier_by_the_slope():
    closer = reach(50.005, 102, 0.2, 260) - reach(49.995, 102, 0.2, 260)
    assert likelier(50, 102, 0.2, 260) == pytest.approx(closer * 100) == pytest.approx(0.058248, abs=1e-6)


@pytest.mark.parametrize("ahead", [0, 1000])
def test_an_answer_counts_little_where_the_margin_is_out_of_reach_or_certain(ahead: int):
    assert worth(answers=50, wanted=102, rate=0.2, ahead=ahead, priority=100) == 0.000073


def test_the_program_to_which_it_is_worth_most_asks():
    assert winner([Wish("visits", 0.01), Wish("loyalty", 0.02)]).program == "loyalty"


def test_a_scarcer_program_whose_turn_is_to_come_has_the_person_kept_for_it():
    assert winner([Wish("visits", 0.01), Wish("loyalty", 0.02, now=False)]) == Wish("loyalty", 0.02, now=False)


def test_among_equals_the_first_program_asks_and_who_can_ask_now_goes_first():
    assert winner([Wish("visits", 0.0), Wish("calls", 0.0)]).program == "visits"
    assert winner([Wish("loyalty", 0.01, now=False), Wish("visits", 0.01)]).program == "visits"


def test_a_program_that_starves_has_first_claim():
    assert winner([Wish("visits", 0.9), Wish("calls", 0.1, starves=True)]).program == "calls"


@pytest.mark.parametrize(
    ("got", "wished", "others_got", "others_wished", "answer"),
    [
        (4, 20, 10, 20, True),
        (5, 20, 10, 20, False),
        (0, 19, 19, 19, False),
        (0, 20, 0, 0, False),
        (0, 40, 40, 40, True),
    ],
)
def test_who_starves(got: int, wished: int, others_got: int, others_wished: int, answer: bool):
    assert starves(got, wished, others_got, others_wished) is answer
