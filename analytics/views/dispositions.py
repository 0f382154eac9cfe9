"""/insights/dispositions/: what became of invitations, and the response rates that follow from it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponseBase
from django.views.decorators.http import require_safe

from analytics.services.disposing import Report, disposition_report, table_rows
from analytics.services.scoring import FUNCTION
from analytics.views.choosing import Figures, show
from common.exports import Table, download
from common.models import Event

HEADER = [
    "Table", "Id", "Name", "Invitations", "Went out", "RR1", "RR2", "RR3", "RR4", "RR5", "RR6", "COOP1", "REF1",
    "CON1", "Clicks settled", "Of them automatic", "Disposition", "In words", "Number",
]  # fmt: skip


@login_required
@require_safe
def dispositions(request: HttpRequest) -> HttpResponseBase:
    return show(request, FIGURES)


def tell_dispositions(report: Report, file_format: str, *, by: Any, at: datetime) -> HttpResponseBase:
    """The file; the trail keeps who took it."""
    rows = list(table_rows(report))
    Event.objects.record("dispositions.exported", subject=report.unit, by=by, at=at, rows=len(rows), format=file_format)
    name = f"dispositions-{report.period.start}-{report.period.end}"
    return download(Table(name, HEADER, rows), file_format)


FIGURES = Figures(FUNCTION, "dispositions", disposition_report, tell_dispositions)
