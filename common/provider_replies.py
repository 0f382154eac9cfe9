"""What a mail provider's HTTP API says about a message (django-anymail's backends, which speak by requests).

Whatever leaves open whether the provider has it is unknown, and ends the round: a provider in trouble must not turn a
whole backlog into messages of which nobody knows.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

import requests
from urllib3.exceptions import ConnectTimeoutError, MaxRetryError, NewConnectionError

from common.replies import Outcome, Reply, retry_after

# codes that speak of our account, key or address of the API, not of this message
_ABOUT_US = frozenset({401, 402, 403, 404, 405, 407})
_FOR_NOW = frozenset({408, 425, 429, 503})  # it was not taken
_BETWEEN = frozenset({502, 504})  # of a gateway: who stands behind it may have taken the message
_REFUSED = frozenset({"rejected", "failed"})  # anymail's words for what a provider says at once
_KEY_OF_POSTAL = frozenset({"AccessDenied", "InvalidServerAPIKey", "ServerSuspended"})


def taken(message: Any) -> Reply:
    """What the provider said of a message that it answered with success."""
    status = getattr(message, "anymail_status", None)
    said: set[str] = getattr(status, "status", None) or set()
    if "invalid" in said:
        return Reply(Outcome.REFUSED, "the provider calls the address invalid", address_is_bad=True)
    if said & _REFUSED:
        return Reply(Outcome.REFUSED, f"the provider does not send it: {', '.join(sorted(said))}")
    answer: requests.Response | None = getattr(status, "esp_response", None)
    if answer is not None and not answer.ok:  # anymail read it for the address, and found none
        return Reply(Outcome.REFUSED, f"the provider does not send it: {answer.status_code}")
    name = getattr(status, "message_id", None)
    words = f"accepted ({', '.join(sorted(said))})" if said else "accepted"
    return Reply(Outcome.ACCEPTED, words, provider_id=name[:200] if isinstance(name, str) else "")


def failed(error: requests.RequestException, words: str) -> Reply:
    """What an error says about the message; `words` are without anybody's address."""
    if error.response is not None:
        return _answered(error.response, words)
    if isinstance(error, requests.exceptions.InvalidHeader):
        return Reply(Outcome.REFUSED, f"not a sendable message: {words}")
    if _never_reached(error):
        return Reply(Outcome.REFUSED_FOR_NOW, f"cannot reach the provider: {words}", closed=True)
    return Reply(Outcome.UNKNOWN, f"no answer of the provider: {words}", closed=True)


def _never_reached(error: requests.RequestException) -> bool:
    """No connection came about, so that nothing was sent."""
    if isinstance(error, requests.exceptions.InvalidSchema | requests.exceptions.MissingSchema):
        return True
    if isinstance(error, requests.exceptions.InvalidURL | requests.ConnectTimeout):
        return True
    causes = [cause for found in (error, error.__cause__) if found for cause in found.args]
    reasons = [cause.reason for cause in causes if isinstance(cause, MaxRetryError)]
    return any(isinstance(reason, NewConnectionError | ConnectTimeoutError) or _untrusted(reason) for reason in reasons)


def _untrusted(reason: BaseException | None) -> bool:
    """TLS did not come about: the certificate is not trusted."""
    return "CERTIFICATE_VERIFY_FAILED" in str(reason)


def _answered(response: requests.Response, words: str) -> Reply:
    status, wait = response.status_code, retry_after(response.headers.get("Retry-After"))
    if status in _ABOUT_US:
        return Reply(Outcome.REFUSED_FOR_NOW, words, closed=True)
    if status in _FOR_NOW or (wait is not None and status >= 500 and status not in _BETWEEN):
        return Reply(Outcome.REFUSED_FOR_NOW, words, closed=True, retry_after=wait)
    if 400 <= status < 500:
        return Reply(Outcome.REFUSED, words)
    if status == HTTPStatus.OK and (said := _refused_within(response)):
        ours = said in _KEY_OF_POSTAL
        return Reply(Outcome.REFUSED_FOR_NOW if ours else Outcome.REFUSED, words, closed=ours)
    return Reply(Outcome.UNKNOWN, words, closed=True)


def _refused_within(response: requests.Response) -> str:
    """Postal refuses within an answer of success; why, by its word, and empty if this is no such."""
    try:
        said = response.json()
        refused = said["status"] in {"error", "parameter-error"}
        return str(said["data"].get("code") or said["status"]) if refused else ""
    except (ValueError, LookupError, TypeError, AttributeError):
        return ""
