from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from analytics.forms import VIEWS
from analytics.maths.scorecards import RANK_FROM, RANK_HALF_WIDTH
from analytics.services.scoring import AS_WAS
from analytics.wording import point_of_view
from distribution.filters import RegionPageForm
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
    """A region's branches of today side by side, as it was unless another point of view is asked for."""
    found, at = find_region(principal=request.user, unit=unit), timezone.now()
    form = RegionPageForm(request.GET, today=at.date())
    view = form.view() if form.is_valid() else AS_WAS
    product = form.cleaned_data["product"] if form.is_valid() else ""
    rolled = roll_up(principal=request.user, unit=found, at=at, view=view, product=product)
    page = {
        "address": unit,
        "rolled": rolled, "form": form, "read_as": point_of_view(view), "view_name": dict(VIEWS)[view.kind],
        "rank_from": RANK_FROM, "rank_half_width": RANK_HALF_WIDTH,
    }  # fmt: skip
    return render(request, "distribution/region.html", page, status=400 if form.errors else 200)
