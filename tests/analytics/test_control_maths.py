"""The control chart: analytics.maths.control."""

from datetime import date, timedelta

import numpy as np
import pytest

from analytics.maths.control import Rule, Usual, Week, chart, rule_of, together, usual_of, z_of
from analytics.maths.nps import Counts
from analytics.maths.scorecards import Period
from tests.analytics.vectors import WEEKS, WEEKS_Z

USUAL = usual_of([Counts(*week) for week in WEEKS])


def weeks(*counts):
    start = date(2026, 1, 5)
    days = [start + timedelta(weeks=number) for number in range(len(counts))]
    return [Week(Period(day, day + timedelta(days=6)), Counts(*each)) for day, each in zip(days, counts, strict=True)]


def test_twelve_weeks_say_what_is_usual_as_published():
    assert (round(USUAL.center, 4), round(USUAL.spread, 4), round(USUAL.sigma_z, 4)) == (28.3077, 78.1432, 0.7782)
    assert [round(z_of(Counts(*week), USUAL), 4) for week in WEEKS] == WEEKS_Z
    assert USUAL.limits(100) == pytest.approx((4.865, 51.751), abs=5e-4)


@pytest.mark.parametrize(
    ("week", "score", "z", "rule"), [((28, 32, 40), 12, -2.0869, None), ((34, 30, 36), 2, -3.3666, Rule.BEYOND)]
)
def test_a_fall_of_sixteen_points_is_noise_and_one_of_twenty_six_a_signal(week, score, z, rule):
    last = chart(weeks(*WEEKS, week)).points[-1]
    assert (last.score, round(last.z, 4), last.rule) == (score, z, rule)


def test_limits_widen_where_weeks_differ_more_than_sampling_makes_them_and_never_narrow():
    wide = usual_of([Counts(*(week if number % 2 else week[::-1])) for number, week in enumerate(WEEKS)])
    assert wide.sigma_z > 2
    assert wide.error(100) == pytest.approx(wide.sigma_z * wide.spread / 10)
    assert USUAL.error(100) == pytest.approx(USUAL.spread / 10)


@pytest.mark.parametrize(("n", "score", "beyond"), [(40, 75, False), (40, 80, True), (100, 65, True), (100, 60, False)])
def test_limits_are_a_funnel(n, score, beyond):
    low, high = Usual(40.0, 78.0, 1.0).limits(n)
    assert (not low <= score <= high) is beyond


@pytest.mark.parametrize(
    ("z", "rule"),
    [([3.1], Rule.BEYOND), ([-3.1], Rule.BEYOND), ([3.0], None), ([2.1, 0.0, 2.1], Rule.TWO_OF_THREE),
     ([2.1, -2.1], None), ([2.1, 0, 0, 2.1], None), ([2.1, 2.1, 0.5], None), ([0.1] * 8, Rule.RUN),
     ([0.1] * 7, None), ([-0.1] * 7 + [0.1], None)],
)  # fmt: skip
def test_the_rules(z, rule):
    assert rule_of(z) is rule


def test_weeks_that_set_what_is_usual_are_not_judged_by_it():
    found = chart(weeks(*WEEKS[:-1], (60, 30, 10), (20, 32, 48)))
    assert [point.baseline for point in found.points] == [True] * 12 + [False]
    assert found.signals == []
    assert found.since == date(2026, 3, 30)


def test_weeks_with_under_ten_answers_go_together_with_the_next():
    rows = together(weeks((1, 1, 1), (2, 2, 2), (1, 0, 0), (5, 5, 5), (3, 3, 3)))
    assert [(row.period.start, row.period.end, row.counts) for row in rows] == [
        (date(2026, 1, 5), date(2026, 1, 25), (4, 3, 3)), (date(2026, 1, 26), date(2026, 2, 1), (5, 5, 5)),
    ]  # fmt: skip


def test_without_twelve_weeks_or_any_spread_there_is_no_chart():
    assert chart(weeks(*WEEKS[:11])) is None
    assert chart(weeks(*[(0, 0, 50)] * 14)) is None
    with pytest.raises(ValueError, match="12 weeks, got 11"):
        usual_of([Counts(*week) for week in WEEKS[:11]])


def test_in_control_weeks_signal_by_the_first_rule_as_often_as_three_sigma_say_and_a_drop_of_twenty_in_one_of_three():
    """10,000 weeks of 100 answers each, limits known; seed 15."""
    rng = np.random.default_rng(15)
    usual = Usual(30.0, 100 * (0.7 - 0.09) ** 0.5, 1.0)
    still, fallen = rng.multinomial(100, (0.2, 0.3, 0.5), 10_000), rng.multinomial(100, (0.3, 0.3, 0.4), 10_000)
    z = np.array([(rows[:, 2] - rows[:, 0] - usual.center) / (usual.spread / 10) for rows in (still, fallen)])
    assert z[0, 0] == pytest.approx(z_of(Counts(*map(int, still[0])), usual))
    false, found = (np.abs(z) > 3).mean(axis=1)
    assert false == pytest.approx(0.0027, abs=0.0015)
    assert found == pytest.approx(0.33, abs=0.03)


def test_of_charts_of_half_a_year_in_which_nothing_changes_one_in_four_marks_a_week():
    """600 charts of 12 and 26 weeks of about 100 answers; seed 16."""
    rng = np.random.default_rng(16)
    marked = beyond = 0
    for _ in range(600):
        rows = [tuple(map(int, rng.multinomial(n, (0.2, 0.3, 0.5)))) for n in rng.poisson(100, 38)]
        signals = chart(weeks(*rows)).signals
        marked += bool(signals)
        beyond += any(point.rule is Rule.BEYOND for point in signals)
    assert marked / 600 == pytest.approx(0.25, abs=0.05)
    assert beyond / 600 == pytest.approx(0.065, abs=0.03)
