"""Where a version is run over past days, and how it went before."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils import timezone

from surveys.models import ProgramVersion, Rehearsal
from surveys.services.rehearsing.requesting import last_days, last_quarter, last_year, request_rehearsal

SHOWN = 20


def page(request: HttpRequest, version: ProgramVersion, context: dict[str, Any]) -> Any:
    """Start a run (POST), or show the form and the runs so far."""
    shared: Any = Rehearsal
    if not request.user.has_perm("surveys.view_rehearsal", shared):
        raise PermissionDenied
    may_start = request.user.has_perm("surveys.add_rehearsal", shared)
    spans = spans_of(timezone.now().date())
    if request.method == "POST":
        if not may_start:
            raise PermissionDenied
        return _start(request, version, spans)
    told = {name: f"{title}, {first:%-d %b %Y} to {last:%-d %b %Y}" for name, (title, first, last) in spans.items()}
    context |= {
        "title": f"Time machine: {version}", "version": version, "may_start": may_start,
        "spans": list(told.items()),
        "rehearsals": version.rehearsals.select_related("by")[:SHOWN],
    }  # fmt: skip
    return TemplateResponse(request, "admin/surveys/programs/rehearsals.html", context)


def spans_of(today: date) -> dict[str, tuple[str, date, date]]:
    """What one may choose, by name."""
    return {
        "quarter": ("last quarter", *last_quarter(today)),
        "weeks": ("the last four weeks", *last_days(today, 28)),
        "year": ("last year", *last_year(today)),
    }


def _start(request: HttpRequest, version: ProgramVersion, spans: dict[str, tuple[str, date, date]]) -> Any:
    by: Any = request.user
    _, first, last = spans.get(request.POST.get("span", ""), spans["quarter"])
    try:
        row = request_rehearsal(version=version, first=first, last=last, at=timezone.now(), by=by)
    except ValidationError as refusal:
        for sentence in refusal.messages:
            messages.error(request, sentence)
        return redirect("admin:surveys_programversion_rehearsals", version.pk)
    return redirect("admin:surveys_rehearsal_change", row.pk)
