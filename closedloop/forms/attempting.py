"""How an attempt went."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django import forms
from django.utils import timezone

from closedloop.forms.step import TicketForm, text
from closedloop.models import ContactAttempt
from closedloop.models.tickets import TRIES, WAYS

WENT = [(value, str(label).capitalize()) for value, label in TRIES]


class AttemptForm(TicketForm):
    step, title, button, task = "attempts", "Record this attempt", "Save attempt", "Record attempt"
    preset = TicketForm.preset | {"way"}
    went = forms.ChoiceField(
        label="How did it go?",
        choices=WENT,
        widget=forms.RadioSelect,
        help_text="Not reached: the ticket comes back on the next working day, at another time of day.",
    )
    asked_for = forms.DateTimeField(
        label="When did they ask to be called?",
        required=False,
        widget=forms.DateTimeInput(attrs={"type": "datetime-local", "class": "input"}, format="%Y-%m-%dT%H:%M"),
        help_text="Only if they asked to be called later.",
    )
    way = forms.ChoiceField(
        label="How did you try?",
        choices=WAYS,
        required=False,
        widget=forms.Select(attrs={"class": "input"}),
    )
    note = text("What did they say?", required=False, hint="Their words where you can. They may ask to read this.")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        zone = self.ticket.unit.zone
        waiting = self.ticket.waiting_attempt
        to_write = waiting is not None and waiting.way == ContactAttempt.Way.LETTER
        self.initial.setdefault("way", ContactAttempt.Way.PHONE if waiting is None or to_write else waiting.way)
        went = self.fields["went"]
        if isinstance(went, forms.ChoiceField) and not to_write:  # only after the last attempt
            went.choices = [(value, label) for value, label in WENT if value != ContactAttempt.Outcome.WRITTEN]
        self.fields["asked_for"].help_text = f"Only if they asked to be called later. Time in {zone.replace('_', ' ')}."

    def clean_asked_for(self) -> datetime | None:
        """The wall clock of the ticket's unit, since that is where the caller sits."""
        asked: datetime | None = self.cleaned_data["asked_for"]
        return asked and timezone.make_aware(timezone.make_naive(asked), self.ticket.unit.zone_info)

    def verb(self, **values: Any) -> object:
        return self.ticket.record_attempt(outcome=values.pop("went"), **values)
