"""To whom a ticket goes."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils import timezone

from closedloop.forms.step import TicketForm, line
from closedloop.services.routing import possible_owners
from crm.models import Employee


class HandoverForm(TicketForm):
    step, title, button, task = "handover", "Hand over", "Hand over", "Hand over"
    to = forms.ModelChoiceField(
        Employee.objects.none(), label="To whom?", empty_label="Choose", widget=forms.Select(attrs={"class": "input"})
    )
    why = line("Why?", required=False, hint="The due time stays as it is.")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["to"]
        if isinstance(field, forms.ModelChoiceField):
            field.queryset = possible_owners(self.ticket, self.principal, on=timezone.now().date())

    def verb(self, **values: Any) -> object:
        return self.ticket.assign(**values)
