"""Effects of calling, and what a kept customer cost: vectors, and how often the intervals are right."""

from __future__ import annotations

import math
import random
from decimal import Decimal

import pytest

from analytics.maths.means import moments_of
from analytics.maths.proportions import share_difference
from analytics.maths.recovery import Arm, cost_per_kept, effect, expected_return, fieller, imbalance, paired


def coverage(n_1: int, p_1: float, n_2: int, p_2: float) -> float:
    """How often the interval holds the true difference: every pair of counts, with its probability."""

    def chances(n: int, p: float) -> list[float]:
        return [math.comb(n, k) * p**k * (1 - p) ** (n - k) for k in range(n + 1)]

    total = 0.0
    for k_1, chance_1 in enumerate(chances(n_1, p_1)):
        for k_2, chance_2 in enumerate(chances(n_2, p_2)):
            low, high = share_difference(k_1, n_1, k_2, n_2)[1]
            total += chance_1 * chance_2 * (low <= p_1 - p_2 <= high)
    return total


# arms as they come of a hold-out: 5 % of 400, a tenth of 300, halves; no effect, and one of ten points
@pytest.mark.parametrize(
    ("n_1", "p_1", "n_2", "p_2"),
    [
        (380, 0.45, 20, 0.45), (380, 0.55, 20, 0.45), (270, 0.90, 30, 0.90), (270, 0.95, 30, 0.85),
        (60, 0.5, 60, 0.5), (60, 0.6, 60, 0.5), (15, 0.2, 15, 0.1),
    ],
)  # fmt: skip
def test_the_interval_of_a_difference_is_right_as_often_as_it_says(n_1, p_1, n_2, p_2):
    assert 0.935 <= coverage(n_1, p_1, n_2, p_2) <= 0.975


def test_an_effect_is_called_minus_others():
    found = effect(Arm(n=100, known=100, well=56), Arm(n=100, known=100, well=40))
    assert found.points == pytest.approx(0.16)
    assert found.verdict == "helped"
    assert found.bounds == found.interval  # everybody is known about


def test_an_effect_that_chance_could_make_is_not_detectable():
    assert effect(Arm(20, 20, 10), Arm(20, 20, 8)).verdict == "not detectable"


def test_calls_can_harm():
    assert effect(Arm(100, 100, 40), Arm(100, 100, 60)).verdict == "harmed"


def test_the_bounds_take_the_silent_at_their_worst_and_at_their_best():
    found = effect(Arm(n=100, known=60, well=30), Arm(n=50, known=40, well=10))
    assert found.points == pytest.approx(0.30 - 0.20)
    assert found.bounds.low == share_difference(30, 100, 20, 50)[1].low
    assert found.bounds.high == share_difference(70, 100, 10, 50)[1].high


def test_nobody_in_a_group_is_no_effect():
    assert effect(Arm(5, 5, 5), Arm(0, 0, 0)) is None


def test_impossible_counts_are_refused():
    with pytest.raises(ValueError, match="went well"):
        Arm(n=5, known=6, well=1)


# Fieller by hand: with no variance below it is the plain interval; else the roots of the quadratic
def test_fiellers_interval():
    assert fieller(10.0, 2.0, of_above=1.0, of_below=0.0, of_both=0.0, z=2) == pytest.approx((4.0, 6.0))
    low, high = fieller(10.0, 2.0, of_above=1.0, of_below=0.04, of_both=0.1, z=2)
    for ratio in (low, high):  # where the two sides of it meet
        assert (10 - ratio * 2) ** 2 == pytest.approx(4 * (1 - 2 * ratio * 0.1 + ratio**2 * 0.04))


def test_fiellers_interval_has_no_end_where_nothing_is_told_from_zero():
    assert fieller(10.0, 0.2, of_above=1.0, of_below=0.04, of_both=0.0, z=2) is None


def test_what_a_kept_customer_cost():
    called = paired([(Decimal(20), True)] * 90 + [(Decimal(20), False)] * 10)
    others = paired([(Decimal(0), True)] * 70 + [(Decimal(0), False)] * 30)
    found = cost_per_kept(called, others)
    assert found.points == pytest.approx(100.0)  # 20 each for 0.2 more kept
    # the costs do not vary: 20 / (0.2 ± 1.96 × sqrt(0.9 × 0.1 / 99 + 0.7 × 0.3 / 99))
    assert (round(found.interval.low, 1), round(found.interval.high, 1)) == (65.0, 217.1)


def test_a_cost_without_a_told_effect_has_no_interval():
    called = paired([(Decimal(20), True)] * 8 + [(Decimal(20), False)] * 2)
    others = paired([(Decimal(0), True)] * 7 + [(Decimal(0), False)] * 3)
    found = cost_per_kept(called, others)
    assert found.points == pytest.approx(200.0)
    assert found.interval is None


def test_nobody_kept_has_no_price():
    rows = [(Decimal(20), True)] * 5 + [(Decimal(20), False)] * 5
    assert cost_per_kept(paired(rows), paired([(Decimal(0), True)] * 10)).points is None


def test_the_interval_of_a_cost_is_right_as_often_as_it_says():
    """Costs of 5 to 25, a third more for whoever stays; 90 % stay who were called, 75 % else: 15.00 / 0.15 and up."""
    rng, held, runs = random.Random(7), 0, 1_000

    def group(n: int, stay: float, price: float) -> list[tuple[Decimal, bool]]:
        stayed = [rng.random() < stay for _ in range(n)]
        return [(Decimal(str(round(price * rng.uniform(5, 25) * (1 + yes / 3), 2))), yes) for yes in stayed]

    truth = (0.9 * 20 + 0.1 * 15) / 0.15
    for _ in range(runs):
        found = cost_per_kept(paired(group(400, 0.9, 1)), paired(group(200, 0.75, 0)))
        held += found.interval is None or found.interval.low <= truth <= found.interval.high
    assert 0.935 * runs <= held <= 0.968 * runs


@pytest.mark.parametrize(
    ("detractors", "reliability", "share"),
    [(0.2083, 0.66, 0.457), (0.2465, 0.47, 0.538), (0.2251, 0.57, 0.501), (0.3, 0.0, 0.7)],
)
def test_how_many_detractors_are_none_the_next_time_anyway(detractors, reliability, share):
    assert expected_return(detractors, reliability) == pytest.approx(share, abs=0.001)


def test_regression_to_the_mean_is_that_of_a_simulation():
    rng, was, none = random.Random(11), 0, 0
    while was < 20_000:
        truth = rng.gauss(8, 1.5)
        first, second = (truth + rng.gauss(0, math.sqrt(1.5**2 * 0.34 / 0.66)) for _ in range(2))
        if first < 6.5:
            was, none = was + 1, none + (second >= 6.5)
    assert none / was == pytest.approx(expected_return(0.2083, 0.66), abs=0.01)


@pytest.mark.parametrize(("detractors", "reliability"), [(0.0, 0.5), (1.0, 0.5), (0.2, 1.0), (0.2, -0.1)])
def test_a_return_of_nothing_is_refused(detractors, reliability):
    with pytest.raises(ValueError, match="needs a share"):
        expected_return(detractors, reliability)


def test_groups_that_were_unlike_before_are_told():
    first, second = moments_of([2, 4, 6, 4]), moments_of([1, 3, 5, 3])
    assert imbalance(first, second) == pytest.approx(1 / math.sqrt(8 / 3))
    assert imbalance(moments_of([3, 3]), moments_of([3, 3])) == 0
    assert imbalance(moments_of([4, 4]), moments_of([3, 3])) == math.inf
    assert imbalance(moments_of([4]), second) is None
