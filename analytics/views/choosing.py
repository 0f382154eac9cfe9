"""What a page of figures is asked about: the unit in sight, the time, the program; or what is wrong with that."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.http import Http404, HttpRequest, HttpResponseBase
from django.shortcuts import render
from django.utils import timezone

from analytics.forms import InsightsForm
from analytics.services.scoring import top_units
from analytics.wording import point_of_view
from crm.models import Hierarchy, OrgUnit
from crm.viewpoints import View
from surveys.models import Program


def unit_chosen(
    request: HttpRequest, units: Sequence[OrgUnit], chosen: int | None, *, at: datetime, function: str
) -> OrgUnit:
    """The unit chosen among those in sight, else the top one of theirs. Http404 where there is none."""
    found = [u for u in units if u.pk == chosen] if chosen else top_units(request.user, at=at, function=function)
    if not found:
        raise Http404
    return found[0]


def arranged(view: View, hierarchies: Iterable[Hierarchy]) -> str:
    """The point of view in words, with the name of the hierarchy that it asks for."""
    named = [each.name for each in hierarchies if each.code == view.hierarchy and not each.is_primary]
    return point_of_view(view, *named)


@dataclass(frozen=True)
class Figures:
    """A page of figures about a unit: the function that lets people see it, the name of its templates; what it tells,
    how its tables become a file, what the page needs beside that, and what it may be asked."""

    function: str
    name: str
    report: Callable[..., Any]
    tell: Callable[..., HttpResponseBase]
    beside: Callable[[Any], dict[str, Any]] = lambda _: {}
    form: type[InsightsForm] = InsightsForm


def show(request: HttpRequest, figures: Figures) -> HttpResponseBase:
    """The page, or its tables as a file (`format`); a wrong filter is named, and nothing is guessed from it. A unit out
    of sight is not there, nor is the page for whoever lacks the function."""
    if not request.user.has_perm(figures.function):
        raise Http404
    at, units = timezone.now(), list(OrgUnit.objects.visible_to(request.user, figures.function))
    form = figures.form(request.GET, today=at.date())
    frame = {"form": form, "units": units, "programs": Program.objects.all()}
    if not form.is_valid():
        return render(request, f"analytics/{figures.name}_wrong.html", frame, status=400)
    unit = unit_chosen(request, units, form.cleaned_data["unit"], at=at, function=figures.function)
    report = figures.report(principal=request.user, unit=unit, question=form.answer(), at=at)
    if wanted := form.cleaned_data["format"]:
        return figures.tell(report, wanted, by=request.user, at=at)
    return render(request, f"analytics/{figures.name}.html", {**frame, "report": report, **figures.beside(report)})
