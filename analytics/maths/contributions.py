"""What each part brought to a change of the whole: its own score (rate), and how much of the answers are its (mix).

Pure; docs/algorithms/peers.md.

Kitagawa's decomposition (1955, Journal of the American Statistical Association 50) with mean weights: nothing is left
over. A part's mix is measured from the score of the whole, so that a part above it that grows brings something up; the
sum is the same. Every part may rise and the whole fall: then it is the mix, and nobody's coaching.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from typing import NamedTuple, TypeVar

from analytics.maths.nps import Counts, nps, pooled

K = TypeVar("K", bound=Hashable)


class Segment(NamedTuple):
    """Share of the whole (0 to 1) and score of a part, before and now."""

    weight_before: float
    weight: float
    score_before: float
    score: float


@dataclass(frozen=True)
class Contribution:
    """In points of the whole's score. `share`: of the answers, before and now."""

    rate: float
    mix: float
    share_before: float = 0.0
    share: float = 0.0

    @property
    def points(self) -> float:
        return self.rate + self.mix


def decompose(segments: Mapping[K, Segment]) -> dict[K, Contribution]:
    """Contributions of parts that make up the whole, both before and now."""
    before = sum(s.weight_before * s.score_before for s in segments.values())
    now = sum(s.weight * s.score for s in segments.values())
    middle = (before + now) / 2
    return {key: _contribution(segment, middle) for key, segment in segments.items()}


def _contribution(s: Segment, middle: float) -> Contribution:
    rate = (s.weight_before + s.weight) / 2 * (s.score - s.score_before)
    mix = ((s.score_before + s.score) / 2 - middle) * (s.weight - s.weight_before)
    return Contribution(rate, mix, s.weight_before, s.weight)


def contributions(parts: Mapping[K, tuple[Counts, Counts]]) -> dict[K, Contribution]:
    """Of parts with their counts (before, now): empty unless the whole has answers both times. A part that had no
    answers one of the times brings mix alone."""
    before, now = (pooled(pair[time] for pair in parts.values()) for time in (0, 1))
    if not before.n or not now.n:
        return {}
    return decompose({key: _segment(*pair, before.n, now.n) for key, pair in parts.items() if pair[0].n or pair[1].n})


def _segment(before: Counts, now: Counts, whole_before: int, whole: int) -> Segment:
    score_before, score = (nps(counts) if counts.n else None for counts in (before, now))
    return Segment(
        before.n / whole_before,
        now.n / whole,
        score_before if score_before is not None else score or 0.0,
        score if score is not None else score_before or 0.0,
    )
