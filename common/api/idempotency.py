"""Idempotency-Key: a request that is sent twice is done once, and both times gets the first answer.

The work and its answer are stored in one transaction, so a crash leaves both or neither, and a retry either gets the
answer or does the work for the first time. While the first request is worked on, another with its key gets 409.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial, wraps
from typing import Any

from django.db import connection, transaction
from django.http import HttpResponse
from django.utils import timezone
from rest_framework.exceptions import APIException
from rest_framework.request import Request

from common.api.callers import caller_of
from common.logs import route_of
from common.models import StoredAnswer

HEADER = "Idempotency-Key"
REPLAYED = "Idempotent-Replayed"
PATTERN = r"^[!-~]{1,255}$"
KEPT = {
    409,
    422,
}  # besides 2xx: refusals by the work itself. Others (401, 404, 429, 5xx) may be another answer next time
_KEY = re.compile(PATTERN)


class BadKey(APIException):
    status_code = 400
    default_detail = "Idempotency-Key must be 1 to 255 visible ASCII characters, such as a UUID."
    default_code = "bad_idempotency_key"


class Reused(APIException):
    status_code = 422
    default_detail = "This Idempotency-Key came with another request before. Use a new one for each request."
    default_code = "idempotency_key_reused"


class InProgress(APIException):
    status_code = 409
    default_detail = "The first request with this Idempotency-Key is still being worked on."
    default_code = "in_progress"
    wait = 1


@dataclass(frozen=True)
class Asked:
    """A request as it is recognized: `digest` of who asks where with which key, `fingerprint` of what exactly."""

    caller: str
    route: str
    digest: str
    fingerprint: str


def read_ahead(request: Request) -> None:
    """Keep the body as it was sent, before anybody parses it: the fingerprint is taken of it."""
    if HEADER in request.headers:
        _ = request._request.body


def once(handler: Callable[..., Any]) -> Callable[..., Any]:
    """A view's method (post, put ...) that does nothing twice for the same Idempotency-Key. Without one: as it is."""

    @wraps(handler)
    def handle(view: Any, request: Request, *args: Any, **kwargs: Any) -> Any:
        key = request.headers.get(HEADER)
        if key is None:
            return handler(view, request, *args, **kwargs)
        asked = _asked(request, key)
        with transaction.atomic():
            if (known := _known(asked)) is not None:
                return _again(known)
            response = _answer(view, request, partial(handler, view, request, *args, **kwargs))
            if response.status_code < 300 or response.status_code in KEPT:
                StoredAnswer.keep(response, **vars(asked), at=timezone.now())
            else:
                transaction.set_rollback(True)
        return response

    return handle


def _asked(request: Request, key: str) -> Asked:
    if not _KEY.match(key):
        raise BadKey
    caller, route = caller_of(request), f"{request.method} {route_of(request._request)}"
    sent = b"\n".join([str(request.method).encode(), request.get_full_path().encode(), request._request.body])
    digest = hashlib.sha256("\n".join([caller, route, key]).encode()).hexdigest()
    return Asked(caller, route, digest, hashlib.sha256(sent).hexdigest())


def _known(asked: Asked) -> StoredAnswer | None:
    """The stored answer, if there is one. Raises InProgress while another transaction works on it."""
    with connection.cursor() as cursor:  # two statements: the second sees what was stored before the lock was free
        cursor.execute("SELECT pg_try_advisory_xact_lock(hashtextextended(%s, 0))", [asked.digest])
        if cursor.fetchone() != (True,):
            raise InProgress
    known = StoredAnswer.objects.filter(digest=asked.digest).first()
    if known is not None and known.fingerprint != asked.fingerprint:
        raise Reused
    return known


def _answer(view: Any, request: Request, work: Callable[[], Any]) -> Any:
    """The whole answer, errors included. What failed leaves nothing behind but its answer."""
    try:
        with transaction.atomic():
            response = work()
    except Exception as error:  # noqa: BLE001 - as APIView.dispatch, which turns every exception into an answer
        response = view.handle_exception(error)
    response = view.finalize_response(request, response, *view.args, **view.kwargs)
    return response.render()


def _again(known: StoredAnswer) -> HttpResponse:
    return HttpResponse(known.content, status=known.status, headers={**known.headers, REPLAYED: "true"})
