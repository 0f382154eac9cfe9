"""The explorer's table: a measure by up to two dimensions with its totals, named, in order, and with nothing in it from
which fewer than five answers could be told (docs/explorer.md)."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from analytics.cuts import Dimension
from analytics.maths.bins import told_step
from analytics.maths.readings import Reading
from analytics.maths.scorecards import COUNTS_FROM
from analytics.maths.suppression import Place, hidden_cells, hidden_parts
from analytics.services.cutting import Groups, Key, Question, groups, totals
from analytics.services.scoring import FUNCTION
from crm.models import InteractionKind, OrgUnit
from surveys.models import Program

NONE = "~"  # in an address: the group of answers that have none
ORDERS = ("own", "value", "n")


@dataclass(frozen=True)
class Head:
    """A group as it heads a row or column. `text` stands for it in addresses of pages, `outside` where other systems
    read it."""

    key: Key
    label: str
    known_as: str = ""  # to other systems: the external id of a row, or its code

    @property
    def text(self) -> str:
        if self.key is None:
            return NONE
        return self.key.isoformat() if isinstance(self.key, date) else str(self.key)

    @property
    def outside(self) -> str:
        return self.known_as or self.text


@dataclass(frozen=True)
class Cell:
    """What one group reads: None if there are no answers, or too few to tell (`hidden`). Heads: None for a total."""

    row: Head | None
    column: Head | None
    reading: Reading | None = None
    hidden: bool = False


@dataclass(frozen=True)
class Line:
    head: Head
    cells: list[Cell]  # one a column; none without columns
    total: Cell


@dataclass(frozen=True)
class Table:
    """A question with what came of it. `lines` are the groups of the first dimension, `columns` those of the second."""

    question: Question
    lines: list[Line]
    columns: list[Head]
    totals: list[Cell]  # of the columns
    whole: Cell

    @property
    def parts(self) -> list[Cell]:
        """The smallest cells, row by row: what is compared with one another."""
        return [cell for line in self.lines for cell in (line.cells if self.columns else [line.total])]

    @property
    def known(self) -> list[Cell]:
        """Those of them that have a value."""
        return [cell for cell in self.parts if cell.reading and cell.reading.value is not None]

    @property
    def hidden(self) -> int:
        return sum(cell.hidden for cell in self.parts)

    def cell(self, row: str | None, column: str | None) -> Cell | None:
        """The one that these texts of an address mean; None if there is none."""
        for line in self.lines if row is not None else []:
            if line.head.text == row:
                return next((c for c in (line.total, *line.cells) if _is_headed(c.column, column)), None)
        if row is None:
            return next((cell for cell in (self.whole, *self.totals) if _is_headed(cell.column, column)), None)
        return None


def cells_of(table: Table) -> Iterator[Cell]:
    """All there is to tell one by one: each row's cells, then the totals of rows, columns and everything."""
    if table.question.by:
        yield from (cell for cell in table.parts if cell.reading or cell.hidden)
    if table.columns:
        yield from (line.total for line in table.lines)
        yield from table.totals
    yield table.whole


def _is_headed(head: Head | None, text: str | None) -> bool:
    return head is None if text is None else head is not None and head.text == text


def cross(question: Question, *, order: str = "own") -> Table:
    """The table. OrgUnit.DoesNotExist if the unit is out of sight, TooManyGroups if nobody could read it."""
    if not OrgUnit.objects.visible_to(question.principal, FUNCTION).filter(pk=question.unit.pk).exists():
        raise OrgUnit.DoesNotExist(f"unit {question.unit.pk} is not in sight")
    reader = _Reader(question, groups(question))
    lines = reader.lines()
    if order != "own":
        lines.sort(key=lambda line: _rank(line, order))
    return Table(question, lines, reader.columns, reader.column_totals(), reader.whole())


