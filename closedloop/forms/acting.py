"""What was done, and its cost."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django import forms
from django.conf import settings

from closedloop.forms.step import TicketForm, line
from common.money import amount_written


class CostField(forms.DecimalField):
    """An amount, as people write it: `common.money.amount_written`."""

    def to_python(self, value: Any) -> Any:
        text = str(value or "").strip()
        try:
            return amount_written(text) if text else None
        except ValueError as error:
            raise forms.ValidationError(str(error), code="invalid") from error


class ActionForm(TicketForm):
    step, title, button, task = "actions", "What was done", "Save action", "Record action"
    preset = TicketForm.preset | {"currency"}
    done = line("What did we do?")
    cost = CostField(
        label="Cost",
        required=False,
        min_value=0,
        max_digits=12,
        decimal_places=2,
        widget=forms.TextInput(attrs={"class": "input num", "inputmode": "decimal", "size": 8}),
        help_text="Such as 12.50 or 12,50. Leave empty if it cost nothing.",
    )
    currency = forms.CharField(
        label="Currency", max_length=3, min_length=3, widget=forms.TextInput(attrs={"class": "input", "size": 3})
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial.setdefault("currency", settings.CURRENCY)

    def clean_cost(self) -> Decimal:
        return self.cleaned_data["cost"] or Decimal(0)

    def verb(self, **values: Any) -> object:
        return self.ticket.record_action(**values)
