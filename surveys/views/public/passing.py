"""Who passes by: a request by a public link, the pages it is shown, and the key that ties its steps together.

No cookie, no script; on a tablet nothing of the person before. The page's own key, signed, stands in the address; it
holds no more than a random number, and on a tablet it is good for a few minutes.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import wraps
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.conf import settings
from django.core.signing import BadSignature, TimestampSigner
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone, translation

from surveys.models import ProgramVersion, PublicLink, Response
from surveys.services.answering import AnswerRefused
from surveys.services.phrasing import languages_of, spoken_language
from surveys.services.public_links.answering import answer_to, can_go_on, find_link
from surveys.views.limits import near, wait_for
from surveys.views.pages import (
    TOO_LARGE,
    UNREADABLE,
    PublicView,
    SeeOther,
    later,
    not_usable,
    others,
    page,
    public_page,
    too_large,
)
from surveys.wording import fill, phrase

A_MINUTE = 240  # answers begun by one link, from everywhere
A_MINUTE_NEAR = {PublicLink.Kind.LINK: 30, PublicLink.Kind.KIOSK: 60}  # of them from one neighborhood
STEPS = 4  # for each of them so many pages more: the words, further questions that follow from others
LOOKS_A_MINUTE_NEAR = 600  # so that nobody tries codes for ever
KEY_AGE = timedelta(hours=2)


@dataclass(frozen=True)
class Passing:
    """One request of somebody who passes by."""

    request: HttpRequest
    link: PublicLink
    version: ProgramVersion
    language: str
    at: datetime
    still: bool = False  # a preview: a tablet's page does not begin anew

    def url(self, step: str = "public-survey", *args: str) -> str:
        chosen = f"?lang={self.language}" if "lang" in self.request.GET else ""
        return reverse(step, args=[self.link.code, *args]) + chosen

    def words(self, key: str) -> str:
        version = self.version
        text = phrase(key, language=self.language, wording=version.wording, default_language=version.default_language)
        return fill(text, self.about)

    @property
    def about(self) -> dict[str, str]:
        """What texts may mention: of a person nothing."""
        known = {"company": settings.COMPANY, "unit": self.link.unit.name}
        return known | dict.fromkeys(("given_name", "employee", "product", "day"), "")

    @property
    def start(self) -> str:
        """Where the next one begins; on a tablet in the language of the place, not of the person before."""
        return reverse("public-survey", args=[self.link.code]) if self.link.is_kiosk else self.url()

    def render(
        self, template: str, context: dict[str, Any], *, status: int = 200, again: int = 0, wait: int = 0
    ) -> HttpResponse:
        """`again`: after so many seconds a tablet begins anew. `wait`: seconds until there is room; nothing is lost."""
        shared = {"link": self.link, "start": self.start, "again": again if self.link.is_kiosk else 0}
        shared |= {"wait": wait, "still": self.still}
        shared |= {"other_languages": others(self.request, self.language, languages_of(self.version))}
        answer = page(
            self.request, template, status=429 if wait else status, language=self.language,
            context=shared | context,
        )  # fmt: skip
        if wait:
            answer["Retry-After"] = str(wait)
        return answer

    def must_wait(self, *, begins: bool = False) -> int:
        """Seconds until the page that was sent may pass; `begins`: it is a score, with which an answer begins."""
        near_here, everywhere = A_MINUTE_NEAR[PublicLink.Kind(self.link.kind)], A_MINUTE
        name, times = (f"a:{self.link.pk}", 1) if begins else (f"a-on:{self.link.pk}", STEPS)
        here = {f"{name}:{near(self.request)}": near_here * times, name: everywhere * times}
        return wait_for(here, at=self.at)


Step = Callable[..., HttpResponse]  # (passing, what else the address holds)


def public_step(view: Step) -> PublicView:
    """For who comes by a link that takes answers; every other code gets one page."""

    @public_page
    @wraps(view)
    def step(request: HttpRequest, code: str, **more: str) -> HttpResponse:
        at = timezone.now()
        if wait := wait_for({f"a-near:{near(request)}": LOOKS_A_MINUTE_NEAR}, at=at):
            return later(request, wait)
        found = find_link(code=code, at=at)
        if found is None:
            return not_usable(request)
        link, version = found
        wishes = (request.GET.get("lang", ""), translation.get_language() or "", version.default_language)
        language = spoken_language(*wishes, offered=languages_of(version))
        with translation.override(language), timezone.override(ZoneInfo(link.unit.zone)):
            return _answered(view, Passing(request, link, version, language, at), **more)

    return step


def _answered(view: Step, passing: Passing, **more: str) -> HttpResponse:
    try:
        if too_large(passing.request):
            return passing.render(TOO_LARGE, {"frame": "surveys/public/base.html"}, status=413)
        return view(passing, **more)
    except UNREADABLE:
        return passing.render(TOO_LARGE, {"frame": "surveys/public/base.html"}, status=413)
    except AnswerRefused:  # finished, or too often changed: whoever comes now begins anew
        return SeeOther(passing.url())


# --- the key -------------------------------------------------------------------------------------------------------


def _signer(link: PublicLink) -> TimestampSigner:
    return TimestampSigner(salt=f"surveys.public.{link.code}")


def sign(link: PublicLink, key: UUID) -> str:
    return _signer(link).sign(key.hex)


def key_of(link: PublicLink, signed: str) -> UUID | None:
    """The key of a page of this link that was shown a short while ago."""
    try:
        return UUID(hex=_signer(link).unsign(signed, max_age=KEY_AGE))
    except (BadSignature, ValueError):
        return None


def going_on(passing: Passing, signed: str) -> Response | None:
    """The answer that the steps at this address add to; None where whoever comes now begins anew."""
    key = key_of(passing.link, signed)
    response = answer_to(link=passing.link, key=key) if key else None
    good = response is not None and can_go_on(link=passing.link, response=response, at=passing.at)
    return response if good else None
