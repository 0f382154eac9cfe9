"""The steps of who passes by: score, why, thanks. A GET shows; only a POST stores."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from django.http import HttpResponse

from surveys.forms import scale
from surveys.models import Response
from surveys.questionnaire.questions import OF_SOMEBODY, questions_of
from surveys.scoring import Category
from surveys.services.answering import record_comment
from surveys.services.answering_further import open_for
from surveys.services.public_links.answering import store_score
from surveys.views.pages import SeeOther
from surveys.views.public.further import after
from surveys.views.public.passing import Passing, going_on, key_of, public_step, sign

THANKED = 15  # seconds that a tablet says thank you
FRESH = 600  # seconds after which a tablet that nobody touched takes a new key


# --- the score -----------------------------------------------------------------------------------------------------


@public_step
def score(passing: Passing) -> HttpResponse:
    if passing.request.method != "POST":
        return show_score(passing)
    said, key = passing.request.POST.get("score", ""), key_of(passing.link, passing.request.POST.get("key", ""))
    chosen = next((number for number in scale(passing.version) if str(number) == said), None)
    if chosen is None or key is None:
        return show_score(passing, status=422, chosen=chosen, problem="score" if chosen is None else "stale")
    if wait := passing.must_wait(begins=True):
        return show_score(passing, wait=wait, chosen=chosen)
    store_score(
        link=passing.link, version=passing.version, key=key, score=chosen, language=passing.language, at=passing.at
    )
    return SeeOther(passing.url("public-survey-why", sign(passing.link, key)))


def show_score(
    passing: Passing, *, chosen: int | None = None, problem: str = "", status: int = 200, wait: int = 0
) -> HttpResponse:
    words: dict[str, Any] = {key: passing.words(key) for key in ("question", "low", "high")}
    words["follows"] = any(one.kind not in OF_SOMEBODY for one in questions_of(passing.version.questions))
    shown = {"scale": scale(passing.version), "chosen": chosen, "problem": problem}
    shown |= {"key": sign(passing.link, uuid4()), "action": passing.url()}
    again = FRESH if status == 200 and not wait else passing.link.idle_seconds
    return passing.render("surveys/public/score.html", words | shown, status=status, again=again, wait=wait)


# --- why -----------------------------------------------------------------------------------------------------------


@public_step
def why(passing: Passing, signed: str) -> HttpResponse:
    response = going_on(passing, signed)
    if response is None:
        return SeeOther(passing.url())
    if passing.request.method != "POST":
        return show_why(passing, response)
    text = "" if "skip" in passing.request.POST else passing.request.POST.get("comment", "")
    if wait := passing.must_wait():
        return show_why(passing, response, comment=text, wait=wait)
    if text:
        response = record_comment(response=response, text=text, at=passing.at)
    return after(passing, signed, response)


def show_why(passing: Passing, response: Response, *, comment: str = "", wait: int = 0) -> HttpResponse:
    """What was typed before is shown to nobody: on a tablet the next one stands there."""
    kind = response.category or Category.PASSIVE
    words = {"question": passing.words(f"why_{kind}"), "hint": passing.words(f"why_{kind}_hint")}
    shown = {"comment": comment, "follows": bool(open_for(response))}
    return passing.render("surveys/public/why.html", words | shown, again=passing.link.idle_seconds, wait=wait)


@public_step
def thanks(passing: Passing) -> HttpResponse:
    return show_thanks(passing)


def show_thanks(passing: Passing) -> HttpResponse:
    return passing.render("surveys/public/thanks.html", {}, again=min(THANKED, passing.link.idle_seconds))
