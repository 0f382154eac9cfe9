"""Very many comparisons at once (Benjamini and Hochberg 1995, Journal of the Royal Statistical Society B 57). Pure."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import TypeVar

from analytics.maths.holm import hold
from analytics.maths.intervals import ALPHA

K = TypeVar("K", bound=Hashable)
MANY = 20


def discovered(p_values: Mapping[K, float], alpha: float = ALPHA) -> set[K]:
    """The keys called different when of all that are called so a share of `alpha` at most, on average, may be chance:
    those up to the last of m, by rising p, whose p is at most its place times alpha / m."""
    ranked = sorted(p_values.items(), key=lambda item: item[1])
    last = max((place for place, (_, p) in enumerate(ranked, 1) if p <= place * alpha / len(ranked)), default=0)
    return {key for key, _ in ranked[:last]}


def stand_out(p_values: Mapping[K, float], alpha: float = ALPHA) -> set[K]:
    """Of up to twenty, those of which not even one may be chance (Holm); of more, with which that would find next to
    nothing, those of which hardly any is."""
    return (hold if len(p_values) <= MANY else discovered)(p_values, alpha)
