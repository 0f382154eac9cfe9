"""Of the rows of one person, whose value counts for each field: the rules, and what they come to. Pure; no Django.

A value that somebody chose by hand counts. Else the rows that say something at all are compared by the field's rule:
names go by the rank of the source (a contract system spells better than a web form), what changes in life goes by the
latest knowledge. Rows are never changed by it, so that a merge can be undone.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

BY_SOURCE = "the source that ranks first, then the latest"
BY_TIME = "the latest, then the source that ranks first"
RULES: dict[str, str] = {
    "given_name": BY_SOURCE,
    "family_name": BY_SOURCE,
    "language": BY_TIME,
    "zone": BY_TIME,
    "segment": BY_TIME,
    "unit": BY_TIME,
}


class Row(NamedTuple):
    """One customer row: `values` by field; empty text and None say nothing."""

    id: int
    source: str
    as_of: datetime
    values: Mapping[str, Any]


class Survivor(NamedTuple):
    """The value that counts, the row it stands in (None: no row says anything) and why that one."""

    value: Any
    row: int | None
    why: str


def survivors(
    rows: Iterable[Row], *, ranks: Sequence[str] = (), choices: Mapping[str, int] | None = None
) -> dict[str, Survivor]:
    """{field: what counts}. `ranks`: sources, the most trusted first; `choices`: {field: row} taken by hand."""
    known = list(rows)
    return {field: _survivor(field, rule, known, ranks, (choices or {}).get(field)) for field, rule in RULES.items()}


def _survivor(field: str, rule: str, rows: list[Row], ranks: Sequence[str], chosen: int | None) -> Survivor:
    saying = [row for row in rows if row.values.get(field) not in {None, ""}]
    by_hand = next((row for row in saying if row.id == chosen), None)
    if by_hand:
        return Survivor(by_hand.values[field], by_hand.id, "chosen by hand")
    if not saying:
        return Survivor("", None, "nobody says")
    best = min(saying, key=lambda row: _order(row, rule, ranks))
    if len({str(row.values[field]) for row in saying}) == 1:
        return Survivor(best.values[field], best.id, "the only one" if len(saying) == 1 else "all say the same")
    return Survivor(best.values[field], best.id, rule)


def _order(row: Row, rule: str, ranks: Sequence[str]) -> tuple[Any, ...]:
    rank = ranks.index(row.source) if row.source in ranks else len(ranks)
    age = -row.as_of.timestamp()
    return (rank, age, row.id) if rule == BY_SOURCE else (age, rank, row.id)
