"""/insights/launches/: do answers about a launch fall short of what comparable ones had at the same age?"""

from __future__ import annotations

import uuid

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from analytics.charts.launches import expectation
from analytics.services.launches.reading import FUNCTION, compared_with, find_launch, launches_at, said_about


@login_required
@require_safe
def launches(request: HttpRequest) -> HttpResponse:
    """The launches in sight, each with its finding."""
    if not request.user.has_perm(FUNCTION):
        raise PermissionDenied
    return render(request, "analytics/launches.html", {"launches": launches_at(principal=request.user)})


@login_required
@require_safe
def launch(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """One launch: its weeks against what was to be expected, and what its detractors say."""
    told = find_launch(principal=request.user, public_id=public_id)
    if told is None:
        raise Http404
    fell = told.launch.fell_short
    page = {
        "told": told, "launch": told.launch, "fell": fell,
        "figure": expectation(told.points, fell.week if fell else None),
        "said": said_about(told.launch, principal=request.user),
        "compared": compared_with(told.launch, principal=request.user),
    }  # fmt: skip
    return render(request, "analytics/launch.html", page)
