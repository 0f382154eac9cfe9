"""/insights/asking/: who is asked, and why not."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponseBase
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from analytics.forms import InsightsForm
from analytics.services.asking import FUNCTION, Report, asking_report, table_rows
from analytics.services.scoring import top_units
from common.exports import Table, download
from common.models import Event
from crm.models import OrgUnit
from surveys.models import Program

MOST = 100  # employees on the page; the file has all
HEADER = [
    "Table", "Id", "Name", "Occasions", "Share asked", "95 % low", "95 % high", "Stands out", "Reason", "In words",
    "Of this reason",
]  # fmt: skip


@login_required
@require_safe
def asking(request: HttpRequest) -> HttpResponseBase:
    """The page, or its tables as a file (`format`); a wrong filter is named, and nothing is guessed from it. A unit out
    of sight is not there, nor is the page for whoever may not see decisions."""
    if not request.user.has_perm(FUNCTION):
        raise Http404
    at, units = timezone.now(), list(OrgUnit.objects.visible_to(request.user, FUNCTION))
    form = InsightsForm(request.GET, today=at.date())
    frame = {"form": form, "units": units, "programs": Program.objects.all()}
    if not form.is_valid():
        return render(request, "analytics/asking_wrong.html", frame, status=400)
    chosen = form.cleaned_data["unit"]
    found = [u for u in units if u.pk == chosen] if chosen else top_units(request.user, at=at, function=FUNCTION)
    if not found:
        raise Http404
    report = asking_report(principal=request.user, unit=found[0], question=form.answer(), at=at)
    if wanted := form.cleaned_data["format"]:
        return tell_asking(report, wanted, by=request.user, at=at)
    return render(request, "analytics/asking.html", {**frame, "report": report, "employees": report.employees[:MOST]})


def tell_asking(report: Report, file_format: str, *, by: Any, at: datetime) -> HttpResponseBase:
    """The file; the trail keeps who took it."""
    rows = list(table_rows(report))
    Event.objects.record("asking.exported", subject=report.unit, by=by, at=at, rows=len(rows), format=file_format)
    name = f"asking-{report.period.start}-{report.period.end}"
    return download(Table(name, HEADER, rows), file_format)
