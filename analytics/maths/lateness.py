"""Do those who answer late say something else than those who answer at once? Pure; docs/algorithms/weighting.md.

Late answerers stand between early ones and those who never answer (the continuum of resistance: Lin and Schaeffer 1995,
Public Opinion Quarterly 59). Where they score lower, the silent may well do so too.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from analytics.maths.intervals import Z95, Difference, difference
from analytics.maths.nps import Counts, nps, pooled
from analytics.maths.scorecards import SCORE_FROM

STEPS = (1, 2, 4, 8, 24, 48, 96, 192)  # hours from the question to the answer, where a stretch ends


@dataclass(frozen=True)
class Lateness:
    """Who answered within so many `hours`, and who later."""

    hours: int
    early: Counts
    late: Counts
    change: Difference  # late minus early

    @property
    def early_nps(self) -> float:
        return nps(self.early)

    @property
    def late_nps(self) -> float:
        return nps(self.late)


def lateness(stretches: Mapping[int, Counts], z: float = Z95) -> Lateness | None:
    """`stretches`: answers by the number of steps that had passed. Parted as near to the middle as a step allows; None
    where either side would have under ten."""
    splits = []
    for number, hours in enumerate(STEPS, 1):
        early = pooled(counts for step, counts in stretches.items() if step < number)
        late = pooled(counts for step, counts in stretches.items() if step >= number)
        splits.append((abs(early.n - late.n), hours, early, late))
    _, hours, early, late = min(splits, key=lambda split: split[:2])
    if min(early.n, late.n) < SCORE_FROM:
        return None
    return Lateness(hours, early, late, difference(late, early, z))
