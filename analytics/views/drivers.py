"""/insights/drivers/: what goes with the score."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponseBase
from django.views.decorators.http import require_safe

from analytics.charts.drivers import bars, points
from analytics.forms_drivers import DriversForm
from analytics.services.drivers.reporting import FUNCTION, HEADER, SEED, Report, driver_report, table_rows
from analytics.views.choosing import Figures, show
from common.exports import Table, download
from common.models import Event


@login_required
@require_safe
def drivers(request: HttpRequest) -> HttpResponseBase:
    return show(request, FIGURES)


def tell_drivers(report: Report, file_format: str, *, by: Any, at: datetime) -> HttpResponseBase:
    """The file; the trail keeps who took it."""
    rows = list(table_rows(report))
    Event.objects.record("drivers.exported", subject=report.unit, by=by, at=at, rows=len(rows), format=file_format)
    return download(Table(f"drivers-{report.period.start}-{report.period.end}", HEADER, rows), file_format)


def _drawn(report: Report) -> dict[str, Any]:
    drawn = points(report.curve, report.scale) if report.curve else None
    return {"bars": bars(report.drivers), "points": drawn, "seed": SEED}


FIGURES = Figures(FUNCTION, "drivers", driver_report, tell_drivers, _drawn, DriversForm)