class _Reader:
    """Figures into cells, past what is hidden."""

    def __init__(self, question: Question, found: Groups) -> None:
        self.question, self.crossed = question, len(question.by) > 1
        heads = [_heads(question, number, {keys[number] for keys in found}) for number in range(len(question.by))]
        self.rows = heads[0] if heads else []
        self.columns = heads[1] if self.crossed else []
        self.cells = found if self.crossed else {}
        self.of_rows = totals(question, found, (0,)) if self.crossed else found
        self.of_columns = totals(question, found, (1,)) if self.crossed else {}
        self.of_all = totals(question, found, ()) if heads else found
        self.hidden = self._hidden()

    def lines(self) -> list[Line]:
        return [
            Line(row, [self._crossing(row, column) for column in self.columns], self._row(row)) for row in self.rows
        ]

    def column_totals(self) -> list[Cell]:
        return [self._cell(self.of_columns.get((column.key,)), None, column) for column in self.columns]

    def whole(self) -> Cell:
        return self._cell(self.of_all.get(()), None, None)

    def _row(self, row: Head) -> Cell:
        return self._cell(self.of_rows.get((row.key,)), row, None)

    def _crossing(self, row: Head, column: Head) -> Cell:
        return self._cell(self.cells.get((row.key, column.key)), row, column)

    def _cell(self, figures: dict[str, Any] | None, row: Head | None, column: Head | None) -> Cell:
        if figures is None:
            return Cell(row, column)
        if (row and row.text, column and column.text) in self.hidden:
            return Cell(row, column, hidden=True)
        return Cell(row, column, self.question.measure.read(figures))

    def _hidden(self) -> set[tuple[str | None, str | None]]:
        """The heads, as texts, of cells and totals that must not be told."""
        if not self.crossed:
            parts = [self.of_rows[(row.key,)]["n"] for row in self.rows] or [row["n"] for row in self.of_all.values()]
            return {self._texts(place) for place in hidden_parts(parts, least=COUNTS_FROM)}
        rows, columns = ({head.key: at for at, head in enumerate(heads)} for heads in (self.rows, self.columns))
        table = {(rows[row], columns[column]): figures["n"] for (row, column), figures in self.cells.items()}
        return {self._texts(place) for place in hidden_cells(table, least=COUNTS_FROM)}

    def _texts(self, place: Place) -> tuple[str | None, str | None]:
        row, column = place
        texts: list[str | None] = [head.text for head in self.rows] or [None]
        return None if row is None else texts[row], None if column is None else self.columns[column].text


def _rank(line: Line, order: str) -> tuple[float, str]:
    """The highest first; what is hidden or has no value last, by name."""
    reading = line.total.reading
    if reading is None or reading.value is None:
        return float("inf"), line.head.label
    return -(reading.n if order == "n" else reading.value), line.head.label


def _heads(question: Question, number: int, keys: Collection[Key]) -> list[Head]:
    """The groups of a dimension in their order: their own where they have one, else by name; those without last."""
    dimension = question.by[number]
    known = [key for key in keys if key is not None]
    heads = _rows(dimension, known) if dimension.rows else _named(question, dimension, known)
    heads.sort(key=lambda head: head.key if dimension.ordered else head.label.casefold())
    return [*heads, *([Head(None, dimension.blank)] if None in keys else [])]


def _rows(dimension: Dimension, keys: Collection[Key]) -> list[Head]:
    found: Any = dimension.rows._default_manager if dimension.rows else None
    known_as = "code" if dimension.rows is Program else "external_id"
    return [Head(*row) for row in found.filter(pk__in=keys).values_list("pk", "name", known_as)]


def _named(question: Question, dimension: Dimension, keys: Collection[Key]) -> list[Head]:
    if dimension.key == "kind":
        names = dict(InteractionKind.objects.values_list("code", "name"))
        return [Head(key, names.get(key) or str(key)) for key in keys]
    if dimension.kind == "step":
        edges = question.edges[dimension.key]
        return [Head(key, told_step(edges, key, whole=dimension.whole)) for key in keys]
    return [Head(key, _said(dimension, key)) for key in keys]


def _said(dimension: Dimension, key: Key) -> str:
    if dimension.kind == "month":
        return f"{key:%b %Y}"
    if dimension.kind == "week":
        return f"week of {key.day} {key:%b %Y}"
    if dimension.kind == "day":
        return f"{key.day} {key:%b %Y}"
    return dimension.names.get(str(key), str(key))
