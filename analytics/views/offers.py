"""/insights/offers/: scores with and without an offer, and what the lot says."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from analytics.forms import InsightsForm
from analytics.services.scoring import FUNCTION
from analytics.services.worth.comparing import offer_report
from analytics.services.worth.handing_out import tell_offers
from analytics.views.choosing import arranged, unit_chosen
from crm.models import Hierarchy, OrgUnit


@login_required
@require_safe
def offers(request: HttpRequest) -> HttpResponseBase:
    """The page, or its tables as a file (`format`); a wrong filter is named, and nothing is guessed from it. A unit out
    of sight is not there."""
    if not request.user.has_perm(FUNCTION):
        raise PermissionDenied
    at, units = timezone.now(), list(OrgUnit.objects.visible_to(request.user, FUNCTION))
    form = InsightsForm(request.GET, today=at.date())
    frame: dict[str, Any] = {"form": form, "units": units, "hierarchies": Hierarchy.objects.all()}
    if not form.is_valid():
        return render(request, "analytics/offers_wrong.html", frame, status=400)
    unit = unit_chosen(request, units, form.cleaned_data["unit"], at=at, function=FUNCTION)
    asked = form.answer()
    question = {name: asked[name] for name in ("start", "end", "view")}
    report = offer_report(principal=request.user, unit=unit, at=at, **question)
    if wanted := form.cleaned_data["format"]:
        return tell_offers(report, wanted, by=request.user, at=at)
    frame |= {"report": report, "unit": report.unit, "read_as": arranged(report.view, frame["hierarchies"])}
    return render(request, "analytics/offers.html", frame)
