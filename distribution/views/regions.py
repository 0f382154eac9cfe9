from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from distribution.models.digests import unit_address
from distribution.services.rolling_up import find_region, regions_of, roll_up


@require_safe
@login_required
def regions(request: HttpRequest) -> HttpResponse:
    """One's own region; of several, the choice."""
    found = regions_of(request.user, at=timezone.now())
    addresses = [(unit, reverse("region", kwargs={"unit": unit_address(unit)})) for unit in found]
    if len(addresses) == 1:
        return redirect(addresses[0][1])
    return render(request, "distribution/regions.html", {"regions": addresses})


@require_safe
@login_required
def region(request: HttpRequest, unit: str) -> HttpResponse:
    """A region's branches side by side, as of now."""
    found = find_region(principal=request.user, unit=unit)
    rolled = roll_up(principal=request.user, unit=found, at=timezone.now())
    return render(request, "distribution/region.html", {"rolled": rolled})
