"""The further questions of a survey, between the reason and the permissions: those that are open, on one page."""

from __future__ import annotations

from django.http import HttpResponse

from surveys.forms import FurtherForm
from surveys.models import Response
from surveys.questionnaire.questions import Question
from surveys.services.answering_further import asked_of, open_for, record_further
from surveys.services.phrasing import slots
from surveys.views.pages import Survey, survey_page
from surveys.views.questions import Spoken, page_of, passed_over, shown_on
from surveys.views.steps import after_more


@survey_page
def more(survey: Survey) -> HttpResponse:
    """What is open is asked; with `?change=1` what was answered is shown again."""
    response = survey.response
    if response is None or response.score is None:
        return survey.go("survey")
    if survey.request.method == "POST":
        return _store(survey, response)
    shown = asked_of(response) if "change" in survey.request.GET else open_for(response)
    if not shown:
        return survey.go("survey-callback")
    return show_further(survey, response, shown)


def _store(survey: Survey, response: Response) -> HttpResponse:
    shown = shown_on(survey.request, response)
    given = passed_over(survey.request, response, shown)
    if given is None:
        form = FurtherForm(survey.request.POST, token=survey.token, questions=shown)
        if not form.is_valid():
            return show_further(survey, response, shown, form=form, status=422)
        given = form.given
    return after_more(survey, record_further(response=response, given=given, at=survey.at))


def show_further(
    survey: Survey, response: Response, shown: list[Question], *, form: FurtherForm | None = None, status: int = 200
) -> HttpResponse:
    spoken = Spoken(survey.invitation.version, survey.language, slots(survey.invitation))
    context = page_of(shown, spoken, response, form) | {"action": survey.url("survey-more")}
    return survey.render("surveys/more.html", status=status, **context)
