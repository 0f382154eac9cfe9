"""FILE.KIND.reject.csv: the rows that could not be taken, with line and reason before their own cells. A dry run has
its own, FILE.KIND.dry-run.reject.csv: what it says takes nothing away from a load.

It grows with the load, and `size` and `checksum` are kept with the load's progress: what a killed load wrote beyond it
is cut off, and where it is not what the load left it is made anew.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from pathlib import Path
from zlib import crc32

from common.exports import csv_lines
from crm.services.loading.layouts import ADDED
from crm.services.loading.records import Record

BLOCK = 1 << 20


def reject_file_of(path: Path, kind: str, *, dry_run: bool = False) -> Path:
    return path.with_name(f"{path.name}.{kind}.{'dry-run.' if dry_run else ''}reject.csv")


class RejectFile:
    """Made with the first row that is refused; gone when there is none."""

    def __init__(self, place: Path, names: Sequence[str], *, size: int = 0, checksum: int = 0) -> None:
        self.place, self.names = place, names
        self.size, self.checksum = size, checksum
        if size:
            os.truncate(self.place, size)
        else:
            self.place.unlink(missing_ok=True)

    @staticmethod
    def holds(place: Path, size: int | None, checksum: int | None) -> bool:
        """Does it begin with what a load left that was cut short?"""
        return not size or (place.exists() and _checksum_of(place, size) == checksum)

    def add(self, rows: Iterable[tuple[Record, str]]) -> None:
        """Cells that a spreadsheet would run are disarmed; bytes that are no letters come out as \ufffd."""
        cells = ([record.line, why, *map(_legible, record.cells)] for record, why in sorted(rows))
        header, *lines = csv_lines([*ADDED, *self.names], cells)
        if not lines:
            return
        added = "".join(lines if self.size else [header, *lines]).encode()
        with self.place.open("ab") as file:
            file.write(added)
            file.flush()
            os.fsync(file.fileno())
            self.size, self.checksum = file.tell(), crc32(added, self.checksum)


def _checksum_of(place: Path, size: int) -> int | None:
    """Of the first `size` bytes; None if there are fewer."""
    found, left = 0, size
    with place.open("rb") as file:
        while left and (block := file.read(min(left, BLOCK))):
            found, left = crc32(block, found), left - len(block)
    return None if left else found


def _legible(cell: str) -> str:
    return cell.encode("utf-8", "replace").decode() if not cell.isascii() else cell
