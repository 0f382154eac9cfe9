"""What a visitor gets while the database is away: 503 and when to come back, never a 500."""

from __future__ import annotations

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string

from common.refusals import is_api, refusal

RETRY_AFTER = "30"  # seconds; how long a restart of the database usually takes


def is_database_away(error: BaseException | None) -> bool:
    return isinstance(error, OperationalError | InterfaceError)


def unavailable(request: HttpRequest) -> HttpResponse:
    """The one error shape for the API, a calm page for people; the page asks neither session nor user."""
    headers = {"Retry-After": RETRY_AFTER, "Cache-Control": "no-store"}
    if is_api(request):
        message = "The database cannot be reached. Please try again shortly."
        return refusal(status=503, kind="server", code="unavailable", message=message, headers=headers)
    return HttpResponse(render_to_string("503.html"), status=503, headers=headers)
