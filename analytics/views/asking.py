"""/insights/asking/: who is asked, and why not."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponseBase
from django.views.decorators.http import require_safe

from analytics.services.asking import FUNCTION, Report, asking_report, table_rows
from analytics.views.choosing import Figures, show
from common.exports import Table, download
from common.models import Event

MOST = 100  # employees on the page; the file has all
HEADER = [
    "Table", "Id", "Name", "Occasions", "Share asked", "95 % low", "95 % high", "Stands out", "Reason", "In words",
    "Of this reason",
]  # fmt: skip


@login_required
@require_safe
def asking(request: HttpRequest) -> HttpResponseBase:
    return show(request, FIGURES)


def tell_asking(report: Report, file_format: str, *, by: Any, at: datetime) -> HttpResponseBase:
    """The file; the trail keeps who took it."""
    rows = list(table_rows(report))
    Event.objects.record("asking.exported", subject=report.unit, by=by, at=at, rows=len(rows), format=file_format)
    name = f"asking-{report.period.start}-{report.period.end}"
    return download(Table(name, HEADER, rows), file_format)


FIGURES = Figures(FUNCTION, "asking", asking_report, tell_asking, lambda report: {"employees": report.employees[:MOST]})
