"""What a score leaves open: score intervals, targets, the silent, weights, late answers, places, very many at once."""

import math
import random
from fractions import Fraction
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics.maths.bounds import silent_bounds
from analytics.maths.dealing import dealt_apart
from analytics.maths.discoveries import discovered, stand_out
from analytics.maths.intervals import adjusted_wald, difference
from analytics.maths.lateness import lateness
from analytics.maths.nps import Counts, nps
from analytics.maths.ranks import places
from analytics.maths.score_intervals import score_interval
from analytics.maths.targets import against_target
from analytics.maths.weighting import Cell, Stratum, cap, collapsed, post_stratified, raked, stratified_error, weigh
from tests.analytics.vectors import SCORE

MIXES = [(0.2, 0.3, 0.5), (0.02, 0.08, 0.9), (0.1, 0.2, 0.7), (0.4, 0.3, 0.3), (0.33, 0.34, 0.33)]


# --- intervals -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("counts", SCORE)
def test_score_intervals_agree_with_the_published_figures_as_printed(counts):
    assert score_interval(Counts(*counts)) == pytest.approx(SCORE[counts], abs=0.51e-4)


def every_sample(n, shares):
    """(counts, probability) of all samples of `n` answers."""
    d, s, p = shares
    for i in range(n + 1):
        for k in range(n + 1 - i):
            yield Counts(i, n - i - k, k), math.comb(n, i) * math.comb(n - i, k) * d**i * p**k * s ** (n - i - k)


def covers(interval, n, shares):
    true = 100 * (shares[2] - shares[0])
    return sum(
        chance for counts, chance in every_sample(n, shares) if interval(counts)[0] <= true <= interval(counts)[1]
    )


@pytest.mark.parametrize(
    ("n", "shares", "told"),
    [(10, (0.2, 0.3, 0.5), 0.947), (10, (0.02, 0.08, 0.9), 0.959), (30, (0.1, 0.2, 0.7), 0.950),
     (30, (0.02, 0.08, 0.9), 0.961)],
)  # fmt: skip
def test_the_score_interval_covers_what_the_method_page_found(n, shares, told):
    assert covers(score_interval, n, shares) == pytest.approx(told, abs=5.1e-4)


def test_the_adjusted_wald_interval_covers_on_a_whole_grid_of_customers():
    """Ten answers, shares of detractors and promoters in steps of a tenth: never under 91 of 100."""
    steps = [number / 10 for number in range(1, 9)]
    grid = [(d, 1 - d - p, p) for d, p in product(steps, steps) if d + p < 0.95]
    found = [covers(lambda counts: adjusted_wald(counts).clipped(), 10, shares) for shares in grid]
    assert min(found) >= 0.91
    assert 0.94 <= sum(found) / len(found) <= 0.97


# --- few answers -----------------------------------------------------------------------------------------------------


def dealt_by_hand(first, second):
    """The permutation test by listing every deal with exact fractions: no code of ours."""
    both = [a + b for a, b in zip(first, second, strict=True)]
    n, total = sum(first), sum(both)
    middle = Fraction(n * (both[2] - both[0]), total)
    far, ways = abs(first[2] - first[0] - middle), 0
    for d, p in product(range(both[0] + 1), range(both[2] + 1)):
        rest = n - d - p
        if 0 <= rest <= both[1] and abs(p - d - middle) >= far:
            ways += math.comb(both[0], d) * math.comb(both[1], rest) * math.comb(both[2], p)
    return float(Fraction(ways, math.comb(total, n)))


def test_under_thirty_answers_on_a_side_an_exact_test_decides():
    found = difference(Counts(2, 3, 10), Counts(8, 4, 3))
    assert found.p == pytest.approx(dealt_by_hand((2, 3, 10), (8, 4, 3)), rel=1e-9)
    assert found.p == pytest.approx(0.0115, abs=5e-5)  # 0.0116 of 200,000 random deals
    assert (found.exact, found.verdict) == (True, "changed")


def test_an_exact_test_may_contradict_the_interval_and_says_so():
    found = difference(Counts(0, 0, 10), Counts(3, 1, 6))
    assert (round(found.p, 4), found.verdict) == (0.0867, "not detectable")
    assert found.at_odds is (found.interval.low > 0)


@pytest.mark.parametrize("shares", MIXES)
def test_of_ten_and_twelve_answers_that_differ_by_chance_alone_at_most_one_in_twenty_is_called_changed(shares):
    wrong = sum(
        one * two
        for (first, one), (second, two) in product(every_sample(10, shares), every_sample(12, shares))
        if one * two > 1e-9 and dealt_apart(first, second) < 0.05
    )
    assert wrong <= 0.05


