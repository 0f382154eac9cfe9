"""Rows out of the house as CSV, so that no cell becomes a formula in a spreadsheet (RELIABILITY R-34)."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from datetime import date, datetime
from decimal import Decimal
from typing import Any

# what a spreadsheet takes for the start of a formula, full-width forms included
_LEADS = "=+-@\t\r\n\x00＝＋－＠"


def safe_cell(value: Any) -> str | int | float | Decimal:
    """A value as a cell: numbers stay numbers, text that a spreadsheet would run gets a leading apostrophe."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int | float | Decimal):
        return value
    text = value.isoformat() if isinstance(value, date | datetime) else str(value).replace("\x00", "")
    return f"'{text}" if text.lstrip(" \ufeff\xa0")[:1] in _LEADS and text.strip() else text


class _Echo:
    """A file that hands each line straight on."""

    def write(self, line: str) -> str:
        return line


def csv_lines(header: Iterable[str], rows: Iterable[Iterable[Any]]) -> Iterator[str]:
    """Lines of a CSV file (RFC 4180, with a byte order mark so that spreadsheets read the accents), one at a time."""
    writer = csv.writer(_Echo())
    yield "\ufeff" + str(writer.writerow([safe_cell(name) for name in header]))
    for row in rows:
        yield str(writer.writerow([safe_cell(cell) for cell in row]))
