"""Where nothing changed, "changed" errs no more often than it says: looked at once, every day, or one of many parts."""

import math
from dataclasses import replace
from datetime import date

import numpy as np
import pytest

from analytics.maths.intervals import ADDED, Z95, Z_RUNNING, difference, standard_error
from analytics.maths.nps import Counts
from analytics.maths.scorecards import Period, ScoreCard, held_together, surprises
from analytics.wording import change_in_full, verdict

OCTOBER = Period(date(2026, 10, 1), date(2026, 10, 31))
MIXES = [(0.2, 0.3, 0.5), (0.02, 0.08, 0.9), (0.4, 0.3, 0.3)]


def card(counts, previous=None, **fields):
    return ScoreCard("1", "Harbour", OCTOBER, Counts(*counts), previous=previous and Counts(*previous), **fields)


# --- closed periods --------------------------------------------------------------------------------------------------


def every_z(n, other):
    """z of every pair of samples, with the numbers of detractors and promoters, as arrays."""

    def moments(size):
        d, p = np.array([(d, p) for d in range(size + 1) for p in range(size + 1 - d)]).T
        whole = size + sum(ADDED)
        mean = (p - d) / whole
        return d, p, mean, ((d + p + ADDED[0] + ADDED[2]) / whole - mean**2) / whole

    one, two = moments(n), moments(other)
    return one, two, (one[2][:, None] - two[2]) / np.sqrt(one[3][:, None] + two[3])


def chances(d, p, n, shares):
    factorials = np.array([math.lgamma(number + 1) for number in range(n + 1)])
    logs = factorials[n] - factorials[d] - factorials[p] - factorials[n - d - p]
    return np.exp(logs + d * math.log(shares[0]) + (n - d - p) * math.log(shares[1]) + p * math.log(shares[2]))


@pytest.mark.parametrize("shares", MIXES)
@pytest.mark.parametrize(("n", "other"), [(30, 30), (30, 50)])
def test_of_closed_periods_alike_one_in_twenty_is_called_changed_at_most(n, other, shares):
    """By exact enumeration of every pair of samples."""
    (d, p, *_), (d_2, p_2, *_), z = every_z(n, other)
    found = difference(Counts(int(d[40]), n - int(d[40] + p[40]), int(p[40])), Counts(0, 0, other))
    assert abs(z[40, (d_2 == 0) & (p_2 == other)][0]) == pytest.approx(abs(found.z))  # the arrays are our formula
    wrong = chances(d, p, n, shares) @ (np.abs(z) > Z95) @ chances(d_2, p_2, other, shares)
    assert wrong <= 0.051


# --- looked at every day ---------------------------------------------------------------------------------------------


def looked_at_daily(*, days, a_day, shares, runs, rng, growing):
    """The largest |z| of a period of `days` against the one before on each of `days` days, in each of `runs`: a window
    that moves on, or a period that grows from its first day on (and the one before it with it)."""
    answers = rng.poisson(a_day, (runs, 3 * days))
    d = rng.binomial(answers, shares[0])
    p = rng.binomial(answers - d, shares[2] / (1 - shares[0]))
    sums = [np.concatenate([np.zeros((runs, 1), int), np.cumsum(rows, axis=1)], axis=1) for rows in (answers, d, p)]
    largest = np.zeros(runs)
    for step in range(1, days + 1):
        middle, size = (days, step) if growing else (days + step, days)
        parts = [
            [rows[:, end] - rows[:, start] for rows in sums]
            for start, end in ((middle, middle + size), (middle - size, middle))
        ]
        (mean, error, n), (mean_2, error_2, n_2) = (adjusted(*part) for part in parts)
        z = np.abs(mean - mean_2) / np.sqrt(error + error_2)
        largest = np.maximum(largest, np.where(np.minimum(n, n_2) >= 10, z, 0))
    return largest


def adjusted(n, d, p):
    whole = n + sum(ADDED)
    mean = (p - d) / whole
    return mean, ((d + p + ADDED[0] + ADDED[2]) / whole - mean**2) / whole, n


