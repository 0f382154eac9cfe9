"""How far a score could be off by chance, and whether two scores differ. Pure; docs/algorithms/nps.md.

Each answer is worth -1 (detractor), 0 or +1 (promoter). With shares p and d of n answers, Var = p + d - (p - d)^2 and
SE = sqrt(Var / n) (Rocks 2016, arXiv 1601.07235). Figures are in points (times 100), except the variance.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import NamedTuple

from analytics.maths.dealing import dealt_apart
from analytics.maths.nps import Counts, nps

Z95 = 1.959963985  # both tails of the standard normal together hold 5 %
Z_RUNNING = 3.0  # for figures looked at every day: 5 % over all the days of a period (docs/algorithms/nps.md)
EXACT_BELOW = 30  # answers in the smaller group, below which the normal curve is not trusted with a verdict
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
    return _adjusted(*counts)


def _adjusted(detractors: float, passives: float, promoters: float) -> tuple[float, float]:
    d, s, p = ADDED
    mean, var, n = _mean_and_variance(detractors + d, passives + s, promoters + p)
    return 100 * mean, 100 * math.sqrt(var / n)


def adjusted_wald(counts: Counts, z: float = Z95) -> Interval:
    """The interval that goes with every score: Wald on the adjusted counts. `clipped()` is what people are shown."""
    nps(counts)
    return interval_of(*counts, z=z)


def interval_of(detractors: float, passives: float, promoters: float, z: float = Z95) -> Interval:
    """The same of counts that need not be whole: of weighted answers, what they are worth."""
    score, error = _adjusted(detractors, passives, promoters)
    return Interval(score - z * error, score + z * error)


@dataclass(frozen=True)
class Difference:
    """The first score minus the second, both adjusted, for independent groups (never for overlapping periods).

    `p` is two-sided: of the exact test where either group has few answers (`exact`), else of z. `alpha` is what it has
    to stay below; `interval` is as wide as that asks for. `held`: it stands among all that were tested together.
    """

    points: float
    error: float
    z: float
    p: float
    interval: Interval
    exact: bool = False
    alpha: float = ALPHA
    held: bool = True

    @property
    def alone(self) -> bool:
        """Whether by itself it would pass for a change."""
        return self.p < self.alpha

    @property
    def verdict(self) -> str:
        return "changed" if self.alone and self.held else "not detectable"

    @property
    def at_odds(self) -> bool:
        """The exact test and the interval, which is an approximation, do not say the same."""
        return self.alone == (self.interval.low <= 0 <= self.interval.high)


def difference(first: Counts, second: Counts, z: float = Z95) -> Difference:
    """Compare two independent groups; both need an answer. `z`: how many standard errors make a change."""
    nps(first), nps(second)
    (score_1, error_1), (score_2, error_2) = adjusted_score(first), adjusted_score(second)
    points, error = score_1 - score_2, math.hypot(error_1, error_2)
    exact = min(first.n, second.n) < EXACT_BELOW
    p = dealt_apart(first, second) if exact else two_sided(points / error)
    margin = Interval(points - z * error, points + z * error)
    return Difference(points, error, points / error, p, margin, exact, level(z))


def two_sided(z: float) -> float:
    """How often chance alone goes at least `z` standard errors either way."""
    return math.erfc(abs(z) / math.sqrt(2))


def level(z: float) -> float:
    """The level of a two-sided test that asks for `z` standard errors."""
    return ALPHA if z == Z95 else two_sided(z)
