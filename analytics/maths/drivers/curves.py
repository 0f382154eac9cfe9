"""How the score goes along a numeric driver, such as the days to settle a claim, without taking it for a line. Pure.

Bins hold about equally many answers (quantiles), so that each mean is about as sure as the next. A bin's interval is
that of its mean (Hall's, as money has it); of scores from 0 to 10 the Net Promoter Score stands beside it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from statistics import NormalDist

import numpy as np

from analytics.maths.drivers.design import Floats, Ints, Narrow
from analytics.maths.intervals import Interval, adjusted_wald
from analytics.maths.means import Moments, mean_interval
from analytics.maths.nps import Counts, nps

BINS = 10
FEWEST = 30  # answers in a bin


@dataclass(frozen=True)
class Bin:
    """Answers with low <= driver <= high, the lowest and the highest that there are in it; `option`: of a choice."""

    low: float
    high: float
    n: int
    mean: float
    interval: Interval
    nps: float | None = None
    nps_interval: Interval | None = None
    option: str = ""


@dataclass(frozen=True)
class Curve:
    """`bend`: two-sided p of the bins' means lying on a straight line; None for fewer than three bins."""

    bins: Sequence[Bin]
    bend: float | None

    @property
    def straight(self) -> bool:
        return self.bend is None or self.bend >= 0.05

    @property
    def ordered(self) -> bool:
        """Whether the bins come one after the other; options do not."""
        return not self.bins[0].option


def curve(driver: Narrow, score: Narrow, *, promoters: bool) -> Curve | None:
    """`promoters`: the scale is 0 to 10. None if there are fewer than two bins of 30 answers."""
    known = ~np.isnan(driver)
    figures, scores = driver[known].astype(np.float64), score[known].astype(np.int64)
    number = _bins(figures)
    if number is None:
        return None
    count = int(number.max()) + 1
    bins = [_bin(figures[number == which], scores[number == which], promoters=promoters) for which in range(count)]
    return Curve(bins, _bend(figures, scores, number))


def by_option(driver: Narrow, score: Narrow, options: Sequence[str], *, promoters: bool) -> Curve | None:
    """The same of a choice, an option each: `driver` has their numbers. None if there are fewer than two."""
    bins = []
    for number, option in enumerate(options):
        of = driver == number
        if of.sum() >= 2:
            figures = driver[of].astype(np.float64), score[of].astype(np.int64)
            bins.append(replace(_bin(*figures, promoters=promoters), option=option))
    return Curve(bins, None) if len(bins) > 1 else None


def _bins(driver: Floats) -> Ints | None:
    """The bin of each answer, from 0; equal figures are never parted."""
    most = min(BINS, len(driver) // FEWEST)
    if most < 2:
        return None
    values, counts = np.unique(driver, return_counts=True)
    bin_of, number, filled, left = np.empty(len(values), np.int64), 0, 0, len(driver)
    wanted = len(driver) / most
    for which, count in enumerate(counts):
        bin_of[which] = number
        filled, left = filled + int(count), left - int(count)
        if filled >= max(FEWEST, wanted * 0.999) and left >= FEWEST:
            number, filled = number + 1, 0
    if number == 0:
        return None
    return np.asarray(bin_of[np.searchsorted(values, driver)])


def _bin(driver: Floats, score: Ints, *, promoters: bool) -> Bin:
    sums = Moments(len(score), *(int((score**power).sum()) for power in (1, 2, 3)))
    ends = float(driver.min()), float(driver.max())
    if not promoters:
        return Bin(*ends, len(score), sums.mean, mean_interval(sums))
    counts = Counts(int((score <= 6).sum()), int(((score > 6) & (score < 9)).sum()), int((score >= 9).sum()))
    return Bin(*ends, len(score), sums.mean, mean_interval(sums), nps(counts), adjusted_wald(counts).clipped())


def _bend(driver: Floats, score: Ints, number: Ints) -> float | None:
    """Lack of fit: what the bins explain beyond a line through them, against what they leave (F test)."""
    count = int(number.max()) + 1
    if count < 3:
        return None
    n = np.bincount(number, minlength=count)
    means = np.bincount(number, score, count) / n
    places = np.bincount(number, driver, count) / n
    within = float(((score - means[number]) ** 2).sum())
    middle, slope = np.average(means, weights=n), np.cov(places, means, aweights=n)
    line = middle + slope[0, 1] / slope[0, 0] * (places - np.average(places, weights=n))
    lack = float((n * (means - line) ** 2).sum())
    if within <= 0:
        return None
    return upper_tail(lack / (count - 2) / (within / (len(score) - count)), count - 2, len(score) - count)


def upper_tail(f: float, first: int, second: int) -> float:
    """P(F > f) of Fisher's distribution by Paulson's approximation (1942), close for 30 and more of the second degrees
    of freedom; scipy is too large for one figure."""
    root, a, b = math.cbrt(f), 2 / (9 * first), 2 / (9 * second)
    return 1 - NormalDist().cdf(((1 - b) * root - (1 - a)) / math.sqrt(b * root**2 + a))
