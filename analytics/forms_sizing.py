"""How large an initiative is, as the office states it."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from django import forms

from analytics.models import WorthCell
from analytics.services.sizing import size_up
from closedloop.forms.initiatives import InitiativeStepForm
from crm.sight import Principal

Measure = WorthCell.Measure


class SizingForm(InitiativeStepForm):
    title, button = "Size it", "Reckon"
    effect = forms.DecimalField(
        label="By how many points would they think better of us?", max_digits=5, decimal_places=2,
        min_value=Decimal("0.01"), max_value=Decimal(200), widget=forms.NumberInput(attrs={"class": "input"}),
        help_text="Points of the score among the customers concerned.",
    )  # fmt: skip
    effect_source = forms.CharField(
        label="Where does that come from?", max_length=300, widget=forms.TextInput(attrs={"class": "input"}),
        help_text="A trial, a like case, somebody's judgement.",
    )  # fmt: skip
    measure = forms.ChoiceField(
        label="In what is it counted?", widget=forms.RadioSelect, initial=Measure.MARGIN.value,
        choices=[(Measure.MARGIN.value, "margin"), (Measure.REVENUE.value, "revenue")],
    )  # fmt: skip

    def do(self, *, by: Principal, at: datetime) -> str:
        sizing = size_up(self.initiative, **self.cleaned_data, by=by, at=at)
        return f"Worth {sizing.worth:,} {sizing.currency} a year, of {sizing.customers:,} customers."
