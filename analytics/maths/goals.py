"""Goals: how a unit's goal is shared out among the units below it, and where a measure stands to its goal.

Pure; docs/algorithms/goals.md. A unit's score is the mean of its parts' scores, weighted by their shares of its
answers. To raise it by D points each part is asked for D (100 - s_i) / sum of w_j (100 - s_j): by its room to improve,
so that the weighted sum of the parts' goals is the goal.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from analytics.maths.intervals import Interval, variance
from analytics.maths.nps import Counts, nps
from analytics.maths.samples import least_detectable
from analytics.maths.scorecards import SCORE_FROM

_ENOUGH = 1e-9  # points: sums of floats


class Standing(StrEnum):
    """By the interval, never by a bare comparison."""

    COURSE = "course"  # the whole interval reaches the goal
    BEHIND = "behind"  # the whole interval lies below it
    UNKNOWN = "unknown"  # the interval holds the goal, or there are too few answers for one


def standing(interval: Interval | None, target: float) -> Standing:
    """Where a measure stands to its goal; None: too few answers for an interval."""
    if interval is None or interval.low < target <= interval.high:
        return Standing.UNKNOWN
    return Standing.BEHIND if interval.high < target else Standing.COURSE


class CannotShareOut(ValueError):
    """There is nothing to share out, or it cannot be reached; why, in words."""


@dataclass(frozen=True)
class Share:
    """What is asked of one part. `least`: the smallest rise that so many answers show four times of five."""

    n: int
    now: float
    target: int
    least: float

    @property
    def rise(self) -> float:
        return self.target - self.now

    @property
    def can_be_told(self) -> bool:
        return self.rise >= self.least


@dataclass(frozen=True)
class Cascade:
    """`shares`: by part; who has too few answers for a score is asked for none, and counted on to stay as they are.
    `reached`: the score of the whole once every part is at its goal, never below the goal."""

    now: float
    target: float
    reached: float
    shares: Mapping[int, Share]


def share_out(whole: Counts, parts: Mapping[int, Counts], target: float, *, ahead: float = 1.0) -> Cascade:
    """Goals for the parts of `whole`, in whole points. Answers of `whole` that are no part's are counted on to stay.
    `ahead`: how many times as many answers the time of the goal is expected to bring. CannotShareOut says why not."""
    if whole.n < SCORE_FROM:
        raise CannotShareOut(f"{whole.n} answers are too few for a score, so there is nothing to begin from.")
    now = nps(whole)
    aimed = {key: counts for key, counts in parts.items() if counts.n >= SCORE_FROM}
    weights = {key: counts.n / whole.n for key, counts in aimed.items()}
    scores = {key: nps(counts) for key, counts in aimed.items()}
    room = sum(weights[key] * (100 - scores[key]) for key in aimed)
    if target <= now + _ENOUGH:
        raise CannotShareOut("The score is at the goal or above it already: there is nothing to share out.")
    if target - now > room + _ENOUGH:
        raise CannotShareOut("The goal could not be reached if every unit below had 100.")
    exact = {key: score + (target - now) * (100 - score) / room for key, score in scores.items()}
    fixed = now - sum(weights[key] * scores[key] for key in aimed)
    targets, reached = _rounded(exact, weights, fixed, target)
    shares = {
        key: Share(counts.n, scores[key], targets[key], _least(counts, max(1, round(counts.n * ahead))))
        for key, counts in aimed.items()
    }
    return Cascade(now, target, reached, shares)


def _rounded(
    exact: Mapping[int, float], weights: Mapping[int, float], fixed: float, target: float
) -> tuple[dict[int, int], float]:
    """To whole points, and as many of those rounded down up again, the nearest first, as the goal takes."""
    found = {key: math.floor(value + 0.5) for key, value in exact.items()}
    short = sorted((key for key in found if found[key] < exact[key]), key=lambda key: found[key] - exact[key])
    while (reached := fixed + sum(weights[key] * found[key] for key in found)) < target - _ENOUGH and short:
        found[short.pop(0)] += 1
    return found, reached


def _least(counts: Counts, answers: int) -> float:
    spread = variance(counts)
    return least_detectable(spread, counts.n, spread, answers)
