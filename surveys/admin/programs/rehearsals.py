"""Where a version is run over past days, and how it went before."""

from __future__ import annotations

from datetime import date
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.validators import MinValueValidator
from django.http import HttpRequest
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils import timezone

from surveys.models import ProgramVersion, Rehearsal
from surveys.services.rehearsing.requesting import last_days, last_quarter, last_year, request_rehearsal

SHOWN = 20
OWN = "own"
EARLIEST = date(2000, 1, 1)


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
        return _start(request, version, {name: (first, last) for name, (_, first, last) in spans.items()})
    told = {name: f"{title}, {first:%-d %b %Y} to {last:%-d %b %Y}" for name, (title, first, last) in spans.items()}
    context |= {
        "title": f"Time machine: {version}", "version": version, "may_start": may_start,
        "spans": [*told.items(), (OWN, "from the first to the last day given here")],
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


class DaysForm(forms.Form):
    """Days of one's own choice; whether they are over, and not too many, is the service's to say."""

    first = forms.DateField(input_formats=["%Y-%m-%d"], validators=[MinValueValidator(EARLIEST)])
    last = forms.DateField(input_formats=["%Y-%m-%d"], validators=[MinValueValidator(EARLIEST)])

    def days(self) -> tuple[date, date]:
        """Raises ValidationError."""
        if not self.is_valid():
            raise ValidationError("Give the first and the last day, such as 2026-09-23, from the year 2000 on.")
        return self.cleaned_data["first"], self.cleaned_data["last"]


def _start(request: HttpRequest, version: ProgramVersion, spans: dict[str, tuple[date, date]]) -> Any:
    by: Any = request.user
    span = request.POST.get("span", "")
    try:
        first, last = DaysForm(request.POST).days() if span == OWN else spans.get(span, spans["quarter"])
        row = request_rehearsal(version=version, first=first, last=last, at=timezone.now(), by=by)
    except ValidationError as refusal:
        for sentence in refusal.messages:
            messages.error(request, sentence)
        return redirect("admin:surveys_programversion_rehearsals", version.pk)
    return redirect("admin:surveys_rehearsal_change", row.pk)
