"""Pure formulas: analytics.maths.

The published vectors are printed with four to eight digits, so they cannot tell an error of 1e-9 apart. Therefore two
questions are asked of each: does the formula agree to 1e-9 with an independent computation in 60-digit decimals from
exact fractions, and does it agree with the vector at the precision it is printed in?
"""

import json
import math
from decimal import Decimal, localcontext
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics.maths.dealing import dealt_apart
from analytics.maths.intervals import adjusted_wald, difference, standard_error, two_sided, variance, wald
from analytics.maths.nps import Counts, counts_of, exact_nps, nps, pooled
from analytics.maths.rounding import percent, points, signed
from tests.analytics.vectors import DIFFERENCES, SCORE, SINGLE

SHARED = Path(__file__).resolve().parents[3] / "shared" / "method_vectors.json"
Z = Decimal("1.959963985")


def exact(counts, added=(0, 0, 0)):
    """(score, variance, standard error, low, high) from fractions, in 60-digit decimals: no code of ours."""
    d, s, p = (Fraction(c) + Fraction(a) for c, a in zip(counts, added, strict=True))
    n = d + s + p
    mean, square = (p - d) / n, (p + d) / n
    spread = square - mean**2
    with localcontext() as context:
        context.prec = 60
        as_decimal = [Decimal(f.numerator) / Decimal(f.denominator) for f in (100 * mean, spread, spread / n)]
        error = 100 * as_decimal[2].sqrt()
        return as_decimal[0], as_decimal[1], error, as_decimal[0] - Z * error, as_decimal[0] + Z * error


AW = (Fraction(3, 4), Fraction(3, 2), Fraction(3, 4))


def within(ours, theirs, tolerance=1e-9):
    return abs(Decimal(ours) - Decimal(theirs)) <= Decimal(tolerance)


@pytest.mark.parametrize("vector", SINGLE, ids=lambda v: str(v[0]))
def test_every_vector_agrees_to_1e_9_with_an_independent_exact_computation(vector):
    counts = Counts(*vector[0])
    score, spread, error, low, high = exact(counts)
    assert within(nps(counts), score)
    assert within(variance(counts), spread)
    assert within(standard_error(counts), error)
    assert within(wald(counts).low, low)
    assert within(wald(counts).high, high)
    _, _, _, low, high = exact(counts, AW)
    assert within(adjusted_wald(counts).low, low)
    assert within(adjusted_wald(counts).high, high)


def printed(ours, theirs):
    """Agreement at the file's precision: 6 decimals of points, 8 of the variance, 4 of interval ends."""
    assert ours == pytest.approx(theirs, abs=0.51e-4)


@pytest.mark.parametrize("vector", SINGLE, ids=lambda v: str(v[0]))
def test_every_vector_agrees_with_the_published_figures_as_printed(vector):
    check_published(*vector)


def check_published(counts, score, spread, error, wald95, adjusted, clipped):
    counts = Counts(*counts)
    assert nps(counts) == pytest.approx(score, abs=0.51e-6)
    assert variance(counts) == pytest.approx(spread, abs=0.51e-8)
    assert standard_error(counts) == pytest.approx(error, abs=0.51e-6)
    for ours, theirs in ((wald(counts), wald95), (adjusted_wald(counts), adjusted)):
        printed(ours.low, theirs[0])
        printed(ours.high, theirs[1])
    printed(adjusted_wald(counts).clipped().low, clipped[0])
    printed(adjusted_wald(counts).clipped().high, clipped[1])


@pytest.mark.shared
def test_the_vectors_here_are_those_of_the_shared_file():
    if not SHARED.exists():
        pytest.skip("../shared/method_vectors.json is not here; the copy in tests/analytics/vectors.py was tested")
    theirs = json.loads(SHARED.read_text())["single_sample"]
    keys = ("nps", "var", "se", "wald95", "adjwald95", "adjwald95_clipped")
    assert {(v["det"], v["pas"], v["pro"]): tuple(v["score95"]) for v in theirs} == SCORE
    rows = [((v["det"], v["pas"], v["pro"]), *(v[key] for key in keys)) for v in theirs]
    assert len(rows) == len(SINGLE) == 17
    for row in rows:
        check_published(*row)


@pytest.mark.parametrize("pair", DIFFERENCES)
def test_differences_of_adjusted_scores_agree_with_the_published_figures(pair):
    found = difference(Counts(*pair[0]), Counts(*pair[1]))
    points_, error, z, p, low, high = DIFFERENCES[pair]
    assert found.points == pytest.approx(points_, abs=0.51e-3)
    assert found.error == pytest.approx(error, abs=0.51e-3)
    assert found.z == pytest.approx(z, abs=0.51e-4)
    assert two_sided(found.z) == pytest.approx(p, rel=2e-3)
    assert found.p == (dealt_apart(Counts(*pair[0]), Counts(*pair[1])) if found.exact else two_sided(found.z))
    assert found.exact is (min(sum(counts) for counts in pair) < 30)
    assert found.interval == pytest.approx((low, high), abs=0.51e-2)


