from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe


@require_safe
def landing(request: HttpRequest) -> HttpResponse:
    """What this is and the four doors; logins are shown by a demo only."""
    return render(request, "distribution/landing.html", {"demo": settings.DEMO_LOGINS if settings.DEMO else None})
