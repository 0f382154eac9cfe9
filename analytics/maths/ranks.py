"""Which places among others a score could have. Pure; docs/algorithms/peers.md.

Every two are compared, all pairs at once (Holm): a unit's best place is one behind all who are detectably above it, its
worst one before all who are detectably below. Then all true places lie within their ranges together, with the certainty
of the level, as far as the test of each pair holds (Mohamad, van Zwet, Goeman 2021, Statistics in Medicine 40).
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Mapping
from itertools import combinations
from typing import NamedTuple, TypeVar

from analytics.maths.holm import hold
from analytics.maths.intervals import adjusted_score, two_sided
from analytics.maths.nps import Counts

K = TypeVar("K", bound=Hashable)


class Place(NamedTuple):
    """From which to which place, 1 being the highest score, among `of`."""

    best: int
    worst: int
    of: int


def places(counts: Mapping[K, Counts]) -> dict[K, Place]:
    """Of scores of independent groups, each with answers."""
    scores = {key: adjusted_score(each) for key, each in counts.items()}
    pairs = {(a, b): _z(scores[a], scores[b]) for a, b in combinations(scores, 2)}
    above, below = dict.fromkeys(counts, 0), dict.fromkeys(counts, 0)
    for a, b in hold({pair: two_sided(z) for pair, z in pairs.items()}):
        higher, lower = (a, b) if pairs[a, b] > 0 else (b, a)
        above[lower] += 1
        below[higher] += 1
    return {key: Place(1 + above[key], len(counts) - below[key], len(counts)) for key in counts}


def _z(first: tuple[float, float], second: tuple[float, float]) -> float:
    return (first[0] - second[0]) / math.hypot(first[1], second[1])
