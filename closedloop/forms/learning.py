"""What was learned."""

from __future__ import annotations

from typing import Any

from django import forms

from closedloop.forms.step import TicketForm, text
from closedloop.models import RootCause


class FindingForm(TicketForm):
    step, title, button, task = "findings", "What was learned", "Save finding", "Record finding"
    root_cause = forms.ModelChoiceField(
        RootCause.objects.filter(active=True),
        label="Cause",
        required=False,
        empty_label="Not clear yet",
        widget=forms.Select(attrs={"class": "input"}),
    )
    learned = text("What lay behind it?", rows=3)

    def verb(self, **values: Any) -> object:
        return self.ticket.record_finding(**values)