@pytest.mark.parametrize("growing", [False, True])
@pytest.mark.parametrize(("days", "a_day"), [(90, 5), (90, 50), (30, 5)])
@pytest.mark.parametrize("shares", MIXES[:2])
def test_whoever_looks_every_day_is_told_of_a_change_that_is_none_once_in_twenty_periods_at_most(
    days, a_day, shares, growing
):
    """Each look by itself at 5 % would do so in up to one of three. 2,000 companies, seed 3."""
    rng = np.random.default_rng(3)
    largest = looked_at_daily(days=days, a_day=a_day, shares=shares, runs=2000, rng=rng, growing=growing)
    assert (largest > Z_RUNNING).mean() <= 0.05
    assert (largest > Z95).mean() > 0.08  # the mistake


def test_a_period_that_moves_on_takes_three_standard_errors():
    now, before = (28, 32, 40), (18, 28, 54)
    closed, running = card(now, before), card(now, before, running=True)
    assert (round(closed.change.z, 2), closed.verdict, running.verdict) == (-2.11, "changed", "not detectable")
    assert running.change.interval.half_width / closed.change.interval.half_width == pytest.approx(3 / Z95)
    assert "however often one looks while the days move on" in change_in_full(running)
    assert "however often" not in change_in_full(closed)


@pytest.mark.parametrize(
    ("today", "running"),
    [(date(2026, 10, 31), True), (date(2026, 11, 1), True), (date(2026, 11, 2), False), (date(2026, 10, 1), True)],
)
def test_a_period_is_running_until_the_day_after_its_last(today, running):
    assert OCTOBER.running(today) is running


def test_what_windows_share_is_why_they_are_not_compared():
    """Three months of 100 answers each, one month apart: the months in common cancel, and the formula does not know."""
    window, month = standard_error(Counts(60, 90, 150)), standard_error(Counts(20, 30, 50))
    assert math.hypot(window, window) == pytest.approx(6.377, abs=5e-4)
    assert math.hypot(month, month) / 3 == pytest.approx(3.682, abs=5e-4)  # the month that came less the one that went


def test_the_period_before_never_overlaps():
    assert not OCTOBER.overlaps(OCTOBER.previous)
    assert OCTOBER.overlaps(Period(date(2026, 10, 31), date(2026, 11, 30)))


# --- one of many -----------------------------------------------------------------------------------------------------


def test_one_of_many_that_chance_alone_moves_is_no_surprise():
    moved, still = card((28, 32, 40), (18, 28, 54)), card((20, 30, 50), (21, 29, 50))
    assert moved.verdict == "changed"
    found = held_together([moved, still, still, still])
    assert [each.verdict for each in found] == ["not detectable"] * 4
    assert verdict(found[0]) == {"kind": "same", "text": "No surprise among so many, was +36"}
    assert verdict(found[1]) == {"kind": "same", "text": "Not detectable, was +29"}
    assert held_together([moved])[0].verdict == "changed"


def test_a_great_change_stands_among_many():
    moved, still = card((60, 20, 20), (20, 30, 50)), card((20, 30, 50), (21, 29, 50))
    assert [each.verdict for each in held_together([still, moved, still])] == [
        "not detectable",
        "changed",
        "not detectable",
    ]
    assert surprises({"few": card((1, 1, 1), (1, 1, 1)), "a": still}) == set()


def test_of_forty_parts_alike_hardly_ever_one_is_called_changed():
    """500 pages of 40 parts of about 100 answers; seed 8."""
    rng = np.random.default_rng(8)
    pages = 0
    for _ in range(500):
        drawn = rng.multinomial(100, (0.2, 0.3, 0.5), (40, 2))
        cards = [card(map(int, now), [int(each) for each in before]) for now, before in drawn]
        pages += bool(surprises(dict(enumerate(cards))))
    assert pages / 500 <= 0.07


def test_a_target_is_held_against_the_adjusted_score_and_takes_more_while_the_days_move_on():
    closed = card((20, 30, 50), target=46)
    assert (round(closed.against_target.z, 3), closed.against_target.verdict) == (-2.194, "below")
    assert replace(closed, running=True).against_target.verdict == "cannot tell"
    assert card((20, 30, 50)).against_target is None
    assert card((2, 3, 4), target=40).against_target is None
