"""/insights/recovery/: did calling detractors help?"""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from analytics.forms_recovery import RecoveryPageForm
from analytics.services.recovery.following import EARLY
from analytics.services.recovery.handing_out import tell_recovery
from analytics.services.recovery.reporting import FUNCTION, recovery_report
from analytics.views.choosing import unit_chosen
from crm.models import OrgUnit


@login_required
@require_safe
def recovery(request: HttpRequest) -> HttpResponseBase:
    """The page, or its tables as a file (`format`); a wrong filter is named, and nothing is guessed from it. A unit out
    of sight is not there."""
    if not request.user.has_perm(FUNCTION):
        raise PermissionDenied
    at, units = timezone.now(), list(OrgUnit.objects.visible_to(request.user, FUNCTION))
    form = RecoveryPageForm(request.GET, today=at.date())
    frame = {"form": form, "units": units}
    if not form.is_valid():
        return render(request, "analytics/recovery_wrong.html", frame, status=400)
    unit = unit_chosen(request, units, form.cleaned_data["unit"], at=at, function=FUNCTION)
    report = recovery_report(principal=request.user, unit=unit, at=at, **form.answer())
    if wanted := form.cleaned_data["format"]:
        return tell_recovery(report, wanted, by=request.user, at=at)
    return render(request, "analytics/recovery.html", {**frame, "report": report, "unit": unit, "early": EARLY})
