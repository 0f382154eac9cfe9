"""What else is asked of who passes by: the questions of the version that need nobody to be known."""

from __future__ import annotations

from django.http import HttpResponse

from surveys.forms import FurtherForm, page_nonce
from surveys.models import Response
from surveys.questionnaire.questions import Question
from surveys.services.answering_further import open_for, record_further
from surveys.services.finishing import finish
from surveys.views.pages import SeeOther
from surveys.views.public.passing import Passing, going_on, public_step
from surveys.views.questions import Spoken, page_of, passed_over, shown_on


@public_step
def more(passing: Passing, signed: str) -> HttpResponse:
    """Those that are open, on one page. What was answered is shown to nobody: on a tablet the next one stands there."""
    response = going_on(passing, signed)
    if response is None:
        return SeeOther(passing.url())
    if passing.request.method == "POST":
        return _store(passing, signed, response)
    shown = open_for(response)
    return (
        show_further(passing, signed, response, shown) if shown else SeeOther(passing.url("public-survey-why", signed))
    )


def _store(passing: Passing, signed: str, response: Response) -> HttpResponse:
    shown = shown_on(passing.request, response)
    form = FurtherForm(passing.request.POST, token=signed, questions=shown)
    given = passed_over(passing.request, response, shown)
    if given is None and not form.is_valid():
        return show_further(passing, signed, response, shown, form=form, status=422)
    if wait := passing.must_wait():
        return show_further(passing, signed, response, shown, form=form, wait=wait)
    given = form.given if given is None else given
    return after(passing, signed, record_further(response=response, given=given, at=passing.at))


def after(passing: Passing, signed: str, response: Response) -> HttpResponse:
    """To the questions that are open now, else to the end."""
    if open_for(response):
        return SeeOther(passing.url("public-survey-more", signed))
    finish(response=response, at=passing.at)
    return SeeOther(passing.url("public-survey-thanks"))


def show_further(
    passing: Passing, signed: str, response: Response, shown: list[Question], *, form: FurtherForm | None = None,
    status: int = 200, wait: int = 0,
) -> HttpResponse:  # fmt: skip
    spoken = Spoken(response.version or passing.version, passing.language, passing.about)
    context = page_of(shown, spoken, response, form)
    context |= {"action": passing.url("public-survey-more", signed), "nonce": page_nonce(signed)}
    return passing.render(
        "surveys/public/more.html", context, status=status, again=passing.link.idle_seconds, wait=wait
    )
