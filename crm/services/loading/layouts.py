"""Which column of a file fills which field."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from common.csv_files import Unreadable
from common.exports import safe_cell
from common.text import COMMENT_LENGTH, clean_line
from crm.services.loading.kinds import LoadKind

ADDED = ("line", "reason")  # what a reject file has before the columns of the file it comes from


@dataclass(frozen=True)
class Layout:
    """`places`: {field: number of its column}; `fixed`: {field: its text in every row}; `mended`: the file was a reject
    file, whose cells may be disarmed."""

    places: Mapping[str, int]
    fixed: Mapping[str, str]
    mended: bool = False

    def cells(self, row: Sequence[str]) -> dict[str, str]:
        cells = {name: row[place] for name, place in self.places.items()}
        return {**self.fixed, **({name: _armed(cell) for name, cell in cells.items()} if self.mended else cells)}


def _armed(cell: str) -> str:
    """A cell without the apostrophe that the reject file has put before it."""
    return cell[1:] if cell.startswith("'") and safe_cell(cell[1:]) == cell else cell


def layout_of(kind: LoadKind, names: Sequence[str], columns: Mapping[str, str] | None) -> Layout:
    """`columns`: {field: column of the file, or "=text" for a text that every row shares}; None: the columns have the
    names of the fields. Raises Unreadable if one is unknown or missing, or none fills what every row needs."""
    wanted = dict(columns) if columns is not None else {name: name for name in names if name and name not in ADDED}
    if unknown := sorted(name for name in wanted if not kind.knows(name)):
        known = ", ".join(kind.columns())
        raise Unreadable(f"Unknown field {', '.join(map(repr, unknown))}. Fields of {kind.name}: {known}.")
    fixed = {name: clean_line(text[1:], limit=COMMENT_LENGTH) for name, text in wanted.items() if text.startswith("=")}
    places = {name: column for name, column in wanted.items() if name not in fixed}
    if missing := sorted(set(places.values()) - set(names)):
        raise Unreadable(f"No column {', '.join(map(repr, missing))}; there are {', '.join(map(repr, names))}.")
    if lacking := [name for name in kind.required() if name not in wanted]:
        raise Unreadable(f"No column for {', '.join(lacking)}, which every row of {kind.name} needs.")
    mended = tuple(names[: len(ADDED)]) == ADDED
    return Layout({name: list(names).index(column) for name, column in places.items()}, fixed, mended)
