"""Which customer row stands for a person, as it follows from the merges in force. Pure; no Django.

A merge joins two rows as somebody named them, whichever rows stood for them then; the rows joined are one person. Which
of them stands for all follows by going through the merges in the order in which they were made: the row that stands for
`kept` stands for everybody of `merged` from then on. So taking any one merge away leaves the rows as the others alone
would have left them.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import NamedTuple


class Edge(NamedTuple):
    """A merge in force: two rows as they were named, and when."""

    kept: int
    merged: int
    at: datetime


class Standing(NamedTuple):
    """The row that stands for another (None: it stands for itself), and since the merge at which time."""

    canonical: int | None
    since: datetime | None


ALONE = Standing(None, None)


def standings(rows: Collection[int], merges: Iterable[Edge]) -> dict[int, Standing]:
    """{row: how it stands}; `merges` among these rows, in the order in which they were made. Raises ValueError for
    merges that lead round in a circle."""
    found = dict.fromkeys(rows, ALONE)
    people = {row: [row] for row in rows}
    for kept, merged, at in merges:
        person, other = (found[row].canonical or row for row in (kept, merged))
        if person == other:
            raise ValueError(f"the merges of customer {person} lead round in a circle")
        for row in people[other]:
            found[row] = Standing(person, max(found[row].since or at, at))
        people[person] += people.pop(other)
    return found
