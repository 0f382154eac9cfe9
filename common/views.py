"""The machine's own pages: health, metrics, and what a visitor sees when something of ours is broken."""

from __future__ import annotations

import sys

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.template.loader import render_to_string
from django.utils.crypto import constant_time_compare
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from django.views.defaults import bad_request
from django_prometheus.exports import ExportToDjangoView

from common import health, metrics
from common.refusals import is_api, refusal
from common.unavailable import is_database_away, unavailable

_LOOPBACK = {"127.0.0.1", "::1"}
_FORWARDED = ("HTTP_X_FORWARDED_FOR", "HTTP_FORWARDED", "HTTP_X_REAL_IP")  # a proxy speaks for somebody else


@never_cache
@require_safe
def healthz(_request: HttpRequest) -> HttpResponse:
    """200 when all is well, 503 when something is not: the checks with their figures, never personal data."""
    checks = health.check_all()
    well = all(check.ok for check in checks)
    body = {
        "status": "ok" if well else "unwell",
        "checks": {check.name: {"ok": check.ok, **check.figures} for check in checks},
    }
    return JsonResponse(body, status=200 if well else 503, headers={} if well else {"Retry-After": "30"})


@never_cache
@require_safe
def show_metrics(request: HttpRequest) -> HttpResponse:
    """For Prometheus: to a caller on this machine, or with SHOPKEEPER_METRICS_TOKEN as bearer; others find nothing."""
    if not _may_read_metrics(request):
        raise Http404
    response: HttpResponse = ExportToDjangoView(request)
    response.content += metrics.gauges()
    return response


def _may_read_metrics(request: HttpRequest) -> bool:
    given = request.headers.get("Authorization", "")
    if settings.METRICS_TOKEN and constant_time_compare(given, f"Bearer {settings.METRICS_TOKEN}"):
        return True
    direct = not any(header in request.META for header in _FORWARDED)
    return direct and request.META.get("REMOTE_ADDR") in _LOOPBACK


def broken(request: HttpRequest) -> HttpResponseBase:
    """Django's handler500, called while the exception is handled, wherever it was raised."""
    if is_database_away(sys.exception()):
        return unavailable(request)
    if is_api(request):
        message = "Something went wrong on our side. It has been recorded."
        return refusal(status=500, kind="server", code="server_error", message=message)
    return HttpResponse(render_to_string("500.html"), status=500)


def unreadable(request: HttpRequest, exception: Exception) -> HttpResponseBase:
    """Django's handler400: what middleware refused, such as a host that is not ours."""
    if is_api(request):
        return refusal(status=400, kind="client", code="bad_request", message="The request could not be read.")
    return bad_request(request, exception)
