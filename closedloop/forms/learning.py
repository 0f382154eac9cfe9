"""What was learned."""

from __future__ import annotations

from typing import Any

from django import forms

from closedloop.forms.step import TicketForm, text
from closedloop.models import RootCause


def cause(label: str, *, empty: str, hint: str = "") -> forms.ModelChoiceField[RootCause]:
    """One of the causes that are offered today, called in full."""
    return forms.ModelChoiceField(
        RootCause.objects.offered(), label=label, required=False, empty_label=empty, help_text=hint,
        widget=forms.Select(attrs={"class": "input"}),
    )  # fmt: skip


class FindingForm(TicketForm):
    step, title, button, task = "findings", "What was learned", "Save finding", "Record finding"
    stated_cause = cause("What do they say it was?", empty="They did not say", hint="Their reason, not ours.")
    root_cause = cause("What was it, as you judge?", empty="Not clear yet")
    learned = text("What lay behind it?", rows=3)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial.setdefault("stated_cause", self.ticket.reason_to_judge)
        offered = [(cause.pk, str(cause)) for cause in RootCause.objects.offered()]  # read once for both
        for name in ("stated_cause", "root_cause"):
            field = self.fields[name]
            if isinstance(field, forms.ModelChoiceField):
                field.choices = [("", field.empty_label), *offered]

    def verb(self, **values: Any) -> object:
        return self.ticket.record_finding(**values)