# --- targets, the silent ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("counts", "target", "z", "verdict"),
    [((20, 30, 50), 20, 1.1865, "cannot tell"), ((200, 300, 500), 20, 4.0188, "above"),
     ((20, 30, 50), 55, -3.3639, "below")],
)  # fmt: skip
def test_a_target_is_met_or_missed_or_nobody_can_tell(counts, target, z, verdict):
    found = against_target(Counts(*counts), target)
    assert found.z == pytest.approx(z, abs=5e-4)
    assert found.verdict == verdict


def test_the_silent_leave_this_much_open():
    assert silent_bounds(40.0, 0.25) == (-65.0, 85.0)
    assert silent_bounds(40.0, 1.0) == (40.0, 40.0)
    assert silent_bounds(40.0, 0.0) == (-100.0, 100.0)
    with pytest.raises(ValueError, match="between 0 and 1"):
        silent_bounds(40.0, 1.2)


# --- weights ---------------------------------------------------------------------------------------------------------

AGES = {"young": Stratum(Counts(30, 40, 30), 0.5), "old": Stratum(Counts(20, 60, 220), 0.5)}


def test_post_stratification_agrees_with_the_published_figures():
    cells = post_stratified(AGES)
    found = weigh(cells.values())
    assert {name: round(cell.weight, 6) for name, cell in cells.items()} == {"young": 2.0, "old": 0.666667}
    assert (found.raw, round(found.score, 4)) == (50.0, 33.3333)
    assert (round(found.deff, 6), round(found.n_eff, 6), found.largest) == (1.333333, 300.0, 2.0)
    assert stratified_error(AGES) == pytest.approx(4.2383, abs=5e-5)
    assert found.error == pytest.approx(4.4305, abs=5e-5)


def test_equal_weights_change_nothing():
    found = weigh([Cell(Counts(10, 10, 10), 7.0), Cell(Counts(10, 20, 40), 7.0)])
    assert (found.score, found.n_eff, found.deff) == pytest.approx((30.0, 100.0, 1.0))
    assert found.interval == pytest.approx(adjusted_wald(Counts(20, 30, 50)).clipped())


