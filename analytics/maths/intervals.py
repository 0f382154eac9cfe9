"""How far a score could be off by chance, and whether two scores differ. Pure; docs/algorithms/nps.md.

Each answer is worth -1 (detractor), 0 or +1 (promoter). With shares p and d of n answers, Var = p + d - (p - d)^2 and
SE = sqrt(Var / n) (Rocks 2016, arXiv 1601.07235). Figures are in points (times 100), except the variance.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import NamedTuple

from analytics.maths.nps import Counts, nps

Z95 = 1.959963985  # both tails of the standard normal together hold 5 %
ADDED = (0.75, 1.5, 0.75)  # detractors, passives, promoters: three answers in all
ALPHA = 0.05


class Interval(NamedTuple):
    """Ends in points; an end of an unclipped interval may lie outside -100 to 100."""

    low: float
    high: float

    @property
    def half_width(self) -> float:
        return (self.high - self.low) / 2

    def clipped(self) -> Interval:
        """The part of it that a score can take."""
        return Interval(max(-100.0, self.low), min(100.0, self.high))


def _mean_and_variance(detractors: float, passives: float, promoters: float) -> tuple[float, float, float]:
    """Mean, variance (of -1/0/+1) and number of answers; the counts may be fractions of answers."""
    n = detractors + passives + promoters
    mean = (promoters - detractors) / n
    return mean, (promoters + detractors) / n - mean * mean, n


def variance(counts: Counts) -> float:
    """Variance of a single answer on the scale -1, 0, +1 (divided by n, as the literature does). Needs an answer."""
    nps(counts)  # the one complaint about counts without answers
    return _mean_and_variance(*counts)[1]


def standard_error(counts: Counts) -> float:
    """Standard error of the score, in points."""
    return 100 * math.sqrt(variance(counts) / counts.n)


def wald(counts: Counts, z: float = Z95) -> Interval:
    """Score plus and minus z standard errors: for comparison only, it fails for few answers or lopsided scores."""
    score, margin = nps(counts), z * standard_error(counts)
    return Interval(score - margin, score + margin)


def adjusted_score(counts: Counts) -> tuple[float, float]:
    """Score and standard error, in points, after adding 3/4 detractor, 1 1/2 passives and 3/4 promoter."""
    mean, var, n = _mean_and_variance(*(count + more for count, more in zip(counts, ADDED, strict=True)))
    return 100 * mean, 100 * math.sqrt(var / n)


def adjusted_wald(counts: Counts, z: float = Z95) -> Interval:
    """The interval that goes with every score: Wald on the adjusted counts. `clipped()` is what people are shown."""
    nps(counts)
    score, error = adjusted_score(counts)
    return Interval(score - z * error, score + z * error)


@dataclass(frozen=True)
class Difference:
    """The first score minus the second, both adjusted, for independent groups (never for overlapping periods)."""

    points: float
    error: float
    z: float
    p: float  # two-sided
    interval: Interval

    @property
    def verdict(self) -> str:
        return "changed" if self.p < ALPHA else "not detectable"


def difference(first: Counts, second: Counts, z: float = Z95) -> Difference:
    """Compare two independent groups; both need an answer."""
    nps(first), nps(second)
    (score_1, error_1), (score_2, error_2) = adjusted_score(first), adjusted_score(second)
    points, error = score_1 - score_2, math.hypot(error_1, error_2)
    ratio = points / error
    p = math.erfc(abs(ratio) / math.sqrt(2))
    return Difference(points, error, ratio, p, Interval(points - z * error, points + z * error))
