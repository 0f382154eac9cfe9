"""Whether a score is above what was wished for, or whether nobody can tell. Pure; docs/algorithms/nps.md."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from analytics.maths.intervals import Z95, adjusted_score, level, two_sided
from analytics.maths.nps import Counts, nps


@dataclass(frozen=True)
class AgainstTarget:
    """The adjusted score against `target`: `points` above it (below: negative), z and its two-sided p."""

    target: float
    points: float
    z: float
    p: float
    alpha: float

    @property
    def verdict(self) -> Literal["above", "below", "cannot tell"]:
        if self.p >= self.alpha:
            return "cannot tell"
        return "above" if self.points > 0 else "below"


def against_target(counts: Counts, target: float, z: float = Z95) -> AgainstTarget:
    """`z`: how many standard errors make a difference. Needs an answer."""
    nps(counts)
    score, error = adjusted_score(counts)
    away = (score - target) / error
    return AgainstTarget(target, score - target, away, two_sided(away), level(z))
