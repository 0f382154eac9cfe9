"""/insights/plan/: how many answers each unit needs, and which of them can have so many."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from analytics.forms_plan import PERIODS, PlanForm
from analytics.services.planning import plan
from analytics.services.scoring import FUNCTION
from analytics.views.choosing import unit_chosen
from crm.models import OrgUnit
from surveys.models import Program


@login_required
@require_safe
def planner(request: HttpRequest) -> HttpResponse:
    """The page; a wrong filter is named, and nothing is guessed from it. A unit out of sight is not there."""
    if not request.user.has_perm(FUNCTION):
        raise PermissionDenied
    at, units = timezone.now(), list(OrgUnit.objects.visible_to(request.user, FUNCTION))
    form = PlanForm(request.GET, today=at.date())
    frame = {"form": form, "units": units, "programs": Program.objects.all(), "periods": PERIODS}
    if not form.is_valid():
        return render(request, "analytics/plan_wrong.html", frame, status=400)
    unit = unit_chosen(request, units, form.cleaned_data["unit"], at=at, function=FUNCTION)
    planned = plan(principal=request.user, unit=unit, at=at, **form.asked())
    return render(
        request, "analytics/plan.html", {**frame, "plan": planned, "per": form.cleaned_data["per"] or "quarter"}
    )
