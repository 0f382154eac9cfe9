"""The further questions of a survey, between the reason and the permissions: those that are open, on one page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.http import HttpResponse
from django.utils.translation import gettext_lazy as _

from surveys.forms import FurtherForm
from surveys.models import Response
from surveys.questionnaire.questions import SCALES, Kind, Question
from surveys.questionnaire.wording import Speech, hint_text, option_text, question_text
from surveys.services.answering_further import asked_of, further_questions, open_for, record_further
from surveys.services.phrasing import slots
from surveys.views.pages import Survey, survey_page
from surveys.views.steps import after_more
from surveys.wording import fill

YES_NO = (("yes", _("Yes")), ("no", _("No")))


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
    named = survey.request.POST.getlist("shown")
    shown = [question for question in further_questions(response) if question.code in named]
    given: dict[str, Any] = {}
    if "skip" in survey.request.POST and not any(question.required for question in shown):
        given = {question.code: None for question in shown if question.code not in (response.further or {})}
    else:
        form = FurtherForm(survey.request.POST, token=survey.token, questions=shown)
        if not form.is_valid():
            return show_further(survey, response, shown, form=form, status=422, problems=form.problems)
        given = form.given
    return after_more(survey, record_further(response=response, given=given, at=survey.at))


@dataclass(frozen=True)
class Asked:
    """A question as the page shows it: choices are (value, label, chosen)."""

    question: Question
    text: str
    hint: str
    choices: list[tuple[str, str, bool]]
    words: str
    low: str
    high: str
    errors: Sequence[str]

    @property
    def is_scale(self) -> bool:
        return self.question.kind in SCALES

    @property
    def several(self) -> bool:
        return self.question.kind == Kind.MULTI

    @property
    def anchor(self) -> str:
        """The id of its first field."""
        return f"q-{self.question.code}"


def show_further(
    survey: Survey,
    response: Response,
    shown: list[Question],
    *,
    form: FurtherForm | None = None,
    status: int = 200,
    **context: Any,
) -> HttpResponse:
    asked = [_asked(question, survey, response, form) for question in shown]
    wrong = [one for one in asked if one.errors]
    context |= {
        "asked": asked,
        "single": asked[0] if len(asked) == 1 else None,
        "required": any(one.question.required for one in asked),
        "anchor": wrong[0].anchor if wrong else "",
        "action": survey.url("survey-more"),
    }
    return survey.render("surveys/more.html", status=status, **context)


def _asked(question: Question, survey: Survey, response: Response, form: FurtherForm | None) -> Asked:
    version = survey.invitation.version
    speech = Speech(survey.language, version.wording, version.default_language)
    values = form[question.code].data or [] if form else _as_posted((response.further or {}).get(question.code))
    about = slots(survey.invitation)
    low, high = (option_text(question, end, speech=speech) for end in ("low", "high"))
    return Asked(
        question=question,
        text=fill(question_text(question, category=response.category, speech=speech), about),
        hint=fill(hint_text(question, speech=speech), about),
        choices=[(value, fill(label, about), value in values) for value, label in _choices(question, speech)],
        words=values[0] if values and question.kind == Kind.TEXT else "",
        low=low,
        high=high,
        errors=[str(error) for error in form.errors.get(question.code, [])] if form else [],
    )


def _choices(question: Question, speech: Speech) -> list[tuple[str, str]]:
    if question.kind == Kind.FORWARD:
        return [(value, str(label)) for value, label in YES_NO]
    if question.kind in SCALES:
        return [(str(number), str(number)) for number in question.choices]
    return [(choice, option_text(question, choice, speech=speech)) for choice in question.choices]


def _as_posted(value: Any) -> list[str]:
    """An answer as its form would send it."""
    if value is None:
        return []
    if isinstance(value, bool):
        return ["yes" if value else "no"]
    return [str(one) for one in (value if isinstance(value, list) else [value])]
