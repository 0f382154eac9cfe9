"""What the customer's own page posts: checked here, stored by `services/own_page/`."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any, cast

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from surveys.forms import PageForm

PAUSES = [
    ("30", _("for a month")),
    ("91", _("for three months")),
    ("365", _("for a year")),
    ("day", _("until the day below")),
    ("ever", _("until I say otherwise")),
]
LONGEST_PAUSE = timedelta(days=5 * 366)
_CHOOSE_PAUSE = _("Choose how long we shall not ask you.")
_CHOOSE_DAY = _("Choose a day after today and within five years.")

LONGEST_REPLY = 5_000
_SAY = _("Please write something first.")
_SHORTER = _("Please say it in fewer words.")
NOT_OFFERED = _("That was not among the choices. Please choose again.")


class LanguageForm(PageForm):
    language = forms.ChoiceField(choices=settings.LANGUAGES)


class AddressForm(PageForm):
    address = forms.RegexField(r"^[0-9a-f]{16}\Z")


class PauseForm(PageForm):
    """How long nobody asks, by the customer's own calendar (`today`)."""

    pause = forms.ChoiceField(
        choices=PAUSES, error_messages={"required": _CHOOSE_PAUSE, "invalid_choice": _CHOOSE_PAUSE}
    )
    day = forms.DateField(required=False, input_formats=["%Y-%m-%d"], error_messages={"invalid": _CHOOSE_DAY})

    def __init__(self, data: Mapping[str, Any] | None = None, *, token: str, today: date) -> None:
        super().__init__(data, token=token)
        self.today = today

    def clean(self) -> None:
        if self.cleaned_data.get("pause") == "day" and not self._is_ahead(self.cleaned_data.get("day")):
            self.add_error("pause", _CHOOSE_DAY)

    def _is_ahead(self, day: date | None) -> bool:
        return day is not None and self.today < day <= self.today + LONGEST_PAUSE

    @property
    def until(self) -> date | None:
        """The first day on which they may be asked again; None: they will say so."""
        said = self.cleaned_data["pause"]
        if said == "day":
            return cast("date", self.cleaned_data["day"])
        return None if said == "ever" else self.today + timedelta(days=int(said))


class PermissionForm(PageForm):
    """What a button says: "quote:email:no"."""

    permission = forms.RegexField(r"^[a-z]{1,10}:[a-z]{1,8}:(yes|no)\Z")

    @property
    def said(self) -> tuple[str, bool]:
        """The permission's code, and whether it is given."""
        code, _, to = str(self.cleaned_data["permission"]).rpartition(":")
        return code, to == "yes"


class ReplyForm(PageForm):
    letter = forms.UUIDField()
    words = forms.CharField(max_length=LONGEST_REPLY, error_messages={"required": _SAY, "max_length": _SHORTER})


class AnswerForm(PageForm):
    answer = forms.UUIDField()
