"""Which column of a file fills which field."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, tzinfo

from common.csv_files import Unreadable
from common.exports import as_it_was
from common.text import COMMENT_LENGTH, clean_line
from crm.services.loading.kinds import LoadKind
from crm.services.loading.readings import Cell, Reader, Said, reader_of, reading_of

ADDED = ("line", "reason")  # what a reject file has before the columns of the file it comes from


@dataclass(frozen=True)
class Layout:
    """`places`: {field: number of its column}; `fixed`: {field: its text in every row}; `mended`: the file was a reject
    file, whose cells may be disarmed; `readers`: {field: what reads its cells, where they are not written our way}."""

    places: Mapping[str, int]
    fixed: Mapping[str, str]
    mended: bool = False
    readers: Mapping[str, Reader] = field(default_factory=dict)

    def cells(self, row: Sequence[str]) -> dict[str, Cell]:
        cells = {name: row[place] for name, place in self.places.items()}
        if self.mended:
            cells = {name: as_it_was(cell) for name, cell in cells.items()}
        return {**self.fixed, **cells, **{name: read(cells[name]) for name, read in self.readers.items()}}


def layout_of(kind: LoadKind, names: Sequence[str], columns: Mapping[str, Said] | None, zone: tzinfo = UTC) -> Layout:
    """`columns`: {field: column of the file, or "=text" for a text that every row shares, or more (`readings`)}; None:
    the columns have the names of the fields. `zone`: on whose clock dates of another form than ours are written. Raises
    Unreadable if one is unknown or missing, or none fills what every row needs."""
    said = columns if columns is not None else {name: name for name in names if name and name not in ADDED}
    readings = {name: reading_of(each) for name, each in said.items()}
    wanted = {name: reading.column for name, reading in readings.items()}
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
    readers = {name: reader_of(name, readings[name], kind=kind, zone=zone) for name in places}
    return Layout(
        {name: list(names).index(column) for name, column in places.items()},
        fixed,
        mended,
        {name: reader for name, reader in readers.items() if reader},
    )
