"""Further questions as a page shows them, and how it is read: the same by a personal link and by a public one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from surveys.forms import FurtherForm
from surveys.models import ProgramVersion, Response
from surveys.questionnaire.questions import SCALES, Kind, Question, Value
from surveys.questionnaire.wording import Speech, hint_text, option_text, question_text
from surveys.services.answering_further import further_questions
from surveys.wording import fill

YES_NO = (("yes", _("Yes")), ("no", _("No")))


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


@dataclass(frozen=True)
class Spoken:
    """In whose words questions are asked: the language, the slots of its texts, and the version whose they are."""

    version: ProgramVersion
    language: str
    about: Mapping[str, str]

    @property
    def speech(self) -> Speech:
        return Speech(self.language, self.version.wording, self.version.default_language)

    def said(self, text: str) -> str:
        return fill(text, dict(self.about))


def shown_on(request: HttpRequest, response: Response) -> list[Question]:
    """Those that the page had which was sent."""
    named = request.POST.getlist("shown")
    return [question for question in further_questions(response) if question.code in named]


def passed_over(request: HttpRequest, response: Response, shown: Sequence[Question]) -> dict[str, Value] | None:
    """What is stored where the page was skipped; None where it was answered, or must be."""
    if "skip" not in request.POST or any(question.required for question in shown):
        return None
    return {question.code: None for question in shown if question.code not in (response.further or {})}


def page_of(shown: Sequence[Question], spoken: Spoken, response: Response, form: FurtherForm | None) -> dict[str, Any]:
    """What `more.html` needs to know of its questions."""
    asked = [_asked(question, spoken, response, form) for question in shown]
    wrong = [one for one in asked if one.errors]
    return {
        "asked": asked,
        "single": asked[0] if len(asked) == 1 else None,
        "required": any(one.question.required for one in asked),
        "anchor": wrong[0].anchor if wrong else "",
        "problems": form.problems if form else [],
    }


def _asked(question: Question, spoken: Spoken, response: Response, form: FurtherForm | None) -> Asked:
    values = form[question.code].data or [] if form else _as_posted((response.further or {}).get(question.code))
    speech = spoken.speech
    low, high = (option_text(question, end, speech=speech) for end in ("low", "high"))
    return Asked(
        question=question,
        text=spoken.said(question_text(question, category=response.category, speech=speech)),
        hint=spoken.said(hint_text(question, speech=speech)),
        choices=[(value, spoken.said(label), value in values) for value, label in _choices(question, speech)],
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
