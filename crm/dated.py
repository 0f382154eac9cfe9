"""Days on which something holds: half-open spans, what is left after cutting one out, and trees that change over time.
Pure; no Django."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import NamedTuple


class Span(NamedTuple):
    """Days from `start` (included) to `end` (excluded). `end` None: for good."""

    start: date
    end: date | None = None

    def overlap(self, other: Span) -> Span | None:
        """The days in both."""
        start, end = max(self.start, other.start), _earlier(self.end, other.end)
        return Span(start, end) if end is None or start < end else None

    def without(self, other: Span) -> list[Span]:
        """What is left of this span: nothing, one piece or two."""
        if self.overlap(other) is None:
            return [self]
        before = Span(self.start, other.start) if self.start < other.start else None
        after = Span(other.end, self.end) if other.end and (self.end is None or other.end < self.end) else None
        return [piece for piece in (before, after) if piece]

    def covers(self, other: Span) -> bool:
        return self.overlap(other) == other


def _earlier(one: date | None, other: date | None) -> date | None:
    return min(one, other) if one and other else one or other


class Above(NamedTuple):
    """A node stands under `parent` (None: at the root) during `valid`."""

    parent: int | None
    valid: Span


Tree = Mapping[int, Sequence[Above]]  # by node


def stands_under(tree: Tree, node: int, ancestor: int, during: Span) -> bool:
    """Whether `node` is `ancestor` or stands somewhere below it on any day of `during`."""
    todo, seen = [(node, during)], set()
    while todo:
        at = todo.pop()
        if at[0] == ancestor:
            return True
        if at in seen:  # a circle elsewhere in the tree must not hold us for ever
            continue
        seen.add(at)
        todo += [
            (above.parent, days)
            for above in tree.get(at[0], ())
            if above.parent is not None and (days := above.valid.overlap(at[1]))
        ]
    return False
