"""Which page of a survey comes next."""

from __future__ import annotations

from django.http import HttpResponse

from surveys.models import Response
from surveys.services.answering_further import asked_of, open_for
from surveys.views.pages import Survey


def resume_at(response: Response) -> str:
    """Where the customer left off: an answer begins at the score, and here there is one."""
    if response.status == Response.Status.COMPLETE:
        return "survey-thanks"
    if not response.comment and not response.further:
        return "survey-why"
    return "survey-more" if open_for(response) else "survey-callback"


def after_why(survey: Survey, response: Response) -> HttpResponse:
    """To further questions that are open, else to permissions. Who came to the end before, and changes the answer, is
    shown what they said further."""
    if response.status == Response.Status.COMPLETE and asked_of(response):
        return survey.go("survey-more", change="1")
    return after_more(survey, response)


def after_more(survey: Survey, response: Response) -> HttpResponse:
    """To those that are open now, since others may hang on what was just answered; else to permissions."""
    return survey.go("survey-more" if open_for(response) else "survey-callback")
