"""/insights/dispositions/: what became of invitations, and the response rates that follow from it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponseBase
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from analytics.forms import InsightsForm
from analytics.services.disposing import Report, disposition_report, table_rows
from analytics.services.scoring import FUNCTION, top_units
from common.exports import Table, download
from common.models import Event
from crm.models import OrgUnit
from surveys.models import Program

HEADER = [
    "Table", "Id", "Name", "Invitations", "Went out", "RR1", "RR2", "RR3", "RR4", "RR5", "RR6", "COOP1", "REF1",
    "CON1", "Clicks settled", "Of them automatic", "Disposition", "In words", "Number",
]  # fmt: skip


@login_required
@require_safe
def dispositions(request: HttpRequest) -> HttpResponseBase:
    """The page, or its tables as a file (`format`); a wrong filter is named. A unit out of sight is not there."""
    if not request.user.has_perm(FUNCTION):
        raise Http404
    at, units = timezone.now(), list(OrgUnit.objects.visible_to(request.user, FUNCTION))
    form = InsightsForm(request.GET, today=at.date())
    frame = {"form": form, "units": units, "programs": Program.objects.all()}
    if not form.is_valid():
        return render(request, "analytics/dispositions_wrong.html", frame, status=400)
    chosen = form.cleaned_data["unit"]
    found = [u for u in units if u.pk == chosen] if chosen else top_units(request.user, at=at)
    if not found:
        raise Http404
    report = disposition_report(principal=request.user, unit=found[0], question=form.answer(), at=at)
    if wanted := form.cleaned_data["format"]:
        return tell_dispositions(report, wanted, by=request.user, at=at)
    return render(request, "analytics/dispositions.html", {**frame, "report": report})


def tell_dispositions(report: Report, file_format: str, *, by: Any, at: datetime) -> HttpResponseBase:
    """The file; the trail keeps who took it."""
    rows = list(table_rows(report))
    Event.objects.record("dispositions.exported", subject=report.unit, by=by, at=at, rows=len(rows), format=file_format)
    name = f"dispositions-{report.period.start}-{report.period.end}"
    return download(Table(name, HEADER, rows), file_format)
