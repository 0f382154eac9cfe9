"""Who is credibly below or above their peers, and not merely lucky. Pure; docs/algorithms/peers.md.

The scores of peers are taken as drawn around a common mean, with a spread of their own (DerSimonian and Laird 1986,
Controlled Clinical Trials 7). Each is then drawn towards that mean, the more the fewer its answers (empirical Bayes):
of forty branches that are all alike one or two always look poor, and after this none does.
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from typing import Literal, TypeVar

from analytics.maths.intervals import Z95, Interval, adjusted_score
from analytics.maths.nps import Counts

K = TypeVar("K", bound=Hashable)
FEWEST = 3  # peers, below which they have no spread to speak of


@dataclass(frozen=True)
class Standing:
    """A score drawn towards its peers, in points, with its 95 % interval, and the peers' mean."""

    score: float
    interval: Interval
    mean: float

    @property
    def verdict(self) -> Literal["below", "above", "among"]:
        if self.interval.high < self.mean:
            return "below"
        return "above" if self.interval.low > self.mean else "among"


def standings(counts: Mapping[K, Counts]) -> dict[K, Standing]:
    """Of peers with answers; empty for fewer than three."""
    if len(counts) < FEWEST:
        return {}
    scores = {key: adjusted_score(each) for key, each in counts.items()}
    spread = _spread(list(scores.values()))
    weights = {key: 1 / (error**2 + spread) for key, (_, error) in scores.items()}
    whole = sum(weights.values())
    mean = sum(weights[key] * score for key, (score, _) in scores.items()) / whole
    return {key: _drawn(score, error, mean, 1 / whole, spread) for key, (score, error) in scores.items()}


def _spread(scores: list[tuple[float, float]]) -> float:
    """The variance between peers beyond what chance alone would do; 0 if there is none to be seen."""
    weights = [1 / error**2 for _, error in scores]
    whole = sum(weights)
    mean = sum(weight * score for weight, (score, _) in zip(weights, scores, strict=True)) / whole
    chance = sum(weight * (score - mean) ** 2 for weight, (score, _) in zip(weights, scores, strict=True))
    scale = whole - sum(weight**2 for weight in weights) / whole
    return max(0.0, (chance - (len(scores) - 1)) / scale)


def _drawn(score: float, error: float, mean: float, mean_variance: float, spread: float) -> Standing:
    trust = spread / (spread + error**2)
    drawn = mean + trust * (score - mean)
    margin = Z95 * math.sqrt(trust * error**2 + (1 - trust) ** 2 * mean_variance)
    return Standing(drawn, Interval(drawn - margin, drawn + margin).clipped(), mean)
