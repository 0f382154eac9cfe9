"""Did calling help? Differences between customers who were called and others, and what one kept customer cost. Pure;
docs/algorithms/recovery.md.

Shares differ by Newcombe's interval (`proportions`), which holds for few and for lopsided counts; those who did not
answer are bounded by the two worst cases (Manski 1990, American Economic Review 80). What one kept customer cost is a
ratio of two differences, with Fieller's interval (1954, Journal of the Royal Statistical Society B 16; for cost and
effect: Willan and O'Brien 1996, Health Economics 5), which has no end where the effect is not told from zero.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from statistics import NormalDist

from analytics.maths.intervals import Z95, Interval
from analytics.maths.means import Moments
from analytics.maths.proportions import share_difference

STEPS = 2_000  # of the integral below; the figure is right to six places
FAR = 0.1  # a standardized difference from which two groups are called unlike (Austin 2009, Statistics in Medicine 28)
NORMAL = NormalDist()


@dataclass(frozen=True)
class Arm:
    """One group: how many there are, of how many it is known how it went, and for how many of those it went well."""

    n: int
    known: int
    well: int

    def __post_init__(self) -> None:
        if not 0 <= self.well <= self.known <= self.n:
            raise ValueError("no more went well than are known, and no more are known than there are")

    @property
    def unknown(self) -> int:
        return self.n - self.known

    @property
    def share(self) -> float | None:
        """Of all of them, whoever is not known about counted as not gone well (intention to treat)."""
        return self.well / self.n if self.n else None

    @property
    def share_of_known(self) -> float | None:
        return self.well / self.known if self.known else None


@dataclass(frozen=True)
class Effect:
    """Share of the first group minus that of the second, 0 to 1. `bounds`: whatever became of those who are not known
    about, the difference lies in it at 95 %."""

    points: float
    interval: Interval
    bounds: Interval

    @property
    def told_from_zero(self) -> bool:
        return not self.interval.low <= 0 <= self.interval.high

    @property
    def verdict(self) -> str:
        if not self.told_from_zero:
            return "not detectable"
        return "helped" if self.points > 0 else "harmed"


def effect(called: Arm, others: Arm) -> Effect | None:
    """Called minus others; None if either group is empty."""
    if not called.n or not others.n:
        return None
    points, interval = share_difference(called.well, called.n, others.well, others.n)
    low = share_difference(called.well, called.n, others.well + others.unknown, others.n)[1].low
    high = share_difference(called.well + called.unknown, called.n, others.well, others.n)[1].high
    return Effect(points, interval, Interval(low, high))


@dataclass(frozen=True)
class Paired:
    """Of one group: how many, the exact sums of their costs and squared costs, how many stayed, and what those cost."""

    n: int = 0
    cost: Decimal = Decimal(0)
    cost_squared: Decimal = Decimal(0)
    kept: int = 0
    cost_of_kept: Decimal = Decimal(0)

    @property
    def mean_cost(self) -> float:
        return float(self.cost / self.n)

    @property
    def mean_kept(self) -> float:
        return self.kept / self.n

    @property
    def variances(self) -> tuple[float, float, float]:
        """Of mean cost and mean kept, and their covariance (divided by n - 1, then by n)."""
        over = self.n * (self.n - 1)
        cost = float(self.cost_squared - self.cost * self.cost / self.n) / over
        kept = (self.kept - self.kept * self.kept / self.n) / over
        both = float(self.cost_of_kept - self.cost * self.kept / self.n) / over
        return max(0.0, cost), kept, both


def paired(rows: Iterable[tuple[Decimal, bool]]) -> Paired:
    """The sums of (cost, stayed)."""
    found = list(rows)
    return Paired(
        n=len(found),
        cost=sum((cost for cost, _ in found), Decimal(0)),
        cost_squared=sum((cost * cost for cost, _ in found), Decimal(0)),
        kept=sum(stayed for _, stayed in found),
        cost_of_kept=sum((cost for cost, stayed in found if stayed), Decimal(0)),
    )


@dataclass(frozen=True)
class CostPerKept:
    """What one more kept customer cost. `points` None: nobody was kept by the calls, so that there is no price.
    `interval` None: the effect is not told from zero, and the cost may be any, without end."""

    points: float | None
    interval: Interval | None


def cost_per_kept(called: Paired, others: Paired, z: float = Z95) -> CostPerKept | None:
    """Difference of mean costs over difference of shares kept, with Fieller's 95 % interval; None under two customers
    in either group."""
    if min(called.n, others.n) < 2:
        return None
    cost, kept = called.mean_cost - others.mean_cost, called.mean_kept - others.mean_kept
    points = cost / kept if kept > 0 else None
    told = share_difference(called.kept, called.n, others.kept, others.n)[1].low > 0
    of_cost, of_kept, of_both = (a + b for a, b in zip(called.variances, others.variances, strict=True))
    interval = fieller(cost, kept, of_above=of_cost, of_below=of_kept, of_both=of_both, z=z) if told else None
    return CostPerKept(points, interval)


def fieller(
    above: float, below: float, *, of_above: float, of_below: float, of_both: float, z: float = Z95
) -> Interval | None:
    """The interval of above / below from their variances and covariance; None where it has no end, since `below` is
    not told from zero."""
    a = below * below - z * z * of_below
    if a <= 0:
        return None
    b = above * below - z * z * of_both
    c = above * above - z * z * of_above
    root = math.sqrt(max(0.0, b * b - a * c))
    return Interval((b - root) / a, (b + root) / a)


def expected_return(detractors: float, reliability: float) -> float:
    """Share of detractors who are none at the next asking though nothing was done and nothing changed: regression to
    the mean. `detractors`: their share of all answers, 0 to 1; `reliability`: the correlation of two askings.

    P(Z2 > c | Z1 < c) of two normal figures that correlate so, c being where the share of detractors ends: .208 and
    .66 give 46 %, .247 and .47 give 54 %.
    """
    if not 0 < detractors < 1 or not 0 <= reliability < 1:
        raise ValueError("needs a share between 0 and 1 and a reliability below 1")
    c, spread = NORMAL.inv_cdf(detractors), math.sqrt(1 - reliability**2)
    step = (c + 9) / STEPS  # from nine standard deviations below
    total = 0.0
    for number in range(STEPS + 1):  # Simpson's rule
        x = -9 + number * step
        weight = 1 if number in {0, STEPS} else 4 if number % 2 else 2
        total += weight * NORMAL.pdf(x) * NORMAL.cdf((reliability * x - c) / spread)
    return total * step / 3 / detractors


def imbalance(first: Moments, second: Moments) -> float | None:
    """How unlike two groups were in something known before the call: difference of means over the mean spread. Not by
    a test: a small group would pass it. None where there is nothing to compare; infinite where neither group varies
    and they differ."""
    if min(first.n, second.n) < 2:
        return None
    spread = math.sqrt((first.variance + second.variance) / 2)
    apart = first.mean - second.mean
    if spread == 0:
        return 0.0 if apart == 0 else math.copysign(math.inf, apart)
    return apart / spread
