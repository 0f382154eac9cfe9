"""Many comparisons at once: which of them hold together (Holm 1979, Scandinavian Journal of Statistics 6). Pure."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import TypeVar

from analytics.maths.intervals import ALPHA

K = TypeVar("K", bound=Hashable)


def hold(p_values: Mapping[K, float], alpha: float = ALPHA) -> set[K]:
    """The keys whose difference is detectable when all were tested together: by rising p, the i-th of m must stay at or
    below alpha / (m - i + 1); the first that does not ends it. The chance of even one false alarm is at most alpha."""
    held: set[K] = set()
    for done, (key, p) in enumerate(sorted(p_values.items(), key=lambda item: item[1])):
        if p > alpha / (len(p_values) - done):
            break
        held.add(key)
    return held
