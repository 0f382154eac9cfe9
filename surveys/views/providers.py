"""Webhooks of mail providers: verified, stored, answered; judged afterwards."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from surveys.channels.providers import Unverified, offered, read
from surveys.services.inbound.receiving import receive_events


@csrf_exempt
@require_http_methods(["POST", "HEAD"])
def webhook(request: HttpRequest, provider: str, part: str) -> HttpResponse:
    """200 for what is stored, now or before; 400 for what the provider did not sign; 404 where it is not set up. A HEAD
    is how some see whether the address exists."""
    view = offered(provider, part)
    if view is None:
        raise Http404
    if request.method == "HEAD":
        return HttpResponse()
    at = timezone.now()
    try:
        receive_events(events=read(view, provider, request, at=at), source=provider, at=at)
    except Unverified as refusal:
        return HttpResponse(str(refusal), status=400, content_type="text/plain; charset=utf-8")
    return HttpResponse(status=200)
