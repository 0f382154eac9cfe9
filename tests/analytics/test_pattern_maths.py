"""Patterns across branches: what is told from chance, and what is not. Exact values are those of the binomial."""

from __future__ import annotations

import random
from math import comb

import pytest

from analytics.maths.patterns import (
    Count,
    Subject,
    Weeks,
    at_least,
    dispersion,
    look,
    outlying,
    rise,
    rise_is_over,
    spread,
    widened,
)

TOPIC = Subject(1, "")
BRANCHES = range(1, 13)
AREA = 100


def weeks(now: int, before: int, *, answers: int = 20) -> Weeks:
    """`before` complaints a week for eight weeks, `now` in the last, of as many answers each week."""
    return Weeks((now, *[before] * 8), (answers,) * 9)


def looked(cells):
    return look({TOPIC: cells}, {AREA: tuple(cells)})


def test_the_chance_of_a_rise_is_the_binomial_tail():
    counts = [Count(1, 3, 10, 1, 80), Count(2, 2, 10, 2, 80)]
    exact = sum(comb(8, k) * (1 / 9) ** k * (8 / 9) ** (8 - k) for k in range(5, 9))
    assert rise(counts) == pytest.approx(exact, rel=1e-9)


def test_a_new_branch_is_no_rise():
    assert rise([Count(1, 9, 30, 0, 0)]) == 1.0


def test_a_shift_of_answers_to_a_branch_with_many_complaints_is_no_rise():
    """Pooled, complaints rise from 24 of 240 to 21 of 40: nothing but the mix."""
    counts = [Count(1, 20, 30, 20, 30), Count(2, 1, 10, 4, 210)]
    assert rise(counts) > 0.3


def test_the_same_complaint_rising_in_several_branches_is_found():
    (found,) = looked({unit: weeks(4 if unit <= 5 else 0, 0) for unit in BRANCHES})
    assert (found.kind, found.area, found.unit, len(found.counts)) == ("rising", AREA, None, 12)


def test_a_rise_in_one_branch_alone_is_no_pattern_across_branches():
    assert [f for f in looked({u: weeks(20 if u == 1 else 1, 1) for u in BRANCHES}) if f.kind == "rising"] == []
    assert not spread([Count(1, 20, 20, 0, 160), Count(2, 1, 20, 4, 160)])


def test_what_comes_in_bursts_must_rise_further():
    even = {u: Weeks((3, *[1] * 8), (20,) * 9) for u in range(1, 9)}
    bursts = {u: Weeks((3, 0, 0, 4, 0, 0, 4, 0, 0), (20,) * 9) for u in range(1, 9)}
    assert dispersion(even.values()) == 0.0
    assert dispersion(bursts.values()) == pytest.approx(192 / 7)
    assert [found.kind for found in looked(even)] == ["rising"]
    assert looked(bursts) == []


def test_variance_widens_and_never_narrows():
    assert widened(at_least(8, of=8, share=1 / 9), 0.2) == pytest.approx(at_least(8, of=8, share=1 / 9), rel=1e-6)
    assert widened(0.001, 4.0) == pytest.approx(0.0612, abs=1e-4)  # z 3.09 halved


def test_one_branch_unlike_its_peers_is_found():
    (found,) = looked({unit: weeks(6, 6) if unit == 3 else weeks(1, 1) for unit in BRANCHES})
    assert (found.kind, found.unit) == ("unlike", 3)


def test_a_branch_among_peers_that_differ_anyway_is_not():
    rates = [0, 1, 2, 4, 5, 6, 7]
    assert looked({unit: weeks(rate, rate) for unit, rate in enumerate(rates)}) == []


def test_of_fewer_than_six_branches_none_is_unlike_its_peers():
    assert looked({unit: weeks(9 if unit == 1 else 1, 9 if unit == 1 else 1) for unit in range(1, 6)}) == []


def test_without_complaints_elsewhere_a_branch_stands_out():
    counts = [Count(unit, 12 if unit == 1 else 0, 180) for unit in BRANCHES]
    assert outlying(counts)[1] < 1e-4
    assert set(outlying(counts)) == {1}


def test_a_rise_is_over_when_two_weeks_are_as_those_before():
    before = {"complaints_before": 8, "answers_before": 160}
    assert rise_is_over([Count(1, 2, 40, **before), Count(2, 2, 40, **before)])
    assert not rise_is_over([Count(1, 9, 40, **before), Count(2, 9, 40, **before)])
    assert not rise_is_over([Count(1, 0, 0, **before)])  # without answers nothing is known


def test_nothing_is_asked_of_fewer_than_five_complaints():
    assert looked({unit: weeks(1 if unit <= 4 else 0, 0) for unit in BRANCHES}) == []


def test_in_two_hundred_quiet_looks_hardly_any_raises_an_alarm():
    """Each may err with a seventh of one in twenty: 1.4 expected at most; beyond five would be no chance (p < .01)."""
    rng = random.Random(20261123)
    alarms = 0
    for _ in range(200):
        cells = {
            Subject(topic, ""): {
                unit: Weeks(tuple(sum(rng.random() < 0.05 for _ in range(12)) for _ in range(9)), (12,) * 9)
                for unit in BRANCHES
            }
            for topic in range(4)
        }
        alarms += bool(look(cells, {AREA: tuple(BRANCHES)}))
    assert alarms <= 5
