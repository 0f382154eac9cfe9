"""/insights/offers/: scores with and without an offer, and what the lot says."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from analytics.forms import PageForm
from analytics.services.scoring import FUNCTION, top_units
from analytics.services.worth.comparing import offer_report
from crm.models import OrgUnit


@login_required
@require_safe
def offers(request: HttpRequest) -> HttpResponse:
    """The page; a wrong filter is named, and nothing is guessed from it. A unit out of sight is not there."""
    if not request.user.has_perm(FUNCTION):
        raise PermissionDenied
    at, units = timezone.now(), list(OrgUnit.objects.visible_to(request.user, FUNCTION))
    form = PageForm(request.GET, today=at.date())
    frame = {"form": form, "units": units}
    if not form.is_valid():
        return render(request, "analytics/offers_wrong.html", frame, status=400)
    chosen = form.cleaned_data["unit"]
    found = [unit for unit in units if unit.pk == chosen] if chosen else top_units(request.user, at=at)
    if not found:
        raise Http404
    asked = form.answer()
    report = offer_report(principal=request.user, unit=found[0], start=asked["start"], end=asked["end"], at=at)
    return render(request, "analytics/offers.html", {**frame, "report": report, "unit": report.unit})
