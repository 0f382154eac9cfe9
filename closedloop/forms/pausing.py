"""Stopping the clock of a ticket, and having it go on."""

from __future__ import annotations

from datetime import date, datetime, time
from typing import Any

from django import forms

from closedloop.forms.step import TicketForm, line
from closedloop.models import Pause
from common.periods import open_spans


class PauseForm(TicketForm):
    """Its fields have names of their own, since all forms of the page are sent together."""

    step, title, button, task = "pauses", "Stop the clock", "Stop the clock", "Stop the clock"
    wait_for = forms.ChoiceField(
        label="What do we wait for?",
        choices=[("", "Choose"), *Pause.Reason.choices],
        widget=forms.Select(attrs={"class": "input"}),
    )
    until = forms.DateField(
        label="Until which day?",
        widget=forms.DateInput(attrs={"class": "input", "type": "date"}, format="%Y-%m-%d"),
        help_text="The clock goes on by itself when the unit opens that day; sooner if they get in touch.",
    )
    waiting_note = line("In a few words", required=False)

    def clean_until(self) -> datetime:
        """The unit's opening on that day, or after it; midnight of a calendar that never opens."""
        day: date = self.cleaned_data["until"]
        unit = self.ticket.unit
        morning = datetime.combine(day, time(0), unit.zone_info)
        try:
            return next(open_spans(morning, unit.calendar.hours(range(day.year, day.year + 3)), unit.zone_info))[0]
        except ValueError:
            return morning

    def verb(self, **values: Any) -> object:
        return self.ticket.pause(reason=values.pop("wait_for"), note=values.pop("waiting_note"), **values)


class ResumptionForm(TicketForm):
    step, title, button, task = "resumption", "The clock stands still", "Let the clock go on", "Let the clock go on"

    @property
    def is_written(self) -> bool:
        return False

    def verb(self, **values: Any) -> object:
        return self.ticket.resume(**values)
