"""Which figures of a table must stay hidden so that no small group can be had by subtraction. Pure; METHOD section 7.

A figure under `least` is hidden. That is not enough: a row's total minus its visible cells is what is hidden in it. Who
reads a table with its totals knows one equation a row and one a column (the totals add up too), and can work out every
sum of hidden figures that these imply. Read the hidden figures as arrows of a network, one from row to column for each
cell and back from the totals: then those sums are exactly the cuts that all arrows cross in one direction. So the least
such cut through an arrow, which is a maximal flow, must hold `least` people; where it does not, the smallest visible
cell across it (a total, if there is none) is hidden too, and the arrow is looked at again.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Container, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass

Node = Hashable
Place = tuple[int | None, int | None]  # row and column; None: their total
ROW_OF_TOTALS, COLUMN_OF_TOTALS = ("row", None), ("column", None)
ALONE, TOTAL = "cells", "total"


@dataclass(frozen=True)
class Arrow:
    """A figure `n` of the table that stands in two equations."""

    place: Place
    tail: Node
    head: Node
    n: int


def hidden_cells(table: Mapping[tuple[int, int], int], *, least: int) -> frozenset[Place]:
    """Places to hide in a table of rows and columns that is shown with the totals of both."""
    return _protect(_crossed(table), least)


def hidden_parts(parts: Sequence[int], *, least: int) -> frozenset[Place]:
    """The same for a single column with its total: places are (row, None), the total's is (None, None)."""
    arrows = [Arrow((number, None), ALONE, TOTAL, n) for number, n in enumerate(parts) if n]
    return _protect([*arrows, Arrow((None, None), TOTAL, ALONE, sum(parts))], least)


def _crossed(table: Mapping[tuple[int, int], int]) -> list[Arrow]:
    rows: dict[int, int] = defaultdict(int)
    columns: dict[int, int] = defaultdict(int)
    for (row, column), n in table.items():
        rows[row], columns[column] = rows[row] + n, columns[column] + n
    cells = [Arrow((r, c), ("row", r), ("column", c), n) for (r, c), n in table.items()]
    of_rows = [Arrow((r, None), COLUMN_OF_TOTALS, ("row", r), n) for r, n in rows.items()]
    of_columns = [Arrow((None, c), ("column", c), ROW_OF_TOTALS, n) for c, n in columns.items()]
    whole = Arrow((None, None), ROW_OF_TOTALS, COLUMN_OF_TOTALS, sum(rows.values()))
    return [arrow for arrow in (*cells, *of_rows, *of_columns, whole) if arrow.n]


def _protect(arrows: Sequence[Arrow], least: int) -> frozenset[Place]:
    hidden = _Network(arrow for arrow in arrows if arrow.n < least)
    waiting = deque(sorted(hidden.arrows, key=_size))
    while waiting:
        side = hidden.side_of_small_cut(waiting[0], least)
        # one more arrow across the cut makes it hold enough, or be no cut of one direction; none there is smaller, and
        # hiding more never makes another group known
        across = [] if side is None else [a for a in arrows if a not in hidden.arrows and _crosses(a, side)]
        if across:
            hidden.add(min(across, key=_dear))
        else:
            waiting.popleft()
    return frozenset(arrow.place for arrow in hidden.arrows)


def _crosses(arrow: Arrow, side: Container[Node]) -> bool:
    return (arrow.tail in side) != (arrow.head in side)


def _size(arrow: Arrow) -> tuple[int, str]:
    return arrow.n, str(arrow.place)


def _dear(arrow: Arrow) -> tuple[bool, int, str]:
    """What is given up first: cells before totals, the smallest of them."""
    return None in arrow.place, *_size(arrow)


class _Network:
    """What is hidden, as arrows: along one its number may flow, against it anything, so that no arrow comes back across
    the least cut."""

    def __init__(self, arrows: Iterable[Arrow]) -> None:
        self.arrows: set[Arrow] = set()
        self.room: dict[Node, dict[Node, float]] = defaultdict(dict)
        for arrow in arrows:
            self.add(arrow)

    def add(self, arrow: Arrow) -> None:
        self.arrows.add(arrow)
        self.room[arrow.tail][arrow.head] = self.room[arrow.tail].get(arrow.head, 0) + arrow.n
        self.room[arrow.head][arrow.tail] = float("inf")

    def side_of_small_cut(self, arrow: Arrow, least: int) -> Container[Node] | None:
        """Where the arrow begins, if a cut of one direction through it holds fewer than `least`; None if none does."""
        taken: dict[tuple[Node, Node], float] = defaultdict(float)
        flow = 0.0
        while flow < least:
            before = self._search(arrow.tail, arrow.head, taken)
            if arrow.head not in before:
                return before
            path = _path(before, arrow.head)
            more = min(least, *(self.room[a][b] - taken[a, b] for a, b in path))
            for a, b in path:
                taken[a, b] += more
                taken[b, a] -= more
            flow += more
        return None

    def _search(self, start: Node, end: Node, taken: Mapping[tuple[Node, Node], float]) -> dict[Node, Node]:
        """Breadth first until the end: each node reached, and whence."""
        before, waiting = {start: start}, deque([start])
        while waiting:
            node = waiting.popleft()
            for other, room in self.room[node].items():
                if other not in before and room > taken.get((node, other), 0):
                    before[other] = node
                    if other == end:
                        return before
                    waiting.append(other)
        return before


def _path(before: Mapping[Node, Node], end: Node) -> list[tuple[Node, Node]]:
    path, node = [], end
    while before[node] != node:
        path.append((before[node], node))
        node = before[node]
    return path
