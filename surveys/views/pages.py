"""What all public pages share: no cookie, no script, no trace of the token, one answer for bad links."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import wraps
from typing import Any, cast
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

import pghistory
from csp.constants import HEADER
from csp.utils import build_policy
from django.conf import settings
from django.core.exceptions import BadRequest, RequestDataTooBig, TooManyFieldsSent, TooManyFilesSent
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.multipartparser import MultiPartParserError
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone, translation
from django.views.decorators.csrf import csrf_exempt

from common.logs import route_of
from surveys.forms import page_nonce
from surveys.models import Invitation, InvitationToken, Response
from surveys.services.answering import AnswerRefused, closes_at, find_invitation, response_to
from surveys.services.phrasing import direction_of, language_of, languages_of, say, slots, spoken_language
from surveys.views.limits import MISSES_A_MINUTE_NEAR, near, wait_for

POLICY = {
    "default-src": ["'none'"],
    "script-src": ["'none'"],
    "object-src": ["'none'"],
    "style-src": ["'self'"],
    "img-src": ["data:"],
    "form-action": ["'self'"],
    "base-uri": ["'none'"],
    "frame-ancestors": ["'none'"],
}
HEADERS = {
    HEADER: build_policy(config=POLICY),
    "Cache-Control": "no-store",
    "X-Robots-Tag": "noindex",
    "Referrer-Policy": "same-origin",
}
STEPS_A_MINUTE = 300  # sent to one survey; R-22: fifty devices that send the same at once, twice over, are heard
PublicView = Callable[..., HttpResponse]  # (request, what the address holds)
LONGEST_BODY = 256 * 1024  # bytes: twice the longest words in the widest script, percent-encoded; RELIABILITY R-37
TOO_LARGE = "surveys/too_large.html"  # `start`: where to begin again
UNREADABLE = (RequestDataTooBig, TooManyFieldsSent, TooManyFilesSent, MultiPartParserError, BadRequest)


class SeeOther(HttpResponseRedirect):
    status_code = 303  # the browser GETs the next page, so that reloading it sends nothing again


@dataclass(frozen=True)
class Survey:
    """One request to a survey by the holder of a link."""

    request: HttpRequest
    token: str
    invitation: Invitation
    language: str
    at: datetime

    @property
    def response(self) -> Response | None:
        return response_to(self.invitation)

    def words(self, key: str) -> str:
        return say(key, invitation=self.invitation, language=self.language)

    def url(self, step: str, **query: str) -> str:
        """The address of a step; a language chosen by hand goes along, since there is no cookie to keep it."""
        chosen = {"lang": self.language} if "lang" in self.request.GET else {}
        tail = urlencode(query | chosen)
        return reverse(step, args=[self.token]) + (f"?{tail}" if tail else "")

    def go(self, step: str, **query: str) -> HttpResponse:
        return SeeOther(self.url(step, **query))

    def render(self, template: str, *, status: int = 200, **context: Any) -> HttpResponse:
        answered_at = self.response.answered_at if self.response else self.at
        until = closes_at(invitation=self.invitation, answered_at=answered_at)
        about = slots(self.invitation)
        shared: dict[str, Any] = {
            "survey": self,
            "response": self.response,
            "about": about,
            "until": until,
            "stop": self._stop,
        }
        shared |= {"nonce": page_nonce(self.token)}
        shared |= {"other_languages": others(self.request, self.language, languages_of(self.invitation.version))}
        return page(self.request, template, status=status, language=self.language, context=shared | context)

    @property
    def _stop(self) -> str:
        return self.url("unsubscribe")


def page(
    request: HttpRequest, template: str, *, status: int, language: str, context: dict[str, Any] | None = None
) -> HttpResponse:
    """Render outside the request's context processors: they know sessions and people, and these pages know neither."""
    shared = {
        "language": language,
        "direction": direction_of(language),
        "other_languages": others(request, language, dict(settings.LANGUAGES)),
        "company": settings.COMPANY,
        "company_address": settings.COMPANY_ADDRESS,
        "privacy_url": settings.PRIVACY_URL,
        "write_to": settings.DEFAULT_FROM_EMAIL,
        "stop": "",
    }
    return HttpResponse(render_to_string(template, shared | (context or {})), status=status)


