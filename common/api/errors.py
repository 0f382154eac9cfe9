"""One shape for everything that goes wrong: {"errors": [{"type", "code", "field", "message"}]}, whatever the status."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from typing import Any, TypedDict

from django.core.exceptions import PermissionDenied, RequestDataTooBig, SuspiciousOperation
from django.core.signals import got_request_exception
from django.db import InterfaceError, OperationalError
from django.http import Http404, UnreadablePostError
from rest_framework import exceptions
from rest_framework.response import Response

from common.claims import Occupied

log = logging.getLogger(__name__)
RETRY_AFTER = 30  # seconds; how long a restart of the database usually takes

TYPES = {401: "authentication", 403: "permission", 404: "not_found"}


class ApiError(TypedDict):
    """One thing that is wrong. `field`: dotted path ("contact_points.0.address"), None when it is about the whole."""

    type: str
    code: str
    field: str | None
    message: str


class TooLarge(exceptions.APIException):
    status_code = 413
    default_detail = "The body is too large."
    default_code = "too_large"


class Unavailable(exceptions.APIException):
    status_code = 503
    default_detail = "The database cannot be reached. Please try again shortly."
    default_code = "unavailable"
    wait = RETRY_AFTER


class Busy(exceptions.APIException):
    status_code = 503
    default_detail = "A file of the same source is being loaded, all of it or nothing. Nothing was done; try again."
    default_code = "busy"
    wait = RETRY_AFTER


class ServerError(exceptions.APIException):
    default_detail = "Something went wrong on our side. It has been recorded."
    default_code = "server_error"


def handle(exc: Exception, context: dict[str, Any]) -> Response:
    """DRF's exception handler: any exception becomes the one error shape with a fitting status.

    400 is what cannot be read; what can be read but is wrong is 422.
    """
    known = _as_api_exception(exc)
    if isinstance(known, ServerError):
        request = context.get("request")
        log.error("unhandled error in the API", exc_info=exc)
        got_request_exception.send(sender=handle, request=getattr(request, "_request", request))
    status = 422 if isinstance(known, exceptions.ValidationError) else known.status_code
    return Response({"errors": describe(known)}, status=status, headers=_headers(known))


def describe(exc: exceptions.APIException) -> list[ApiError]:
    """What is wrong, one entry per message."""
    kind = _kind(exc)
    return [
        {"type": kind, "code": detail.code or "invalid", "field": path or None, "message": str(detail)}
        for path, detail in _leaves(exc.detail)
    ]


def wrong(field: str | None, message: str, code: str = "invalid") -> ApiError:
    """A validation error found outside of a serializer."""
    return {"type": "validation", "code": code, "field": field, "message": message}


def _kind(exc: exceptions.APIException) -> str:
    if isinstance(exc, exceptions.ValidationError):
        return "validation"
    return TYPES.get(exc.status_code, "server" if exc.status_code >= 500 else "client")


def _as_api_exception(exc: Exception) -> exceptions.APIException:
    if isinstance(exc, exceptions.APIException):
        return exc
    return next((make() for kind, make in _MEANING.items() if isinstance(exc, kind)), ServerError())


def _unreadable() -> exceptions.APIException:
    return exceptions.ParseError("The request could not be read.")


_MEANING: dict[type[Exception], Callable[[], exceptions.APIException]] = {  # the first that fits
    Http404: exceptions.NotFound,  # without its own words: they may tell of rows that are out of scope
    PermissionDenied: exceptions.PermissionDenied,
    RequestDataTooBig: TooLarge,
    SuspiciousOperation: _unreadable,
    UnreadablePostError: _unreadable,
    Occupied: Busy,
    OperationalError: Unavailable,
    InterfaceError: Unavailable,
}


def _headers(exc: exceptions.APIException) -> dict[str, str]:
    headers = {}
    if header := getattr(exc, "auth_header", None):
        headers["WWW-Authenticate"] = header
    if wait := getattr(exc, "wait", None):
        headers["Retry-After"] = str(int(wait))
    return headers


def _leaves(detail: Any, path: str = "") -> Iterator[tuple[str, exceptions.ErrorDetail]]:
    """(dotted path, message) of every message in a DRF error detail; several messages of one field keep its path."""
    if isinstance(detail, exceptions.ErrorDetail):
        yield path, detail
    elif isinstance(detail, dict):
        for name, inner in detail.items():
            own = path if name == "non_field_errors" else f"{path}.{name}".lstrip(".")
            yield from _leaves(inner, own)
    else:
        for number, inner in enumerate(detail):
            own = path if isinstance(inner, exceptions.ErrorDetail) else f"{path}.{number}".lstrip(".")
            yield from _leaves(inner, own)
