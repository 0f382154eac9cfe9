"""/insights/by-hand/: whom staff asked and whom not, and who agreed before a call."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from analytics.forms import ByHandForm
from analytics.services.integrity.by_hand import FUNCTION, outcomes, report
from analytics.views.choosing import unit_chosen
from crm.models import OrgUnit


@login_required
@require_safe
def by_hand(request: HttpRequest) -> HttpResponse:
    """The page; a wrong filter is named, and nothing is guessed from it. A unit out of sight is not there, nor is
    the page for whoever does not see why customers were asked."""
    if not request.user.has_perm(FUNCTION):
        raise Http404
    at, units = timezone.now(), list(OrgUnit.objects.visible_to(request.user, FUNCTION))
    form = ByHandForm(request.GET, today=at.date())
    frame = {"form": form, "units": units, "outcomes": outcomes()}
    if not form.is_valid():
        return render(request, "analytics/by_hand_wrong.html", frame, status=400)
    unit = unit_chosen(request, units, form.cleaned_data["unit"], at=at, function=FUNCTION)
    asked = form.answer()
    told = report(
        principal=request.user, unit=unit, start=asked["start"], end=asked["end"], by=form.cleaned_data["by"], at=at
    )
    return render(request, "analytics/by_hand.html", {**frame, "report": told, "unit": told.unit})
