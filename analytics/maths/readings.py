"""One figure of a table as it is read: its value with n and what chance may have done to it. Pure; docs/explorer.md."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from analytics.maths.intervals import ALPHA, Interval, adjusted_score, adjusted_wald
from analytics.maths.means import Moments, mean_interval
from analytics.maths.nps import Counts, nps
from analytics.maths.proportions import wilson
from analytics.maths.scorecards import FIRM_FROM, SCORE_FROM


@dataclass(frozen=True)
class Reading:
    """`value` with its 95 % interval and standard error, all in the unit of the measure; None under ten answers.
    `more`: figures that belong to it, by their names."""

    n: int
    value: float | None = None
    interval: Interval | None = None
    error: float | None = None
    more: tuple[tuple[str, float], ...] = ()

    @property
    def firm(self) -> bool:
        return self.value is not None and self.n >= FIRM_FROM


def score_reading(counts: Counts) -> Reading:
    """The score in points, adjusted Wald."""
    if counts.n < SCORE_FROM:
        return Reading(counts.n)
    return Reading(counts.n, nps(counts), adjusted_wald(counts).clipped(), adjusted_score(counts)[1], _shares(counts))


def share_reading(hits: int, counts: Counts) -> Reading:
    """A share of all answers in per cent, Wilson; the shares of all three classes beside it."""
    if counts.n < SCORE_FROM:
        return Reading(counts.n)
    return replace(part_reading(hits, counts.n), more=_shares(counts))


def part_reading(hits: int, n: int) -> Reading:
    """A share of `n` in per cent, Wilson; its error as `share_reading` has it."""
    if n < SCORE_FROM:
        return Reading(n)
    low, high = wilson(hits, n)
    return Reading(n, 100 * hits / n, Interval(100 * low, 100 * high), _error(hits, n))


def _error(hits: int, n: int) -> float:
    """In points; with two hits and two misses more, so that it is never 0 (Agresti and Coull 1998)."""
    share = (hits + 2) / (n + 4)
    return 100 * math.sqrt(share * (1 - share) / (n + 4))


def mean_reading(sample: Moments, quartiles: Sequence[float | None]) -> Reading:
    """The mean of a figure that customers' occasions have, Hall's interval; lower quartile, median and upper one."""
    if sample.n < SCORE_FROM:
        return Reading(sample.n)
    named = zip(("lower quartile", "median", "upper quartile"), quartiles, strict=True)
    more = tuple((name, float(value)) for name, value in named if value is not None)
    error = math.sqrt(sample.variance / sample.n)
    return Reading(sample.n, sample.mean, mean_interval(sample), error, more)


def _shares(counts: Counts) -> tuple[tuple[str, float], ...]:
    each = zip(("promoters", "passives", "detractors"), reversed(counts), strict=True)
    return tuple((name, 100 * number / counts.n) for name, number in each)


def differ(first: Reading, second: Reading, *, among: int) -> bool:
    """Do two of `among` readings, picked because they lie farthest apart, differ by more than chance brings? At 5 % for
    all pairs together (Bonferroni), by the normal curve."""
    if first.value is None or second.value is None:
        return False
    error = math.hypot(first.error or 0, second.error or 0)
    apart = abs(first.value - second.value)
    chance = math.erfc(apart / error / math.sqrt(2)) if error else float(not apart)
    return chance <= ALPHA / max(1, among * (among - 1) // 2)
