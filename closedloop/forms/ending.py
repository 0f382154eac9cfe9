"""How a ticket ends, and is taken up again."""

from __future__ import annotations

from typing import Any

from django import forms

from closedloop.forms.step import TicketForm, line, text
from closedloop.models.tickets import CLOSINGS


class ClosureForm(TicketForm):
    step, title, button, task = "closure", "Close", "Close ticket", "Close ticket"
    outcome = forms.ChoiceField(
        label="What came of it?",
        choices=[("", "Choose"), *CLOSINGS],
        widget=forms.Select(attrs={"class": "input"}),
    )
    summary = text("In a sentence", required=False, rows=2, hint="Needed when no action was.")
    alert_was_right = forms.TypedChoiceField(
        label="Was the alert right?",
        choices=[
            ("", "Choose"),
            ("yes", "yes, as it said"),
            ("no", "no, it was mistaken"),
            ("unknown", "cannot tell"),
        ],
        coerce={"yes": True, "no": False}.get,
        empty_value=None,
        widget=forms.Select(attrs={"class": "input"}),
        help_text="A machine took their words so. What you say shows whether to trust it.",
    )
    steps_go_on = forms.BooleanField(label="Steps that others were asked for go on without the ticket", required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if all(row.outcome for row in self.ticket.followups.all()):
            del self.fields["steps_go_on"]
        if not self.ticket.was_guessed:
            del self.fields["alert_was_right"]

    def verb(self, **values: Any) -> object:
        return self.ticket.close(**values)


class ReopeningForm(TicketForm):
    step, title, button, task = "reopening", "Take it up again", "Reopen ticket", "Reopen ticket"
    why = line("Why?", hint="The customer is to be called anew, within the same time as for a new ticket.")

    def verb(self, **values: Any) -> object:
        return self.ticket.reopen(**values)
