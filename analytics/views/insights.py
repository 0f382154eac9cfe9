"""/insights/: one unit's score and what explains it."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from analytics.charts.control import control
from analytics.charts.trend import trend
from analytics.forms_scores import ScoresForm
from analytics.maths.scorecards import COVERAGE, RESPONSE_RATE
from analytics.services.exploring import Insight, explore
from analytics.services.handing_out import tell_insight
from analytics.services.scoring import FUNCTION
from analytics.views.choosing import arranged, unit_chosen
from crm.models import Hierarchy, OrgUnit
from surveys.models import Program, Reason


@login_required
@require_safe
def insights(request: HttpRequest) -> HttpResponseBase:
    """The page, or its tables as a file (`format`); a wrong filter is named, and nothing is guessed from it. A unit out
    of sight is not there."""
    if not request.user.has_perm(FUNCTION):
        raise PermissionDenied
    at, units = timezone.now(), list(OrgUnit.objects.visible_to(request.user, FUNCTION))
    form = ScoresForm(request.GET, today=at.date())
    frame: dict[str, Any] = {
        "form": form,
        "units": units,
        "programs": Program.objects.all(),
        "hierarchies": Hierarchy.objects.all(),
    }
    if not form.is_valid():
        return render(request, "analytics/insights_wrong.html", frame, status=400)
    unit = unit_chosen(request, units, form.cleaned_data["unit"], at=at, function=FUNCTION)
    wished = {"target": form.cleaned_data["target"], "weigh": form.cleaned_data["weigh"]}
    insight = explore(principal=request.user, unit=unit, question=form.answer(), at=at, **wished)
    if wanted := form.cleaned_data["format"]:
        return tell_insight(insight, wanted, by=request.user, at=at)
    frame |= {**_told(insight), "read_as": arranged(insight.view, frame["hierarchies"])}
    return render(request, "analytics/insights.html", frame)


def _told(insight: Insight) -> dict[str, Any]:
    """The insight and the words around its figures."""
    return {
        "insight": insight,
        "trend": trend(insight.months, [one.on for one in insight.breaks]),
        "control": control(insight.control) if insight.control else None,
        "response_rate_is": RESPONSE_RATE,
        "coverage_is": COVERAGE,
        "reasons": [
            (Reason(reason).label, number)
            for reason, number in sorted(insight.card.asking.reasons.items(), key=lambda pair: -pair[1])
        ],
    }
