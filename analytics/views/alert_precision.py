"""/insights/alerts/: were the alerts right that were guesses?"""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from analytics.services.alert_precision import DAYS, FEWEST, FUNCTION, precision_by_rule


@login_required
@require_safe
def alert_precision(request: HttpRequest) -> HttpResponse:
    """By rule, of the last year; not there for whoever sees no alerts."""
    if not request.user.has_perm(FUNCTION):
        raise Http404
    rows = precision_by_rule(principal=request.user, at=timezone.now())
    return render(request, "analytics/alert_precision.html", {"rows": rows, "days": DAYS, "fewest": FEWEST})
