"""Promoters, passives and detractors side by side in one measure, with what it takes to read it. Pure;
docs/algorithms/worth.md.

Everything here is what goes together, never what causes what: promoters differ from detractors in other ways too.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

from analytics.maths.intervals import Z95, Interval
from analytics.maths.means import Moments, mean_difference, mean_interval
from analytics.maths.proportions import share_difference, wilson
from analytics.maths.scorecards import COUNTS_FROM, SCORE_FROM, Shown, shown

CATEGORIES = ("promoter", "passive", "detractor")
NONE = Moments()


@dataclass(frozen=True)
class Group:
    """The customers of one category in one measure. `share`: the figures are 0 or 1, and the mean is a share."""

    category: str
    moments: Moments = NONE
    share: bool = False

    @property
    def n(self) -> int:
        return self.moments.n

    @property
    def shown(self) -> Shown:
        return shown(self.n)

    @property
    def hits(self) -> int:
        """Of a share: how many."""
        return int(self.moments.s1)

    @property
    def mean(self) -> float | None:
        """None under ten customers: the mean of fewer is as good as naming them."""
        return self.moments.mean if self.n >= SCORE_FROM else None

    @property
    def interval(self) -> Interval | None:
        """95 %: Hall's for means, Wilson's for shares. None under ten customers."""
        if self.n < SCORE_FROM:
            return None
        return wilson(self.hits, self.n) if self.share else mean_interval(self.moments)

    @property
    def low(self) -> float | None:
        return self.interval.low if self.interval else None

    @property
    def high(self) -> float | None:
        return self.interval.high if self.interval else None


@dataclass(frozen=True)
class Gap:
    """Promoters minus detractors. `left_out`: strata with too few on either side to compare within."""

    points: float
    interval: Interval
    left_out: tuple[str, ...] = ()

    @property
    def verdict(self) -> str:
        """ "higher", "lower" or "not detectable"."""
        if self.interval.low > 0:
            return "higher"
        return "lower" if self.interval.high < 0 else "not detectable"


@dataclass(frozen=True)
class Reading:
    """One measure of the three categories, whole and by stratum (segment)."""

    measure: str
    share: bool = False
    currency: str = ""
    strata: Mapping[str, Mapping[str, Moments]] = field(default_factory=dict)  # stratum -> category -> moments

    def group(self, category: str) -> Group:
        parts = [by_category.get(category, NONE) for by_category in self.strata.values()]
        return Group(category, sum(parts, Moments()), self.share)

    @property
    def groups(self) -> list[Group]:
        return [self.group(category) for category in CATEGORIES]

    @property
    def n(self) -> int:
        return sum(group.n for group in self.groups)

    @property
    def gap(self) -> Gap | None:
        """Promoters minus detractors; None if either are fewer than ten."""
        first, last = self.group("promoter"), self.group("detractor")
        if min(first.n, last.n) < SCORE_FROM:
            return None
        return Gap(*self._difference(first.moments, last.moments))

    @property
    def within(self) -> Gap | None:
        """The same, compared within each stratum only and weighted by the strata's sizes: what is left of the gap when
        the strata are alike. None if fewer than two strata can be compared."""
        fit = {name: pair for name, pair in self._pairs().items() if min(part.n for part in pair) >= COUNTS_FROM}
        whole = sum(pair[0].n + pair[1].n for pair in fit.values())
        if len(fit) < 2:
            return None
        points, variance = 0.0, 0.0
        for first, last in fit.values():
            weight = (first.n + last.n) / whole
            points += weight * (first.mean - last.mean)
            variance += weight**2 * (first.variance / first.n + last.variance / last.n)
        margin = Z95 * math.sqrt(variance)
        left_out = tuple(sorted(self._pairs().keys() - fit.keys()))
        return Gap(points, Interval(points - margin, points + margin), left_out)

    def _pairs(self) -> dict[str, tuple[Moments, Moments]]:
        found = {name: (by.get("promoter", NONE), by.get("detractor", NONE)) for name, by in self.strata.items()}
        return {name: pair for name, pair in found.items() if pair[0].n + pair[1].n}

    def _difference(self, first: Moments, last: Moments) -> tuple[float, Interval]:
        if self.share:
            return share_difference(int(first.s1), first.n, int(last.s1), last.n)
        return mean_difference(first, last)
