"""FILE.reject.csv: the rows that could not be taken, with line and reason before their own cells.

It grows with the load, and `size` is kept with the load's progress: what a killed load wrote beyond it is cut off.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from pathlib import Path

from common.exports import csv_lines
from crm.services.loading.layouts import ADDED
from crm.services.loading.records import Record


def reject_file_of(path: Path) -> Path:
    return path.with_name(f"{path.name}.reject.csv")


class RejectFile:
    """Made with the first row that is refused; gone when there is none."""

    def __init__(self, path: Path, names: Sequence[str], *, size: int = 0) -> None:
        self.path, self.names = reject_file_of(path), names
        self.size = size
        if size:
            os.truncate(self.path, size)
        else:
            self.path.unlink(missing_ok=True)

    @staticmethod
    def holds(path: Path, size: int) -> bool:
        """Is there as much as a load left that was cut short?"""
        place = reject_file_of(path)
        return not size or (place.exists() and place.stat().st_size >= size)

    def add(self, rows: Iterable[tuple[Record, str]]) -> None:
        """Cells that a spreadsheet would run are disarmed; bytes that are no letters come out as \ufffd."""
        cells = ([record.line, why, *map(_legible, record.cells)] for record, why in sorted(rows))
        header, *lines = csv_lines([*ADDED, *self.names], cells)
        if not lines:
            return
        with self.path.open("ab") as file:
            file.write("".join(lines if self.size else [header, *lines]).encode())
            file.flush()
            os.fsync(file.fileno())
            self.size = file.tell()


def _legible(cell: str) -> str:
    return cell.encode("utf-8", "replace").decode() if not cell.isascii() else cell
