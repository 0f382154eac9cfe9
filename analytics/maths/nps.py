"""From the histogram of answers to the Net Promoter Score. Pure; docs/algorithms/nps.md.

Counts are always (detractors, passives, promoters): answers 0 to 6, 7 and 8, 9 and 10. Scores are in points, from
-100 to 100. Scores of groups are never averaged: add their counts.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fractions import Fraction
from typing import NamedTuple

BINS = 11


class Counts(NamedTuple):
    """How many answered how; adds up with `pooled`."""

    detractors: int = 0
    passives: int = 0
    promoters: int = 0

    @property
    def n(self) -> int:
        return self.detractors + self.passives + self.promoters


def counts_of(histogram: Sequence[int]) -> Counts:
    """Counts of an 11-bin histogram: `histogram[s]` answers gave the score `s`. ValueError for anything else."""
    if len(histogram) != BINS:
        raise ValueError(f"a histogram of the scale 0-10 has {BINS} bins, got {len(histogram)}")
    if any(answers < 0 for answers in histogram):
        raise ValueError("a bin cannot hold fewer than no answers")
    return Counts(sum(histogram[:7]), sum(histogram[7:9]), sum(histogram[9:]))


def pooled(groups: Iterable[Counts]) -> Counts:
    """The counts of several groups together: the only way to put scores together."""
    detractors, passives, promoters = 0, 0, 0
    for group in groups:
        detractors, passives, promoters = (
            detractors + group.detractors,
            passives + group.passives,
            promoters + group.promoters,
        )
    return Counts(detractors, passives, promoters)


def exact_nps(counts: Counts) -> Fraction:
    """100 (promoters - detractors) / all answers, exactly. ValueError without answers."""
    if counts.n == 0:
        raise ValueError("no answers, no score")
    return Fraction(100 * (counts.promoters - counts.detractors), counts.n)


def nps(counts: Counts) -> float:
    """The score in points; unrounded (`rounding.points` rounds once, at display)."""
    return float(exact_nps(counts))