def test_weights_of_one_over_the_chance_find_the_true_score_of_all_on_average():
    """1,000 customers, half of them (who score 80) asked with 1 in 10, the others (0) with 1 in 2. Seed 4."""
    rng = random.Random(4)
    raw, weighted = [], []
    for _ in range(300):
        happy, others = (sum(rng.random() < chance for _ in range(500)) for chance in (0.1, 0.5))
        cells = [
            Cell(Counts(round(0.1 * happy), 0, happy - round(0.1 * happy)), 10.0),
            Cell(Counts(others // 2, 0, others - others // 2), 2.0),
        ]
        found = weigh(cells)
        raw.append(found.raw)
        weighted.append(found.score)
    assert sum(weighted) / 300 == pytest.approx(40, abs=1)
    assert sum(raw) / 300 == pytest.approx(80 / 6, abs=1)  # the mistake


def test_a_weight_is_cut_at_five_times_that_of_the_answer_in_the_middle():
    assert cap([Cell(Counts(5, 5, 5), 1.0), Cell(Counts(1, 0, 1), 9.0)]) == 5.0
    assert cap([Cell(Counts(0, 0, 2), 1.0), Cell(Counts(1, 1, 1), 9.0)]) == 45.0
    with pytest.raises(ValueError, match="no answers"):
        cap([])


def test_strata_with_under_ten_answers_go_together_and_none_is_weighted_up_alone():
    few = {"a": Stratum(Counts(1, 1, 1), 0.1), "b": Stratum(Counts(5, 5, 5), 0.4), "c": Stratum(Counts(4, 0, 0), 0.2),
           "d": Stratum(Counts(40, 0, 0), 0.3)}  # fmt: skip
    found = collapsed(few)
    told = {key: (each.counts.n, round(each.share, 6)) for key, each in found.items()}
    assert told == {("a", "c", "b"): (22, 0.7), ("d",): (40, 0.3)}
    with pytest.raises(ValueError, match="under 10 answers in a"):
        post_stratified(few)


def test_no_weight_is_0_or_below():
    with pytest.raises(ValueError, match="above 0"):
        weigh([Cell(Counts(1, 1, 1), 0.0)])
    with pytest.raises(ValueError, match="no answers"):
        weigh([])


def test_raking_brings_all_margins_about():
    cells = {("a", "x"): 10.0, ("a", "y"): 20.0, ("b", "x"): 30.0, ("b", "y"): 40.0}
    factors = raked(cells, [{"a": 50, "b": 50}, {"x": 40, "y": 60}])
    mass = {key: cells[key] * factors[key] for key in cells}
    whole = sum(mass.values())
    shares = [(mass["a", "x"] + mass["a", "y"]) / whole, (mass["a", "x"] + mass["b", "x"]) / whole]
    assert shares == pytest.approx([0.5, 0.4], abs=1e-6)
    odds = mass["a", "x"] * mass["b", "y"] / (mass["a", "y"] * mass["b", "x"])
    assert odds == pytest.approx(10 * 40 / (20 * 30))  # what goes together in the answers still does


def test_margins_that_cannot_come_out_are_refused():
    with pytest.raises(ValueError, match="categories"):
        raked({("a", "x"): 1.0}, [{"a": 1, "b": 1}, {"x": 1}])
    with pytest.raises(ValueError, match="cannot all come out"):  # all of a is x, but x is less than a is wanted
        raked({("a", "x"): 1.0, ("b", "y"): 1.0}, [{"a": 0.7, "b": 0.3}, {"x": 0.4, "y": 0.6}])


@given(
    st.lists(
        st.tuples(st.integers(1, 50), st.integers(0, 50), st.integers(0, 50), st.floats(0.1, 50)),
        min_size=1,
        max_size=5,
    )
)
def test_weights_never_make_answers_worth_more_than_they_are(rows):
    found = weigh([Cell(Counts(d, s, p), weight) for d, s, p, weight in rows])
    assert found.n_eff <= found.n * (1 + 1e-9)
    assert -100 <= found.interval.low < found.interval.high <= 100


# --- late answers ----------------------------------------------------------------------------------------------------


def test_answers_are_parted_as_near_to_the_middle_as_a_step_allows():
    found = lateness({0: Counts(2, 3, 25), 1: Counts(1, 2, 7), 3: Counts(4, 4, 8), 8: Counts(20, 5, 5)})
    assert (found.hours, found.early, found.late) == (2, (3, 5, 32), (24, 9, 13))
    assert (found.early_nps, found.late_nps) == (nps(Counts(3, 5, 32)), nps(Counts(24, 9, 13)))
    assert (found.change.points < 0, found.change.verdict) == (True, "changed")


def test_with_under_ten_on_either_side_early_and_late_are_not_compared():
    assert lateness({0: Counts(10, 10, 10), 8: Counts(3, 3, 3)}) is None
    assert lateness({}) is None


# --- places, very many -----------------------------------------------------------------------------------------------


def test_units_that_cannot_be_told_apart_share_their_places():
    found = places({"a": Counts(100, 200, 700), "b": Counts(110, 200, 690), "c": Counts(500, 300, 200)})
    assert found == {"a": (1, 2, 3), "b": (1, 2, 3), "c": (3, 3, 3)}
    assert places({"a": Counts(1, 1, 1)}) == {"a": (1, 1, 1)}


def test_all_true_places_lie_within_their_ranges_together_19_times_in_20():
    """Six units of 150 answers, two of them alike in truth; 400 draws, seed 9."""
    rng = random.Random(9)
    truth = {
        name: (0.35 - step, 0.3, 0.35 + step)
        for name, step in zip("abcdef", (0, 0.05, 0.1, 0.1001, 0.15, 0.2), strict=True)
    }
    place = {name: 6 - number for number, name in enumerate(truth)}
    right = 0
    for _ in range(400):
        drawn = {name: rng.choices((0, 1, 2), shares, k=150) for name, shares in truth.items()}
        found = places({name: Counts(*(rows.count(kind) for kind in range(3))) for name, rows in drawn.items()})
        right += all(found[name].best <= place[name] <= found[name].worst for name in truth)
    assert right / 400 >= 0.95


def test_of_very_many_two_are_discovered_where_holm_finds_one():
    p = dict(enumerate([0.001, 0.008, 0.039, 0.041, 0.042, 0.06, 0.074, 0.205, 0.212, 0.216]))
    assert discovered(p) == {0, 1}
    assert stand_out(p) == {0}
    assert stand_out(p | {10 + number: 1.0 for number in range(20)}) == {0}
    assert stand_out({number: 0.002 if number < 5 else 0.9 for number in range(30)}) == {0, 1, 2, 3, 4}
    assert discovered({}) == set()