def test_differences_agree_to_1e_9_with_an_independent_exact_computation():
    found = difference(Counts(20, 30, 50), Counts(28, 32, 40))
    (one, _, error_1, *_), (two, _, error_2, *_) = exact((20, 30, 50), AW), exact((28, 32, 40), AW)
    assert within(found.points, one - two)
    assert within(found.error, (error_1**2 + error_2**2).sqrt())


def test_eighteen_points_at_a_hundred_answers_each_are_not_detectable():
    assert difference(Counts(20, 30, 50), Counts(28, 32, 40)).verdict == "not detectable"
    assert difference(Counts(200, 300, 500), Counts(280, 320, 400)).verdict == "changed"


def test_counts_come_from_the_bins_with_passives_at_7_and_8():
    assert counts_of([1, 0, 0, 0, 0, 0, 2, 4, 8, 16, 32]) == (3, 12, 48)


@pytest.mark.parametrize("histogram", [[1] * 10, [1] * 12, [], [0] * 10 + [-1]])
def test_what_is_no_histogram_of_eleven_bins_is_refused(histogram):
    with pytest.raises(ValueError, match="bin"):
        counts_of(histogram)


@pytest.mark.parametrize("figure", [nps, variance, standard_error, wald, adjusted_wald])
def test_no_answers_have_no_score(figure):
    with pytest.raises(ValueError, match="no answers"):
        figure(Counts())


def test_groups_are_pooled_and_never_averaged():
    weeks = [Counts(5, 5, 10), Counts(1, 1, 8), Counts(30, 20, 50), Counts(2, 3, 5)]
    assert nps(pooled(weeks)) == 25.0
    assert sum(map(nps, weeks)) / 4 == 36.25  # the mistake


def test_the_score_is_rounded_once_from_counts():
    counts = Counts(204, 381, 415)
    assert points(nps(counts), 1) == Decimal("21.1")
    assert points(41.5) - points(20.4) == 22  # the mistake


@pytest.mark.parametrize(
    ("value", "digits", "shown"),
    [(0.5, 0, "+1"), (-0.5, 0, "−1"), (2.5, 0, "+3"), (-0.04, 1, "0.0"), (0, 0, "0"), (1.15, 1, "+1.2"),
     (Fraction(23, 20), 1, "+1.2"), (Fraction(-1, 2), 0, "−1"), (-14.71, 2, "−14.71"), (100.0, 0, "+100")],
)  # fmt: skip
def test_rounding_goes_half_away_from_zero(value, digits, shown):
    assert signed(value, digits) == shown


def test_shares_are_shown_in_per_cent():
    assert percent(0.145) == "15\N{NO-BREAK SPACE}%"


@given(st.lists(st.integers(0, 10_000), min_size=3, max_size=3).filter(sum))
def test_intervals_hold_their_own_center_and_clipped_ones_stay_on_the_scale(numbers):
    counts = Counts(*numbers)
    shown = adjusted_wald(counts).clipped()
    assert -100 <= shown.low < shown.high <= 100
    assert -100 <= nps(counts) <= 100
    assert exact_nps(counts) == -exact_nps(Counts(*reversed(numbers)))


def coverage(n, shares):
    """Probability that the interval holds the true score, over all samples of `n` answers."""
    d, s, p = shares
    true, total = 100 * (p - d), 0.0
    for i in range(n + 1):
        for k in range(n + 1 - i):
            low, high = adjusted_wald(Counts(i, n - i - k, k)).clipped()
            if low <= true <= high:
                total += math.comb(n, i) * math.comb(n - i, k) * d**i * p**k * s ** (n - i - k)
    return total


DISTRIBUTIONS = [(0.2, 0.3, 0.5), (0.02, 0.08, 0.9), (0.1, 0.2, 0.7), (0.4, 0.3, 0.3), (0.33, 0.34, 0.33)]


@pytest.mark.parametrize("n", [5, 10, 20])
@pytest.mark.parametrize("shares", DISTRIBUTIONS)
def test_the_interval_covers_the_truth_about_95_times_in_100(n, shares):
    assert 0.915 <= coverage(n, shares) <= 0.97


def test_coverage_for_ten_answers_is_what_the_method_page_found():
    assert coverage(10, (0.2, 0.3, 0.5)) == pytest.approx(0.962, abs=5e-4)
    assert coverage(10, (0.02, 0.08, 0.9)) == pytest.approx(0.930, abs=5e-4)
