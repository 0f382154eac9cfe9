"""Forms of thanks and talks."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from django import forms

from common.models import User
from common.text import clean, clean_line
from crm.models import Employee, OrgUnit
from distribution.models import Commitment, Settlement, Talk
from distribution.models.thanks import WORDS
from distribution.services.coaching import Agreed, CannotTalk, Note, hold_talk

LONG = 4_000
LINES = 3  # commitments that one talk may add
AREA = {"class": "input", "rows": 4}
LINE = {"class": "input"}


class Words(forms.CharField):
    """Text as it may enter the house."""

    def to_python(self, value: Any) -> str:
        return clean(super().to_python(value) or "", limit=self.max_length or LONG).text


def _day(label: str, *, required: bool = False, hint: str = "") -> forms.DateField:
    box = forms.DateInput(attrs={"class": "input", "type": "date"}, format="%Y-%m-%d")
    return forms.DateField(label=label, required=required, input_formats=["%Y-%m-%d"], widget=box, help_text=hint)


class ThanksForm(forms.Form):
    """Which answer is passed on, with a word of one's own, and where one was."""

    answer = forms.UUIDField()
    words = forms.CharField(required=False, max_length=WORDS)
    back = forms.CharField(required=False, max_length=500)

    def clean_words(self) -> str:
        return clean_line(self.cleaned_data["words"], limit=WORDS)


class RemarkForm(forms.Form):
    """What an employee says of how it went."""

    key = forms.UUIDField(widget=forms.HiddenInput)
    words = Words(label="How did it go?", max_length=LONG, widget=forms.Textarea(attrs=AREA))


class TalkForm(forms.Form):
    """A talk as it is written down: first what became of what was agreed on, then the note, then what is agreed on."""

    key = forms.UUIDField(widget=forms.HiddenInput)
    held_on = _day("When did you talk?", required=True)
    went_well = Words(label="What goes well", required=False, max_length=LONG, widget=forms.Textarea(attrs=AREA))
    to_try = Words(label="What to try", required=False, max_length=LONG, widget=forms.Textarea(attrs=AREA))
    next_on = _day("Next talk")

    def __init__(self, data: Any = None, *, open_ones: Sequence[Commitment], today: date) -> None:
        super().__init__(data, initial={"key": uuid.uuid4(), "held_on": today})
        self._open, self._today = open_ones, today
        self.fields["held_on"].widget.attrs["max"] = today.isoformat()
        for each in open_ones:
            radios = forms.RadioSelect()
            choices = Settlement.Outcome.choices
            name = f"became-{each.pk}"
            self.fields[name] = forms.ChoiceField(label=each.words, choices=choices, widget=radios)
        for number in range(1, LINES + 1):
            words = forms.CharField(
                label=f"Agreed on, {number}", required=False, max_length=300, widget=forms.TextInput(attrs=LINE)
            )
            self.fields[f"agreed-{number}"] = words
            self.fields[f"due-{number}"] = _day(f"Until which day, {number}")

    def settling(self) -> list[tuple[Commitment, Any]]:
        """What was agreed on, each with its field."""
        return [(each, self[f"became-{each.pk}"]) for each in self._open]

    def agreeing(self) -> list[tuple[Any, Any]]:
        return [(self[f"agreed-{n}"], self[f"due-{n}"]) for n in range(1, LINES + 1)]

    def clean(self) -> dict[str, Any]:
        said = super().clean() or {}
        held, later = said.get("held_on"), said.get("next_on")
        if held and held > self._today:
            self.add_error("held_on", "This day has not come yet.")
        if held and later and later <= held:
            self.add_error("next_on", "The next talk comes after this one.")
        if not said.get("went_well") and not said.get("to_try") and not {"went_well", "to_try"} & self.errors.keys():
            self.add_error("went_well", "Write at least what goes well, or what to try.")
        for number in range(1, LINES + 1):
            due = said.get(f"due-{number}")
            if due and not said.get(f"agreed-{number}"):
                self.add_error(f"agreed-{number}", "What is to be done until that day?")
            if due and held and due < held:
                self.add_error(f"due-{number}", "This day was before the talk.")
        return said

    def perform(self, *, employee: Employee, unit: OrgUnit, by: User, at: datetime) -> Talk | None:
        """The talk; None if the form or what was agreed on says no, and the reason is among the errors."""
        if not self.is_valid():
            return None
        said = self.cleaned_data
        agreed = [
            Agreed(clean_line(said[f"agreed-{n}"], limit=300), said[f"due-{n}"])
            for n in range(1, LINES + 1)
            if said[f"agreed-{n}"]
        ]
        note = Note(said["key"], said["held_on"], said["went_well"], said["to_try"], said["next_on"], agreed)
        became = {each.pk: said[f"became-{each.pk}"] for each in self._open}
        try:
            return hold_talk(employee=employee, unit=unit, note=note, became=became, by=by, at=at)
        except CannotTalk as refused:
            self.add_error(None, str(refused))
            return None
