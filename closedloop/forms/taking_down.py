"""Opening a ticket by hand."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django import forms
from django.http import QueryDict

from closedloop.errors import TicketRefused
from closedloop.forms.step import text
from closedloop.models import Observation, ServicePolicy, Ticket
from closedloop.services.taking_down import Told, places, take_down
from crm.models import Customer, OrgUnit
from crm.sight import Principal

SELECT = {"class": "input"}
MOST = 60  # characters of the reason, as of those that other systems give


class TakingDownForm(forms.Form):
    """What a customer told somebody, and how soon they are to be called about it."""

    reason = forms.CharField(
        label="What is it about?", max_length=MOST, widget=forms.TextInput(attrs=SELECT), help_text="In a few words."
    )
    words = text("In their words", required=False, hint="Whoever calls reads it.")
    severity = forms.ChoiceField(
        label="How bad is it?", choices=Observation.Severity.choices, initial=Observation.Severity.MAJOR,
        widget=forms.Select(attrs=SELECT),
    )  # fmt: skip
    policy = forms.ModelChoiceField(
        ServicePolicy.objects.order_by("hours_to_contact", "name"), label="How soon are they to be called?",
        empty_label="Choose", widget=forms.Select(attrs=SELECT),
    )  # fmt: skip
    unit = forms.ModelChoiceField(
        OrgUnit.objects.none(), label="Where does it belong?", empty_label=None, widget=forms.Select(attrs=SELECT)
    )

    def __init__(self, data: QueryDict | None = None, *, customer: Customer, principal: Principal) -> None:
        super().__init__(data, auto_id="told-%s", initial={"unit": customer.unit_id})
        self.customer, self.principal = customer, principal
        where: Any = self.fields["unit"]
        where.queryset = places(customer, principal)

    def perform(self, *, at: datetime) -> Ticket | None:
        """The ticket; None if the form or the house says no, and the reason is then among the form's errors."""
        if not self.is_valid():
            return None
        try:
            said = self.cleaned_data
            told = Told(said["reason"], said["words"], said["severity"])
            where = {"unit": said["unit"], "policy": said["policy"]}
            return take_down(customer=self.customer, told=told, by=self.principal, at=at, **where)
        except TicketRefused as refusal:
            self.add_error(None, refusal.message)
            return None