def others(request: HttpRequest, language: str, offered: Mapping[str, str]) -> list[tuple[str, str, str]]:
    """(code, name, address of the same page) of each language offered beside the one that is read."""
    addresses = [(code, name, f"{request.path}?{urlencode({'lang': code})}") for code, name in offered.items()]
    return [entry for entry in addresses if entry[0] != language]


def history(request: HttpRequest) -> pghistory.context:
    """What the history of consent says of the page it was given on: the pattern of its address, which holds a token."""
    return pghistory.context(user=None, url=f"/{route_of(request)}")


def not_usable(request: HttpRequest) -> HttpResponse:
    """The one answer for an unknown, altered, expired or used up link."""
    language = spoken(request)
    with translation.override(language):
        return page(request, "surveys/gone.html", status=404, language=language)


def no_such_link(request: HttpRequest, *, at: datetime) -> HttpResponse:
    """The same, until a neighborhood has tried too many of them. Links that are good open from there all the same: a
    mail scanner opens thousands, and an office has one address."""
    if wait := wait_for({f"missed:{near(request)}": MISSES_A_MINUTE_NEAR}, at=at):
        return later(request, wait)
    return not_usable(request)


def later(request: HttpRequest, wait: int) -> HttpResponse:
    """Calm, and nothing is lost: the browser's own way back has what was typed. `wait`: seconds."""
    language = spoken_language(request.GET.get("lang", ""), translation.get_language() or "")
    with translation.override(language):
        answer = page(request, "surveys/later.html", status=429, language=language, context={"wait": wait})
    answer["Retry-After"] = str(wait)
    return answer


def spoken(request: HttpRequest) -> str:
    """The language of a page that knows no invitation: asked for in the address, else the browser's."""
    wished = request.GET.get("lang", "")
    return wished if wished in dict(settings.LANGUAGES) else translation.get_language() or settings.LANGUAGE_CODE


def public_page(view: PublicView) -> PublicView:
    """A page addressed by a token: GET, HEAD and POST, guarded by the token itself and never by a cookie."""

    @wraps(view)
    def guarded(request: HttpRequest, **held: str) -> HttpResponse:
        response = view(request, **held) if request.method in {"GET", "HEAD", "POST"} else not_usable(request)
        for name, value in HEADERS.items():
            response[name] = value
        return response

    return cast("PublicView", csrf_exempt(cast("Any", guarded)))


def survey_page(view: Callable[[Survey], HttpResponse]) -> PublicView:
    """A step of a survey, for who holds a link that is good and whose answer may still change."""

    @public_page
    @wraps(view)
    def step(request: HttpRequest, token: str) -> HttpResponse:
        at = timezone.now()
        invitation = find_invitation(token=token, purpose=InvitationToken.Purpose.SURVEY, at=at)
        if invitation is None or _used_up(invitation, at=at):
            return no_such_link(request, at=at)
        # a first answer is stored once whatever is sent, so that nothing is counted for it: it is what nearly all send
        counts = request.method == "POST" and response_to(invitation) is not None
        if counts and (wait := wait_for({f"s:{invitation.pk}": STEPS_A_MINUTE}, at=at)):
            return later(request, wait)
        language = language_of(invitation, wished=request.GET.get("lang", ""))
        with translation.override(language), timezone.override(ZoneInfo(invitation.unit.zone)):
            return _answer(view, Survey(request, token, invitation, language, at))

    return step


def _used_up(invitation: Invitation, *, at: datetime) -> bool:
    response = response_to(invitation)
    return response is not None and at >= closes_at(invitation=invitation, answered_at=response.answered_at)


def _answer(view: Callable[[Survey], HttpResponse], survey: Survey) -> HttpResponse:
    if too_large(survey.request):
        return survey.render(TOO_LARGE, status=413, start=survey.request.path)
    try:
        return view(survey)
    except UNREADABLE:
        return survey.render(TOO_LARGE, status=413, start=survey.request.path)
    except AnswerRefused:  # closed between the check and the lock
        return not_usable(survey.request)


def too_large(request: HttpRequest) -> bool:
    """Before anything is parsed, files included. (`RefuseUnreadable` has seen that the length is a number.)"""
    return int(request.META.get("CONTENT_LENGTH") or 0) > LONGEST_BODY
