"""A score as it would be had everybody had the same chance to be in it, and what that costs. Pure;
docs/algorithms/weighting.md.

Answers get weights: one over the chance with which the customer was asked (design weights), then such that known shares
come out (post-stratification for one set of shares, raking for several). Weights never make a score more certain: n
answers are worth n_eff = (sum w)^2 / sum w^2 of equal weight (Kish 1965), and the interval is that of so many.
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple, TypeVar

from analytics.maths.intervals import Interval, interval_of, variance
from analytics.maths.nps import Counts, nps, pooled
from analytics.maths.scorecards import SCORE_FROM

K = TypeVar("K", bound=Hashable)
CAP = 5.0  # medians: a larger weight lets a handful of customers speak for all
CLOSE = 1e-6  # how far, relatively, raked shares may be from the known ones
ROUNDS = 1000


class Cell(NamedTuple):
    """Answers that share one weight."""

    counts: Counts
    weight: float


class Stratum(NamedTuple):
    """Answers of a part whose share of the whole (any unit, such as customers) is known."""

    counts: Counts
    share: float


@dataclass(frozen=True)
class Weighted:
    """`raw`: the score without weights, of the same answers; `error`: in points, as of `n_eff` answers; `deff`: by how
    much weights multiply the variance; `largest`: the greatest weight, the mean being 1."""

    n: int
    raw: float
    score: float
    error: float
    n_eff: float
    largest: float
    interval: Interval

    @property
    def deff(self) -> float:
        return self.n / self.n_eff


def weigh(cells: Iterable[Cell]) -> Weighted:
    """ValueError without answers, or for a weight that is not above 0."""
    known = [cell for cell in cells if cell.counts.n]
    if any(not cell.weight > 0 for cell in known):
        raise ValueError("a weight is above 0")
    whole = pooled(cell.counts for cell in known)
    raw = nps(whole)
    mass = sum(cell.weight * cell.counts.n for cell in known)
    n_eff = mass**2 / sum(cell.weight**2 * cell.counts.n for cell in known)
    d, s, p = (sum(c.weight * c.counts[place] for c in known) / mass for place in range(3))
    largest = max(cell.weight for cell in known) * whole.n / mass
    error = 100 * math.sqrt((p + d - (p - d) ** 2) / n_eff)
    interval = interval_of(d * n_eff, s * n_eff, p * n_eff).clipped()
    return Weighted(whole.n, raw, 100 * (p - d), error, n_eff, largest, interval)


def cap(cells: Iterable[Cell]) -> float:
    """Where weights are cut: at five times that of the answer in the middle. ValueError without answers."""
    ordered = sorted(cells, key=lambda cell: cell.weight)
    half, seen = sum(cell.counts.n for cell in ordered) / 2, 0
    for cell in ordered:
        seen += cell.counts.n
        if seen and seen >= half:
            return CAP * cell.weight
    raise ValueError("no answers, no weights")


def collapsed(strata: Mapping[K, Stratum]) -> dict[tuple[K, ...], Stratum]:
    """Strata with under ten answers go together; if those are still under ten, with the next smallest. Nobody's share
    is lost, and nobody's weight stands on a handful."""
    smallest = sorted(strata.items(), key=lambda item: item[1].counts.n)
    found: dict[tuple[K, ...], Stratum] = {(key,): each for key, each in smallest}
    while len(found) > 1:
        first, second = list(found)[:2]
        if found[first].counts.n >= SCORE_FROM:
            break
        one, other = found.pop(first), found.pop(second)
        found[first + second] = Stratum(pooled([one.counts, other.counts]), one.share + other.share)
        found = dict(sorted(found.items(), key=lambda item: item[1].counts.n))
    return found


def post_stratified(strata: Mapping[K, Stratum]) -> dict[K, Cell]:
    """With the weights that give each stratum its share; the mean weight is 1. ValueError for a stratum of some share
    with under ten answers (`collapsed` first), or for shares that are no shares."""
    shares, n = sum(each.share for each in strata.values()), sum(each.counts.n for each in strata.values())
    if shares <= 0 or any(each.share < 0 for each in strata.values()):
        raise ValueError("shares are not below 0, and some are above")
    if few := [key for key, each in strata.items() if each.share and each.counts.n < SCORE_FROM]:
        raise ValueError(f"under {SCORE_FROM} answers in {few[0]}: put it together with another stratum")
    return {
        key: Cell(each.counts, each.share / shares * n / each.counts.n) for key, each in strata.items() if each.share
    }


def stratified_error(strata: Mapping[K, Stratum]) -> float:
    """Standard error, in points, of the score weighted to the strata's shares: that of each for itself, put together. A
    little below what `n_eff` says, since the strata differ in their scores."""
    shares = sum(each.share for each in strata.values())
    return 100 * math.sqrt(
        sum((each.share / shares) ** 2 * variance(each.counts) / each.counts.n for each in strata.values())
    )


def raked(cells: Mapping[tuple[K, ...], float], margins: Sequence[Mapping[K, float]]) -> dict[tuple[K, ...], float]:
    """What the weight of every cell has to be multiplied by so that all margins come out (iterative proportional
    fitting: Deming and Stephan 1940, Annals of Mathematical Statistics 11). `cells`: the weight of each cell, all its
    answers together, by its place on each margin; `margins`: the known shares, in any unit. ValueError where a margin
    has a category without any weight, or lacks one, or if they cannot all come out."""
    fitted = {key: mass for key, mass in cells.items() if mass > 0}
    wanted = [{name: share / sum(margin.values()) for name, share in margin.items()} for margin in margins]
    for place, margin in enumerate(wanted):
        if set(margin) != {key[place] for key in fitted}:
            raise ValueError("the categories of a margin are not those of the answers")
    for _ in range(ROUNDS):
        off = 0.0
        for place, margin in enumerate(wanted):
            factors = _factors(fitted, place, margin)
            off = max(off, *(abs(factor - 1) for factor in factors.values()))
            fitted = {key: mass * factors[key[place]] for key, mass in fitted.items()}
        if off < CLOSE:
            return {key: mass / cells[key] for key, mass in fitted.items()}
    raise ValueError("the margins cannot all come out")


def _factors(cells: Mapping[tuple[K, ...], float], place: int, margin: Mapping[K, float]) -> dict[K, float]:
    """What brings every category of one margin to its share."""
    whole, found = sum(cells.values()), dict.fromkeys(margin, 0.0)
    for key, mass in cells.items():
        found[key[place]] += mass
    return {name: margin[name] * whole / mass for name, mass in found.items()}
