"""Which customer row stands for a person, as it follows from the merges in force. Pure; no Django.

Each row is merged into at most one other, so the merges make trees; the root of a tree stands for all its rows. Taking
any one merge away leaves two trees that are as if it had never been.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import NamedTuple


class Edge(NamedTuple):
    """A merge in force: the row `into` which another was merged, and when."""

    into: int
    at: datetime


class Standing(NamedTuple):
    """The row that stands for another (None: it stands for itself), since the latest merge on the way there."""

    canonical: int | None
    since: datetime | None


def standings(rows: Collection[int], merges: Mapping[int, Edge]) -> dict[int, Standing]:
    """{row: how it stands}; `merges`: {merged row: edge}. Raises ValueError for merges that lead round in a circle."""
    return {row: _standing(row, merges) for row in rows}


def _standing(row: int, merges: Mapping[int, Edge]) -> Standing:
    root, since = row, None
    for _ in range(len(merges) + 1):
        if root not in merges:
            return Standing(None if root == row else root, since)
        edge = merges[root]
        root, since = edge.into, max(since or edge.at, edge.at)
    raise ValueError(f"the merges of customer {row} lead round in a circle")
