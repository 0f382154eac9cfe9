"""What a survey page posts: checked here, stored by `services/answering.py`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from django import forms
from django.core.signing import BadSignature, TimestampSigner
from django.utils.translation import gettext_lazy as _

from surveys.models import ProgramVersion
from surveys.models.invitations import token_hash
from surveys.questionnaire.questions import Question, Value
from surveys.questionnaire.values import Unfit, posted

NONCE_AGE = timedelta(hours=2)
BEST_TIMES = [
    ("any", _("Any time, 9:00 to 20:00")),
    ("morning", _("Morning, 9:00 to 12:00")),
    ("afternoon", _("Afternoon, 12:00 to 17:00")),
    ("evening", _("Evening, 17:00 to 20:00")),
]


def page_nonce(token: str) -> str:
    """Proof that a page of this very link was shown a short while ago; stands in for the cookie of CSRF."""
    return _signer(token).sign("page")


def _signer(token: str) -> TimestampSigner:
    return TimestampSigner(salt=f"surveys.page.{token_hash(token)}")


class PageForm(forms.Form):
    """A form of one link's page. Its fields take raw text: what they hold is cleaned where it is stored."""

    nonce = forms.Field(required=False)

    def __init__(
        self, data: Mapping[str, Any] | None = None, *, token: str, initial: Mapping[str, Any] | None = None
    ) -> None:
        super().__init__(data, initial=dict(initial or {}))
        self.token = token

    def clean_nonce(self) -> None:
        try:
            _signer(self.token).unsign(self.cleaned_data["nonce"] or "", max_age=NONCE_AGE)
        except BadSignature as error:
            message = _("This page was open for a long time. Please check your answer and send it once more.")
            raise forms.ValidationError(message, code="stale") from error

    @property
    def problems(self) -> list[str]:
        """What to tell the customer, one sentence each."""
        return [str(message) for messages in self.errors.values() for message in messages]


class ScoreForm(PageForm):
    """One number of the version's scale, written as the page writes it: "9", never "09", "9.5" or "９"."""

    score = forms.Field(required=False)

    def __init__(self, data: Mapping[str, Any] | None = None, *, token: str, version: ProgramVersion) -> None:
        super().__init__(data, token=token)
        self.version = version

    def clean_score(self) -> int:
        given = self.cleaned_data["score"] or ""
        found = next((n for n in scale(self.version) if str(n) == given), None)
        if found is None:
            ends = {"low": self.version.scale_min, "high": self.version.scale_max}
            problem = (
                _("That is not on the scale. Choose a number from %(low)s to %(high)s.")
                if given
                else _("No number is chosen yet. Choose a number from %(low)s to %(high)s.")
            )
            raise forms.ValidationError(problem, params=ends)
        return found


class CommentForm(PageForm):
    comment = forms.Field(required=False)


class CallbackForm(PageForm):
    call = forms.ChoiceField(
        choices=[("yes", _("Yes, call me")), ("no", _("No, please do not call"))],
        error_messages={
            "required": _("Choose whether we may call you."),
            "invalid_choice": _("Choose whether we may call you."),
        },
    )
    phone = forms.Field(required=False)
    best = forms.ChoiceField(
        choices=BEST_TIMES, required=False, error_messages={"invalid_choice": _("Choose one of the times.")}
    )
    quote = forms.BooleanField(required=False)

    def refuse_phone(self) -> None:
        """The number cannot be called, or none was given and none is known."""
        self.add_error("phone", _("We cannot call this number. Write it with its area or country code."))


class AnswerField(forms.Field):
    """The answer to a further question, as the page writes it."""

    widget = forms.SelectMultiple  # for how it reads what was posted: a list

    def __init__(self, question: Question) -> None:
        super().__init__(required=False)
        self.question = question

    def clean(self, value: Any) -> Value:
        try:
            found = posted(self.question, value or [])
        except Unfit as error:
            raise forms.ValidationError(_("Choose one of the answers.")) from error
        if found is None and self.question.required:
            raise forms.ValidationError(_("Please answer this question."))
        return found


class FurtherForm(PageForm):
    """Further questions that were shown together, each under its code."""

    def __init__(self, data: Mapping[str, Any] | None = None, *, token: str, questions: Sequence[Question]) -> None:
        super().__init__(data, token=token)
        self.questions = questions
        for question in questions:
            self.fields[question.code] = AnswerField(question)

    @property
    def given(self) -> dict[str, Value]:
        return {question.code: self.cleaned_data[question.code] for question in self.questions}


def scale(version: ProgramVersion) -> range:
    return range(version.scale_min, version.scale_max + 1)
