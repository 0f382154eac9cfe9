"""Whether two scores differ, exactly: how often, if the answers of both were dealt out anew, the scores would lie at
least as far apart. Pure; docs/algorithms/subscriptions.md.

It needs no normal curve, so it holds for few answers and lopsided scores, and far out in the tail, where the interval's
formula does not: one who looks every week needs p of a thousandth.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from functools import lru_cache

from analytics.maths.nps import Counts, nps, pooled

EXACT_UP_TO = 400  # answers in the smaller group; beyond it the normal curve says the same to both tails together
REACH = 9  # standard deviations; what lies farther out is less than a computer's rounding
SLACK = 2


def dealt_apart(first: Counts, second: Counts) -> float:
    """Two-sided p of the permutation test of two scores; 1 for equal ones. Both need an answer. It supposes that the
    answers are independent, and that without a change each could as well have been one of the other group."""
    nps(first), nps(second)
    small, both = min(first, second, key=lambda counts: counts.n), pooled([first, second])
    if small.n > EXACT_UP_TO:
        return _by_the_curve(small, both)
    return min(1.0, math.fsum(_as_far(small, both)))


def _by_the_curve(small: Counts, both: Counts) -> float:
    total, n = both.n, small.n
    mean = (both.promoters - both.detractors) / total
    variance = (both.promoters + both.detractors) / total - mean * mean
    spread = math.sqrt(n * variance * (total - n) / (total - 1))
    moved = abs(small.promoters - small.detractors - n * mean)
    return math.erfc(moved / spread / math.sqrt(2)) if spread else 1.0


def _as_far(small: Counts, both: Counts) -> Iterator[float]:
    """The chance of each deal of `small.n` answers out of all that lies at least as far from the middle as this one:
    compared in whole numbers, so that ties count."""
    total, n, sum_of_all = both.n, small.n, both.promoters - both.detractors
    far = abs(total * (small.promoters - small.detractors) - n * sum_of_all)
    ways = _log_ways(total, n)
    for d in _likely(both.detractors, total, n):
        for p in _likely(both.promoters, total, n):
            rest = n - d - p
            if 0 <= rest <= both.passives and abs(total * (p - d) - n * sum_of_all) >= far:
                log = _log_ways(both.detractors, d) + _log_ways(both.promoters, p) + _log_ways(both.passives, rest)
                yield math.exp(log - ways)


def _likely(marked: int, total: int, n: int) -> range:
    """How many of `marked` may be among `n` of `total`, as far as it matters."""
    mean = n * marked / total
    reach = REACH * math.sqrt(mean * (1 - marked / total)) + SLACK * REACH
    return range(max(0, n + marked - total, math.ceil(mean - reach)), min(marked, n, math.floor(mean + reach)) + 1)


def _log_ways(of: int, chosen: int) -> float:
    return _log_factorial(of) - _log_factorial(chosen) - _log_factorial(of - chosen)


@lru_cache(maxsize=100_000)
def _log_factorial(n: int) -> float:
    return math.lgamma(n + 1)
