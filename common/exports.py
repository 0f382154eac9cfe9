"""Rows out of the house as CSV or XLSX, so that no cell becomes a formula in a spreadsheet (RELIABILITY R-34)."""

from __future__ import annotations

import csv
import re
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import IO, Any

import xlsxwriter
from django.http import FileResponse, HttpResponseBase, StreamingHttpResponse

# what a spreadsheet takes for the start of a formula, full-width forms included
_LEADS = "=+-@\t\r\n\x00＝＋－＠"
# the same within a text, where a spreadsheet that was told of another separator begins a cell or a row of its own: a
# comma is everybody's; a dash before a blank is a list of somebody's. A run is looked at once, however long
_RUN, _LEAD = r"""(?<![;\s"])([;\s"]++)""", r"""(?=[=@＝＠]|[+\-＋－]\S)"""
_WITHIN, _ADDED = re.compile(_RUN + _LEAD), re.compile(f"{_RUN}'{_LEAD}")
_PARTS = frozenset(";\t\r\n")
TYPES = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
LONGEST_CELL = 32_767  # characters, of XLSX
MOST_DIGITS = 15  # that a spreadsheet keeps of a number: a longer one is an id, and stays text
CHUNK = 64 * 1024


@dataclass(frozen=True)
class Table:
    """What is exported. `rows` is read once, as it is written."""

    name: str  # of the file, without its ending
    header: list[str]
    rows: Iterable[Iterable[Any]]


def safe_cell(value: Any) -> str | int | float | Decimal:
    """A value as a cell: numbers stay numbers; text that a spreadsheet would run gets an apostrophe before it, also
    where only one that parts cells by semicolons or tabs would."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int | float | Decimal):
        return value
    text = value.isoformat() if isinstance(value, date | datetime) else str(value).replace("\x00", "")
    kept = _WITHIN.sub(lambda run: run[0] if _PARTS.isdisjoint(run[0]) else f"{run[0]}'", text)
    return f"'{kept}" if text.lstrip(" \ufeff\xa0")[:1] in _LEADS and text.strip() else kept


def as_it_was(cell: str) -> str:
    """The text of which `safe_cell` made this; itself if it is not of its making."""
    found = (_ADDED.sub(_without, text) for text in dict.fromkeys((cell.removeprefix("'"), cell)))
    return next((text for text in found if safe_cell(text) == cell), cell)


def _without(run: re.Match[str]) -> str:
    return run[0] if _PARTS.isdisjoint(run[1]) else run[1]


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


def write_xlsx(file: IO[bytes], table: Table) -> int:
    """The table as an Excel workbook, written row by row; how many rows. Text is text, whatever it begins with; moments
    are in UTC, since a cell knows no zone."""
    options = {
        "constant_memory": True,
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
        "nan_inf_to_errors": True,
    }
    with xlsxwriter.Workbook(file, options) as book:
        bold, day = book.add_format({"bold": True}), book.add_format({"num_format": "yyyy-mm-dd"})
        moment = book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"})
        sheet = book.add_worksheet()
        sheet.freeze_panes(1, 0)
        for column, name in enumerate(table.header):
            sheet.write_string(0, column, name, bold)
        number = 0
        for number, row in enumerate(table.rows, start=1):
            for column, value in enumerate(row):
                _write(sheet, (number, column), value, day, moment)
    return number


def _write(sheet: Any, place: tuple[int, int], value: Any, day: Any, moment: Any) -> None:
    if isinstance(value, bool):
        sheet.write_string(*place, "yes" if value else "no")
    elif isinstance(value, int | float | Decimal) and len(f"{value}".lstrip("-").replace(".", "")) <= MOST_DIGITS:
        sheet.write_number(*place, value)
    elif isinstance(value, datetime) and value.year >= 1900:
        plain = value.astimezone(UTC).replace(tzinfo=None) if value.tzinfo else value
        sheet.write_datetime(*place, plain, moment)
    elif isinstance(value, date) and value.year >= 1900:
        sheet.write_datetime(*place, value, day)
    elif value not in {None, ""}:
        sheet.write_string(*place, _text(value))


def _text(value: Any) -> str:
    """What XML can hold, and a cell."""
    kept = "".join(letter for letter in str(value) if letter >= " " or letter in "\t\n\r")
    return kept[:LONGEST_CELL]


def chunks(table: Table, file_format: str) -> Iterator[bytes]:
    """The file in stretches of about CHUNK bytes, whatever its size."""
    return _csv_chunks(table) if file_format == "csv" else _xlsx_chunks(table)


def _csv_chunks(table: Table) -> Iterator[bytes]:
    held: list[str] = []
    size = 0
    for line in csv_lines(table.header, table.rows):
        held.append(line)
        size += len(line)
        if size >= CHUNK:
            yield "".join(held).encode()
            held, size = [], 0
    yield "".join(held).encode()


def _xlsx_chunks(table: Table) -> Iterator[bytes]:
    with tempfile.TemporaryFile() as file:
        write_xlsx(file, table)
        file.seek(0)
        while chunk := file.read(CHUNK):
            yield chunk


def download(table: Table, file_format: str) -> HttpResponseBase:
    """The file as an answer that no cache keeps: CSV as it is written, XLSX when it is done."""
    name = f"{table.name}.{file_format}"
    response: HttpResponseBase
    if file_format == "csv":
        response = StreamingHttpResponse(_csv_chunks(table), content_type=TYPES["csv"])
    else:
        file = tempfile.TemporaryFile()  # noqa: SIM115 the response closes it
        write_xlsx(file, table)
        file.seek(0)
        response = FileResponse(file, content_type=TYPES["xlsx"])
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    response["Cache-Control"] = "no-store"
    return response
