"""The score interval of a score: every score that the answers do not speak against. Pure; docs/algorithms/nps.md.

For a supposed score s (from -1 to 1) the share q of detractors that fits the answers best solves
2n q^2 + ((2n - p + d) s - (d + p)) q - d s (1 - s) = 0, p and d being the numbers of promoters and detractors (Tango
1998, Statistics in Medicine 17; May and Johnson 1997). The interval holds every s of which the answers lie at most z of
its own standard errors away. It needs no made-up answers and never leaves the scale; the adjusted Wald interval, which
is the one shown, comes close to it and can be checked with a pocket calculator.
"""

from __future__ import annotations

import math

from analytics.maths.intervals import Z95, Interval
from analytics.maths.nps import Counts, nps

HALVINGS = 60  # of an interval of length 2: beyond a float's precision


def score_interval(counts: Counts, z: float = Z95) -> Interval:
    """In points, within -100 to 100. Needs an answer."""
    score = nps(counts) / 100
    return Interval(100 * _end(counts, score, -1.0, z), 100 * _end(counts, score, 1.0, z))


def _end(counts: Counts, inside: float, outside: float, z: float) -> float:
    """Where between the score and an end of the scale the answers begin to speak against it."""
    if abs(_distance(counts, outside)) <= z:
        return outside
    for _ in range(HALVINGS):
        middle = (inside + outside) / 2
        if abs(_distance(counts, middle)) <= z:
            inside = middle
        else:
            outside = middle
    return inside


def _distance(counts: Counts, supposed: float) -> float:
    """How many standard errors, as large as `supposed` makes them, the answers lie away from it."""
    d, _, p = counts
    n, away = counts.n, p - d - counts.n * supposed
    variance = n * (2 * _detractors(counts, supposed) + supposed * (1 - supposed))
    if variance <= 0:
        return 0.0 if math.isclose(away, 0, abs_tol=1e-9) else math.copysign(math.inf, away)
    return away / math.sqrt(variance)


def _detractors(counts: Counts, supposed: float) -> float:
    """The share of detractors that fits best, if that were the score."""
    d, _, p = counts
    n = counts.n
    b = (2 * n - p + d) * supposed - (d + p)
    return (-b + math.sqrt(max(0.0, b * b + 8 * n * d * supposed * (1 - supposed)))) / (4 * n)
