"""What stands before every page: the request's line in the log, the refusal of what cannot be read, calm when the
database is away, and that no cache keeps what we answer."""

from __future__ import annotations

import logging
import re
import time
from collections.abc import Callable
from typing import cast

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from pghistory.middleware import HistoryMiddleware

from common.logs import route_of
from common.refusals import is_api, refusal
from common.unavailable import is_database_away, unavailable

log = logging.getLogger("shopkeeper.request")

_LENGTH = re.compile(r"[0-9]{1,15}")
GetResponse = Callable[[HttpRequest], HttpResponseBase]


class RequestLog:
    """One line for each request: method, route (never the path: it may hold a token), status, milliseconds."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        started = time.perf_counter()
        response = self.get_response(request)
        milliseconds = round((time.perf_counter() - started) * 1000, 1)
        figures = {"method": request.method, "route": route_of(request), "status": response.status_code}
        log.info("request", extra={**figures, "ms": milliseconds})
        return response


class History(HistoryMiddleware):
    """Who changed a tracked row, and on which page. The customers' pages tell it themselves where they write one
    (`surveys.views.pages.history`): told with every statement, it would slow each of their answers down."""

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if request.path_info.startswith(("/s/", "/u/", "/me/", "/a/")):
            return cast("HttpResponseBase", self.get_response(request))
        with_context: GetResponse = super().__call__
        return with_context(request)


class RefuseUnreadable:
    """400 for a NUL byte in the address or a cookie (PostgreSQL takes none, and `?q=%00` would be a 500) and for a
    Content-Length that is no number, whether or not the web server in front lets one pass."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if self._has_nul(request):
            return _refusal(request, "nul_byte", "The address contains a character that cannot be used.")
        if not _LENGTH.fullmatch(request.META.get("CONTENT_LENGTH") or "0"):
            return _refusal(request, "no_length", "The length of the body must be a number.")
        return self.get_response(request)

    def _has_nul(self, request: HttpRequest) -> bool:
        query = request.META.get("QUERY_STRING", "")
        cookies = "".join(request.COOKIES.values())
        return "\0" in request.path_info or "%00" in query or "\0" in query or "\0" in cookies


class KeepNothing:
    """What no view has said otherwise of, no cache may keep: nearly every page holds personal data."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        response.headers.setdefault("Cache-Control", "no-store")
        return response


class DatabaseAway:
    """503 with Retry-After when a view finds no database. (What middleware finds ends in `common.views.broken`.)"""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponseBase | None:
        if not is_database_away(exception):
            return None
        logging.getLogger(__name__).error("the database is away", extra={"route": route_of(request)})
        return unavailable(request)


def _refusal(request: HttpRequest, code: str, message: str) -> HttpResponse:
    if is_api(request):
        return refusal(status=400, kind="client", code=code, message=message)
    return HttpResponse(message, status=400, content_type="text/plain; charset=utf-8")
