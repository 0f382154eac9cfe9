"""When one wants to be told of alerts."""

from __future__ import annotations

from calendar import day_name
from datetime import datetime
from typing import Any

from django import forms

from common.models import User
from crm.models import Employee
from distribution.models import QuietHours
from distribution.services.subscribing import WORKING

CLOCK = {"class": "input", "type": "time"}


class HoursForm(forms.Form):
    """Days of the week, and from when until when on them, by the clock of where one works."""

    weekdays = forms.TypedMultipleChoiceField(
        label="On", coerce=int, choices=list(enumerate(day_name)), widget=forms.CheckboxSelectMultiple,
        error_messages={"required": "Choose at least one day."},
    )  # fmt: skip
    opens = forms.TimeField(label="From", widget=forms.TimeInput(attrs=CLOCK, format="%H:%M"))
    closes = forms.TimeField(label="Until", widget=forms.TimeInput(attrs=CLOCK, format="%H:%M"))

    def __init__(self, data: Any, *, kept: QuietHours | None) -> None:
        said = {"weekdays": kept.weekdays, "opens": kept.opens, "closes": kept.closes} if kept else {}
        super().__init__(data, initial=said or {"weekdays": list(WORKING), "opens": "08:00", "closes": "18:00"})

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if cleaned.get("opens") and cleaned.get("closes") and cleaned["closes"] <= cleaned["opens"]:
            self.add_error("closes", "Choose a time later on the same day.")
        return cleaned

    def perform(self, *, employee: Employee, zone: str, by: User, at: datetime) -> bool:
        """Whether it was kept; the errors say why not."""
        if not self.is_valid():
            return False
        QuietHours.keep(employee, **self.cleaned_data, zone=zone, by=by, at=at)
        return True
