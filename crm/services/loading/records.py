"""Rows of a CSV file, a stretch at a time: each row with the number of its line, or with what is wrong about it.

A quoted cell may hold line breaks. A quote that is opened and never closed costs its own line and no other: where the
lines up to the closing quote do not make one whole row, the first of them is refused and reading goes on after it. So
what becomes of a row does not depend on where a stretch begins or ends.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from common.csv_files import Unreadable
from crm.services.loading.sources import Source

SPAN = 100  # lines that one row may run over
OPEN = "A quote is opened and not closed."


class Record(NamedTuple):
    """One row: `line` in the file, from 1 (the header); `cells`, or `problem`."""

    line: int
    cells: list[str]
    problem: str = ""


@dataclass(frozen=True)
class Stretch:
    """Whole rows of a file: bytes `start` to `end`, the first of them in line `line`; `after`: the line behind them."""

    start: int
    end: int
    line: int
    after: int
    raw: bytes


def stretches_of(source: Source, *, start: int, line: int, size: int) -> Iterator[Stretch]:
    """The file from byte `start` on, which is the beginning of line `line`, in stretches of about `size` bytes."""
    with source.open() as file:
        file.seek(start)
        carry = b""
        while True:
            raw = file.read(size)
            last = not raw
            raw = carry + raw if carry else raw
            if not raw:
                return
            cut = len(raw) if last else _cut(raw, source)
            whole, carry = raw[:cut], raw[cut:]
            del raw  # a stretch is held once while others work on it
            if whole:
                after = line + whole.count(b"\n")
                stretch = Stretch(start, start + cut, line, after, whole)
                del whole
                yield stretch
                del stretch  # and not at all while the next one is read
                start, line = start + cut, after
            if len(carry) > 64 * size:
                raise Unreadable(f"Line {line:,} does not end: this is no CSV file.")


def _cut(raw: bytes, source: Source) -> int:
    """Where the last whole row of `raw` ends, of which more may follow; 0 if none does for certain."""
    end = raw.rfind(b"\n") + 1
    if not raw.count(b'"', 0, end):
        return end
    # a row that begins among the last lines may go on behind them: they wait for what follows
    lines = raw[:end].split(b"\n")[:-1]
    safe, place = max(0, len(lines) - SPAN), 0
    while place < safe:
        place += _height(lines, place, source)
    return sum(len(line) + 1 for line in lines[:place])


def _height(lines: list[bytes], place: int, source: Source) -> int:
    """How many of `lines` the row that begins at `place` takes."""
    if lines[place].count(b'"') % 2 == 0:
        return 1
    return len(_row([_text(line, source) for line in lines[place : place + SPAN]], source)[1])


def records_of(stretch: Stretch, source: Source) -> Iterator[Record]:
    """Every row of the stretch; blank lines are passed over."""
    lines = [_text(line, source) for line in stretch.raw.split(b"\n")]
    odd = [number for number, line in enumerate(lines) if '"' in line and line.count('"') % 2]
    place = 0
    for number in [*odd, len(lines)]:
        if number < place:
            continue  # within a row that began above
        yield from _plain(lines[place:number], stretch.line + place, source)
        place = number
        if number < len(lines):
            cells, taken = _row(lines[number : number + SPAN], source)
            yield _record(stretch.line + number, cells, source, lines[number])
            place += len(taken)


def _text(line: bytes, source: Source) -> str:
    return line.removesuffix(b"\r").decode(source.encoding, "surrogateescape")


def _plain(lines: list[str], first: int, source: Source) -> Iterator[Record]:
    """Lines of which each is a row."""
    try:
        rows = list(csv.reader(lines, delimiter=source.delimiter, strict=True))
    except csv.Error:
        rows = []
    if len(rows) != len(lines):  # one of them is no row, and has swallowed others
        for number, line in enumerate(lines, first):
            if line:
                yield _record(number, _row([line], source)[0], source, line)
        return
    for number, cells in enumerate(rows, first):
        if cells:
            yield _record(number, cells, source)


def _row(lines: list[str], source: Source) -> tuple[list[str] | str, list[str]]:
    """The cells of the row that begins with the first of `lines`, or what is wrong, and the lines that it takes."""
    alone = _parse(lines[:1], source)
    if not isinstance(alone, str):
        return alone, lines[:1]
    quotes = 0
    for number, line in enumerate(lines, 1):
        quotes += line.count('"')
        if number > 1 and quotes % 2 == 0:
            cells = _parse(lines[:number], source)
            if not isinstance(cells, str) and len(cells) == len(source.names):
                return cells, lines[:number]
            break
    return alone, lines[:1]


def _parse(lines: list[str], source: Source) -> list[str] | str:
    """The cells of one row over `lines`, or what is wrong with it."""
    try:
        rows = list(csv.reader([f"{line}\n" for line in lines], delimiter=source.delimiter, strict=True))
    except csv.Error as error:
        return OPEN if "unexpected end" in str(error) else f"Cannot be read: {error}."
    return rows[0] if len(rows) == 1 else OPEN


def _record(line: int, cells: list[str] | str, source: Source, raw: str = "") -> Record:
    if isinstance(cells, str):
        return Record(line, [raw], cells)
    if len(cells) != len(source.names):
        return Record(line, cells, f"{len(cells)} columns where the header has {len(source.names)}.")
    if any(not cell.isascii() and _is_broken(cell) for cell in cells):
        return Record(line, cells, f"Not {source.encoding}; if the whole file has another encoding, name it.")
    return Record(line, cells)


def _is_broken(cell: str) -> bool:
    return any("\udc80" <= letter <= "\udcff" for letter in cell)
