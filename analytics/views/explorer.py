"""/insights/explore/: any measure by any two dimensions, and what stands behind each figure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Any

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from analytics import wording_explore as wording
from analytics.charts.cut import Figure, Point, dots, lines, point
from analytics.cuts import Dimension
from analytics.filters import AnswerFilter
from analytics.forms_explore import BehindForm, ExploreForm
from analytics.services.crossing import Cell, Line, Table, cross
from analytics.services.cutting import Question, TooManyGroups
from analytics.services.handing_out_cuts import tell_cut
from analytics.services.scoring import FUNCTION
from analytics.services.standing_behind import Behind, NoSuchCell, behind
from analytics.views.choosing import arranged, unit_chosen
from common.conditions.naming import names_in
from common.conditions.wording import in_words
from common.text import grouped
from crm.models import Hierarchy, OrgUnit
from surveys.models import Program

SHADES = 8
PAGES = ("words", "calls")


@dataclass(frozen=True)
class Shown:
    """A cell as the page writes it. `shade`: 0 to 8 on the measure's scale; None: no value."""

    cell: Cell
    text: str
    interval: str
    more: str
    link: str
    shade: int | None


@login_required
@require_safe
def explorer(request: HttpRequest) -> HttpResponseBase:
    """The page, or its table as a file (`format`); a wrong choice is named, and nothing is guessed from it. A unit out
    of sight is not there."""
    at = timezone.now()
    form, frame = _asked(request, ExploreForm(request.GET, today=at.date()))
    if not form.is_valid():
        return render(request, "analytics/explore_wrong.html", frame, status=400)
    question = _question(request, form, frame["units"], at)
    try:
        table = cross(question, order=form.cleaned_data["order"] or "own")
    except TooManyGroups as error:
        form.add_error("rows", str(error))
        return render(request, "analytics/explore_wrong.html", frame | {"unit": question.unit}, status=400)
    if wanted := form.cleaned_data["format"]:
        return tell_cut(table, wanted, by=request.user, at=at)
    return render(request, "analytics/explore.html", {**frame, **_told(request, form, table)})


@login_required
@require_safe
def explorer_behind(request: HttpRequest) -> HttpResponse:
    """The words and the call notes of one cell. A cell that must not be told is not there."""
    at = timezone.now()
    form, frame = _asked(request, BehindForm(request.GET, today=at.date()))
    if not form.is_valid():
        return render(request, "analytics/explore_wrong.html", frame, status=400)
    question, given = _question(request, form, frame["units"], at), request.GET
    try:
        found = behind(
            question, row=given.get("row"), column=given.get("column"),
            words_page=given.get("words"), calls_page=given.get("calls"),
        )  # fmt: skip
    except (NoSuchCell, TooManyGroups) as error:
        raise Http404 from error
    return render(request, "analytics/explore_behind.html", {**frame, **_told_behind(request, found)})


def _asked(request: HttpRequest, form: Any) -> tuple[Any, dict[str, Any]]:
    """The form, and what every one of these pages needs."""
    if not request.user.has_perm(FUNCTION):
        raise PermissionDenied
    units = list(OrgUnit.objects.visible_to(request.user, FUNCTION))
    frame = {
        "form": form, "units": units, "programs": Program.objects.all(), "hierarchies": Hierarchy.objects.all(),
        "dimensions": _grouped(form.known_dimensions.values()), "measures": form.known_measures.values(),
    }  # fmt: skip
    return form, frame


def _grouped(dimensions: Iterable[Dimension]) -> list[tuple[str, list[Dimension]]]:
    """Under headings, as the page offers them."""
    return [(name, list(each)) for name, each in groupby(dimensions, key=_heading)]


def _heading(dimension: Dimension) -> str:
    if dimension.is_time:
        return "When"
    return "Attributes of the interaction" if dimension.key.startswith("attribute.") else "Who, where and what"


def _question(request: HttpRequest, form: Any, units: list[OrgUnit], at: datetime) -> Question:
    unit = unit_chosen(request, units, form.cleaned_data["unit"], at=at, function=FUNCTION)
    question: Question = form.question(principal=request.user, unit=unit, today=at.date())
    return question


