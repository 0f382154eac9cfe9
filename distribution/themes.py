"""The one theme of a morning: the topic that customers speak of more or less often than before, or that unhappy ones
speak of more than the others do. Pure; no Django.

Each share is compared by Fisher's exact test (1922), which holds for small numbers, and all comparisons of a morning
together by Holm: the chance that a morning without any theme tells one is at most one in twenty.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

from analytics.maths.holm import hold

DAYS, BEFORE = 14, 56  # local days: those told of, and those before them
LEAST = 5  # customers who speak of a topic, before it can be a theme
ROSE, FELL, WEIGHS = "rose", "fell", "weighs"


class Part(NamedTuple):
    """Of `n` answers with words, `hits` speak of the topic."""

    hits: int
    n: int

    @property
    def share(self) -> float:
        return self.hits / self.n if self.n else 0.0


@dataclass(frozen=True)
class Talk:
    """How often one topic came up: in the days told of, by detractors among these, and in the days before."""

    code: str
    name: str
    now: Part
    detractors: Part
    before: Part

    @property
    def others(self) -> Part:
        return Part(self.now.hits - self.detractors.hits, self.now.n - self.detractors.n)


@dataclass(frozen=True)
class Theme:
    """`part` against `other`: the days told of against those before, or detractors against everybody else."""

    kind: str  # rose, fell, weighs
    code: str
    name: str
    part: Part
    other: Part


def theme_of(talks: Iterable[Talk]) -> tuple[Theme | None, int]:
    """The theme, None where nothing stands out, and how many topics came up often enough to be compared. A topic whose
    share moved goes before one that weighs; of those that moved the one that moved most, of those that weigh the one
    that most detractors speak of."""
    compared = [theme for talk in talks for theme in _comparisons(talk)]
    held = hold({theme: fisher(theme.part, theme.other) for theme in compared})
    moved = [theme for theme in held if theme.kind != WEIGHS]
    weighty = [theme for theme in held if theme.kind == WEIGHS and theme.part.share > theme.other.share]
    found = min(moved, key=_by_distance, default=None) or min(weighty, key=_by_hits, default=None)
    return found, len({theme.code for theme in compared})


def _comparisons(talk: Talk) -> Iterable[Theme]:
    """What came up too seldom to tell is left out by its totals alone, which the test takes as given."""
    if talk.now.hits + talk.before.hits >= LEAST and talk.now.n and talk.before.n:
        kind = ROSE if talk.now.share > talk.before.share else FELL
        yield Theme(kind, talk.code, talk.name, talk.now, talk.before)
    if talk.now.hits >= LEAST and talk.detractors.n and talk.others.n:
        yield Theme(WEIGHS, talk.code, talk.name, talk.detractors, talk.others)


def _by_distance(theme: Theme) -> tuple[float, str]:
    return -abs(theme.part.share - theme.other.share), theme.code


def _by_hits(theme: Theme) -> tuple[int, str]:
    return -theme.part.hits, theme.code


def fisher(one: Part, other: Part) -> float:
    """Two-sided p of two shares: the chance of a split of all hits that is no likelier than the one seen. ValueError
    for counts that cannot be."""
    if not (0 <= one.hits <= one.n and 0 <= other.hits <= other.n):
        raise ValueError("a part cannot have more hits than answers, nor fewer than none")
    hits, total = one.hits + other.hits, one.n + other.n
    least, most = max(0, hits - other.n), min(hits, one.n)
    weights = [math.exp(_log_ways(one.n, k) + _log_ways(other.n, hits - k) - _log_ways(total, hits)) for k in
               range(least, most + 1)]  # fmt: skip
    seen = weights[one.hits - least] * (1 + 1e-7)  # equally likely splits differ in their last digits
    return min(1.0, sum(weight for weight in weights if weight <= seen))


def _log_ways(n: int, k: int) -> float:
    """Logarithm of how many ways there are to choose k of n."""
    return math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1)
