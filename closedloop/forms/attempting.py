"""How an attempt went."""

from __future__ import annotations

from typing import Any

from django import forms

from closedloop.forms.step import TicketForm, text


class AttemptForm(TicketForm):
    step, title, button, task = "attempts", "Record this attempt", "Save attempt", "Record attempt"
    reached = forms.TypedChoiceField(
        label="How did it go?",
        choices=[("yes", "Reached"), ("no", "No reach")],
        coerce=lambda value: value == "yes",
        widget=forms.RadioSelect,
        help_text="No reach: the ticket comes back on the next working day.",
    )
    note = text("What did they say?", required=False, hint="Their words where you can. They may ask to read this.")

    def verb(self, **values: Any) -> object:
        return self.ticket.record_attempt(**values)