def _told(request: HttpRequest, form: Any, table: Table) -> dict[str, Any]:
    """The table and the words around its figures."""
    shown = _Shower(request, table)
    return _named(form, table) | {
        "table": table,
        "finding": wording.finding(table),
        "lede": wording.lede(table),
        "lines": [(line.head, [shown(cell) for cell in line.cells], shown(line.total)) for line in table.lines],
        "totals": [shown(cell) for cell in table.totals],
        "whole": shown(table.whole),
        "figure": figure(table),
        "heat": bool(table.columns),
    }


def _named(form: Any, table: Table) -> dict[str, Any]:
    question, tree = table.question, form.cleaned_data["where"]
    return {
        "unit": question.unit,
        "period": question.period,
        "read_as": arranged(question.view, Hierarchy.objects.all()) if form.cleaned_data["as_of"] else "",
        "where": in_words(tree, AnswerFilter, names_in(tree, AnswerFilter, question.principal)) if tree else "",
    }


def _told_behind(request: HttpRequest, found: Behind) -> dict[str, Any]:
    given = request.GET.copy()
    for name in ("row", "column", *PAGES):
        given.pop(name, None)
    shown = _Shower(request, found.table)
    return {
        "found": found,
        "question": found.table.question,
        "unit": found.table.question.unit,
        "place": wording.place(found.cell),
        "shown": shown(found.cell),
        "back": f"{reverse('explore')}?{given.urlencode()}",
    }


class _Shower:
    """Cells as the page writes them, with their links."""

    def __init__(self, request: HttpRequest, table: Table) -> None:
        self.form, self.given = table.question.measure.form, request.GET.copy()
        for name in ("row", "column", "format", *PAGES):
            self.given.pop(name, None)
        values = [cell.reading.value or 0.0 for cell in table.known if cell.reading]
        self.low, self.high = table.question.measure.reach or (min(values, default=0), max(values, default=0))

    def __call__(self, cell: Cell) -> Shown:
        reading = cell.reading
        if reading is None:
            return Shown(cell, "", "", "", "", None)
        text, interval = wording.told(reading.value, self.form), wording.interval(reading, self.form)
        return Shown(
            cell, text, interval, wording.more(reading, self.form), self._link(cell), self._shade(reading.value)
        )

    def _link(self, cell: Cell) -> str:
        given = self.given.copy()
        for name, head in (("row", cell.row), ("column", cell.column)):
            if head is not None:
                given[name] = head.text
        return f"{reverse('explore_behind')}?{given.urlencode()}"

    def _shade(self, value: float | None) -> int | None:
        if value is None:
            return None
        return round(SHADES * (value - self.low) / (self.high - self.low)) if self.high > self.low else SHADES // 2


def figure(table: Table) -> Figure | None:
    """The chart of a table: a line for each group over time, dots for one dimension of anything else; two dimensions
    without time are told by the shades of the table itself."""
    first = table.question.by[0] if table.question.by else None
    if first is None or not table.known:
        return None
    by_time = sorted(table.lines, key=lambda line: (line.head.key is None, line.head.key)) if first.is_time else []
    if by_time and table.columns:
        return lines([(head.label, _points(by_time, table, number)) for number, head in enumerate(table.columns)])
    if by_time:
        return lines([("", _points(by_time, table, None))])
    return None if table.columns else dots(_points(table.lines, table, None))


def _points(of: Iterable[Line], table: Table, column: int | None) -> list[Point]:
    form = table.question.measure.form
    cells = [(line.head.label, line.total if column is None else line.cells[column]) for line in of]
    return [point(label, cell.reading, _hint(cell, form)) for label, cell in cells]


def _hint(cell: Cell, form: str) -> str:
    reading = cell.reading
    if reading is None or reading.value is None:
        return f"{wording.place(cell)}: too few answers"
    value = wording.told(reading.value, form)
    return f"{wording.place(cell)}: {value} (95 % {wording.interval(reading, form)}), n {grouped(reading.n)}"
