"""How long tickets take: for whoever leads, of what they see."""

from __future__ import annotations

from datetime import timedelta

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from closedloop.milestones import CONTACT, RESOLUTION
from closedloop.models import Stage
from closedloop.services.summing import clocks_seen, systems_with_cases, times_by_reason, times_by_stage, times_by_unit

PERIODS = (7, 30, 90)
USUAL = 30


@login_required
@require_safe
def times(request: HttpRequest) -> HttpResponse:
    at, systems = timezone.now(), systems_with_cases()
    source = request.GET.get("source", "")
    if source in systems:
        return _times_of_cases(request, source, systems)
    days = next((days for days in PERIODS if str(days) == request.GET.get("days")), USUAL)
    stage = request.GET.get("stage")
    stage = stage if stage in Stage.values else CONTACT
    seen, since = clocks_seen(request.user), at - timedelta(days=days)
    context = {
        "days": days,
        "periods": PERIODS,
        "stage": Stage(stage),
        "stages": list(Stage),
        "systems": systems,
        "by_stage": times_by_stage(seen, since=since, at=at),
        "by_unit": times_by_unit(seen, stage=stage, since=since, at=at),
    }
    return render(request, "closedloop/times.html", context)


def _times_of_cases(request: HttpRequest, source: str, systems: list[str]) -> HttpResponse:
    """Of all cases that came from another system, whenever they were: how long they took to be closed."""
    at, seen = timezone.now(), clocks_seen(request.user, source=source)
    context = {
        "source": source,
        "systems": systems,
        "by_stage": times_by_stage(seen.filter(stage=RESOLUTION), since=None, at=at),
        "by_unit": times_by_unit(seen, stage=RESOLUTION, since=None, at=at),
        "by_reason": times_by_reason(seen, at=at),
    }
    return render(request, "closedloop/times_of_cases.html", context)
