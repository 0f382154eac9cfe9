"""What was done, its cost, and whether it is allowed."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, ClassVar

from django import forms
from django.conf import settings
from django.utils import timezone

from closedloop.authority import Powers
from closedloop.forms.step import TicketForm, line, one_of
from closedloop.models import Action, ActionKind
from closedloop.models.authority import powers_of
from common.money import amount_written


class CostField(forms.DecimalField):
    """An amount, as people write it: `common.money.amount_written`."""

    def to_python(self, value: Any) -> Any:
        text = str(value or "").strip()
        try:
            return amount_written(text) if text else None
        except ValueError as error:
            raise forms.ValidationError(str(error), code="invalid") from error


def money(label: str, hint: str) -> CostField:
    box = forms.TextInput(attrs={"class": "input num", "inputmode": "decimal", "size": 8})
    return CostField(
        label=label, required=False, min_value=0, max_digits=12, decimal_places=2, widget=box, help_text=hint
    )


class ActionForm(TicketForm):
    step, title, button, task = "actions", "What was done", "Save action", "Record action"
    preset = TicketForm.preset | {"currency"}
    kind = forms.ModelChoiceField(
        ActionKind.objects.filter(active=True), label="Of what kind?", required=False, empty_label="Something else",
        widget=forms.Select(attrs={"class": "input"}),
    )  # fmt: skip
    done = line("What did we do?")
    recompense = money("Given to them", "Money back, a voucher.")
    cost = money("Cost", "What it cost us inside. Such as 12.50 or 12,50; 0 if nothing.")
    currency = forms.CharField(
        label="Currency", max_length=3, min_length=3, widget=forms.TextInput(attrs={"class": "input", "size": 3})
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial.setdefault("currency", settings.CURRENCY)
        unit = self.ticket.unit_id
        powers = powers_of(self.principal, [unit], on=timezone.now().date())[unit]
        self.fields["recompense"].help_text += f" {limit_told(powers)}"

    def clean_recompense(self) -> Decimal:
        return self.cleaned_data["recompense"] or Decimal(0)

    def verb(self, **values: Any) -> object:
        return self.ticket.record_action(**values)


def limit_told(powers: Powers) -> str:
    """What somebody may spend on one ticket without asking."""
    if not powers.are_limited:
        return "No limit is set here: nothing waits for approval."
    codes = sorted({limit.currency for limit in powers.limits})
    own = ", ".join(f"{powers.amount(code)} {code}" for code in codes)
    return f"Your limit for one ticket, costs included, is {own}; above it, it waits for approval."


class DecisionForm(TicketForm):
    """What becomes of a request to spend more than one may."""

    step, title, button, task = "decisions", "Waiting for approval", "Save decision", "Approve or refuse"
    preset = TicketForm.preset | {"action"}
    named: ClassVar[dict[str, str]] = {"decision": "outcome", "decision_why": "why"}
    action = one_of(Action, "Which?")
    decision = forms.ChoiceField(
        label="What do you say?",
        choices=[("approved", "Approve"), ("refused", "Refuse"), ("withdrawn", "Withdraw my own request")],
        widget=forms.RadioSelect,
    )
    decision_why = line("Why?", required=False, hint="Needed when it is refused.")

    def choices(self) -> dict[str, Any]:
        return {"action": self.ticket.actions.awaiting()}

    def verb(self, **values: Any) -> object:
        return self.ticket.decide_action(**values)
