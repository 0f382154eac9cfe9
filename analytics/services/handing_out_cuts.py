"""The explorer's table as a file, for a spreadsheet."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.http import HttpResponseBase

from analytics.services.crossing import Cell, Table, cells_of
from common.exports import Table as File
from common.exports import download
from common.models import Event

TOTAL, HIDDEN = "all", "too few to tell"


def file_of(table: Table) -> File:
    """A row for each cell, then the totals. Unrounded; what must not be told is said to be so, and empty."""
    by = [each.label for each in table.question.by]
    names = list(dict.fromkeys(name for cell in cells_of(table) if cell.reading for name, _ in cell.reading.more))
    period = table.question.period
    header = [*by, table.question.measure.label, "95 % low", "95 % high", "n", *names, "Note"]
    return File(f"explored-{period.start}-{period.end}", header, [_row(cell, table, names) for cell in cells_of(table)])


def tell_cut(table: Table, file_format: str, *, by: Any, at: datetime) -> HttpResponseBase:
    """The file; the trail keeps who took it, and what of."""
    file, question = file_of(table), table.question
    rows = list(file.rows)
    Event.objects.record(
        "insights.cut_exported", subject=question.unit, by=by, at=at, rows=len(rows), format=file_format,
        measure=question.measure.key, dimensions=[each.key for each in question.by],
    )  # fmt: skip
    return download(File(file.name, file.header, rows), file_format)


def _row(cell: Cell, table: Table, names: list[str]) -> list[Any]:
    heads = (cell.row, cell.column)[: len(table.question.by)]
    labels = [head.label if head else TOTAL for head in heads]
    reading = cell.reading
    if reading is None:
        return [*labels, None, None, None, None, *[None] * len(names), HIDDEN if cell.hidden else "no answers"]
    low, high = reading.interval or (None, None)
    more = dict(reading.more)
    note = "" if reading.value is not None else "too few for a figure"
    return [*labels, reading.value, low, high, reading.n, *(more.get(name) for name in names), note]
