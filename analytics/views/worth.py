"""/insights/worth/: what promoters, passives and detractors brought."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from analytics.charts.groups import whiskers
from analytics.forms_worth import WorthPageForm
from analytics.services.worth.filling import WINDOW
from analytics.services.worth.handing_out import tell_worth
from analytics.services.worth.reading import FUNCTION, Report, periods, usual, worth_report
from analytics.views.choosing import unit_chosen
from crm.models import Acquisition, OrgUnit


@login_required
@require_safe
def worth(request: HttpRequest) -> HttpResponseBase:
    """The page, or its tables as a file (`format`); a wrong filter is named, and nothing is guessed from it. A unit out
    of sight is not there."""
    if not request.user.has_perm(FUNCTION):
        raise PermissionDenied
    at, units = timezone.now(), list(OrgUnit.objects.visible_to(request.user, FUNCTION))
    form, counted = WorthPageForm(request.GET), periods()
    frame = {"form": form, "units": units, "periods": counted}
    if not form.is_valid():
        return render(request, "analytics/worth_wrong.html", frame, status=400)
    unit = unit_chosen(request, units, form.cleaned_data["unit"], at=at, function=FUNCTION)
    period = form.cleaned_data["period"] or usual(counted, at.date())
    if period is None:
        return render(request, "analytics/worth_empty.html", {**frame, "unit": unit})
    report = worth_report(principal=request.user, unit=unit, period=period, at=at, **form.answer())
    if wanted := form.cleaned_data["format"]:
        return tell_worth(report, wanted, by=request.user, at=at)
    return render(request, "analytics/worth.html", {**frame, **_told(report)})


def _told(report: Report) -> dict[str, Any]:
    """The report and the drawings and words around its figures."""
    return {
        "report": report,
        "unit": report.unit,
        "readings": [(reading, whiskers(reading.groups)) for reading in report.readings],
        "window": WINDOW,
        "heard": [
            (Acquisition.How(how).label, how in Acquisition.EARNED, number) for how, number in report.heard.ranked
        ],
    }
