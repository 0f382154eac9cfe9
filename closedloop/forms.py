"""What people write on a ticket. Each form knows the verb it feeds; pages and the console share them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django import forms
from django.conf import settings
from django.http import QueryDict
from django.utils import timezone

from closedloop.errors import TicketRefused
from closedloop.filters import SignalFilter
from closedloop.models import AlertRule, RootCause, Ticket
from closedloop.models.ticket_rows import CLOSINGS
from closedloop.services.routing import possible_owners
from common.conditions.fields import ConditionField
from common.money import amount_written
from crm.models import Employee, Role
from crm.sight import Principal

LONG = 10_000


def _text(label: str, *, required: bool = True, rows: int = 4, hint: str = "") -> forms.CharField:
    area = forms.Textarea(attrs={"rows": rows, "class": "input"})
    return forms.CharField(label=label, required=required, max_length=LONG, widget=area, help_text=hint)


def _line(label: str, *, required: bool = True, hint: str = "") -> forms.CharField:
    line = forms.TextInput(attrs={"class": "input"})
    return forms.CharField(label=label, required=required, max_length=300, widget=line, help_text=hint)


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong with a form, and the id of the place on the page where it can be put right."""

    anchor: str
    message: str


class TicketForm(forms.Form):
    """A step on a ticket. `version`: of the ticket as the person saw it; a ticket that changed since is not touched."""

    step = ""  # name of the resource below the ticket's address
    title = ""  # heading of the form
    button = "Save"
    task = ""  # on a button that leads to the form
    preset = frozenset({"version"})  # fields that say nothing alone
    version = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def __init__(
        self,
        data: QueryDict | None = None,
        *,
        ticket: Ticket,
        principal: Principal,
        draft: Mapping[str, str] | None = None,
    ) -> None:
        """`draft`: words to show again that were not sent for keeping."""
        super().__init__(data, auto_id=f"{self.step}-%s", initial={**(draft or {}), "version": ticket.version})
        self.ticket = ticket
        self.principal = principal
        self.is_draft = draft is not None

    def perform(self, *, at: datetime) -> bool:
        """Do it. False if the form or the ticket says no; the reason is then among the form's errors."""
        if not self.is_valid():
            return False
        values = dict(self.cleaned_data)
        try:
            self.verb(by=self.principal, at=at, expected_version=values.pop("version"), **values)
        except TicketRefused as refusal:
            self.add_error(None, forms.ValidationError(refusal.message, code=type(refusal).__name__))
            return False
        return True

    def problems(self) -> list[Problem]:
        """What is wrong, in the order of the fields; what is wrong with the step as a whole leads to its heading."""
        return [
            Problem(self._anchor(name), self._worded(name, str(message)))
            for name, messages in self.errors.items()
            for message in messages
        ]

    def focus_first_problem(self) -> None:
        """The browser opens the page at the first wrong field."""
        if wrong := next((field for field in self.visible_fields() if field.errors), None):
            wrong.field.widget.attrs["autofocus"] = True

    def _anchor(self, name: str) -> str:
        if name not in self.fields or self[name].is_hidden:
            return f"form-{self.step}"
        first = "_0" if isinstance(self.fields[name].widget, forms.RadioSelect) else ""
        return f"{self[name].auto_id}{first}"

    def _worded(self, name: str, message: str) -> str:
        if name not in self.fields or self[name].is_hidden:
            return message
        label = str(self[name].label)
        return f"{label} {message}" if label.endswith("?") else f"{label}: {message}"

    @property
    def is_written(self) -> bool:
        """Something was written or chosen here, whether or not it can be kept."""
        return any(self.data.get(name, "").strip() for name in self.changed_data if name not in self.preset)

    def as_draft(self, ticket: Ticket) -> TicketForm:
        """The same words, ready to be sent another time."""
        return type(self)(
            ticket=ticket, principal=self.principal, draft={name: self.data.get(name, "") for name in self.fields}
        )

    def with_version(self, version: int) -> TicketForm:
        """The same words, to be sent again about the ticket as it is now."""
        self.data = {**self.data.dict(), "version": str(version)} if isinstance(self.data, QueryDict) else self.data
        return self

    def verb(self, **values: Any) -> object:
        raise NotImplementedError


class AttemptForm(TicketForm):
    step, title, button, task = "attempts", "Record this attempt", "Save attempt", "Record attempt"
    reached = forms.TypedChoiceField(
        label="How did it go?",
        choices=[("yes", "Reached"), ("no", "No reach")],
        coerce=lambda value: value == "yes",
        widget=forms.RadioSelect,
        help_text="No reach: the ticket comes back on the next working day.",
    )
    note = _text("What did they say?", required=False, hint="Their words where you can. They may ask to read this.")

    def verb(self, **values: Any) -> object:
        return self.ticket.record_attempt(**values)


class FindingForm(TicketForm):
    step, title, button, task = "findings", "What was learned", "Save finding", "Record finding"
    root_cause = forms.ModelChoiceField(
        RootCause.objects.filter(active=True),
        label="Cause",
        required=False,
        empty_label="Not clear yet",
        widget=forms.Select(attrs={"class": "input"}),
    )
    learned = _text("What lay behind it?", rows=3)

    def verb(self, **values: Any) -> object:
        return self.ticket.record_finding(**values)


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
    done = _line("What did we do?")
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


class ClosureForm(TicketForm):
    step, title, button, task = "closure", "Close", "Close ticket", "Close ticket"
    outcome = forms.ChoiceField(
        label="What came of it?",
        choices=[("", "Choose"), *CLOSINGS],
        widget=forms.Select(attrs={"class": "input"}),
    )
    summary = _text("In a sentence", required=False, rows=2, hint="Needed when no action was.")

    def verb(self, **values: Any) -> object:
        return self.ticket.close(**values)


class ReopeningForm(TicketForm):
    step, title, button, task = "reopening", "Take it up again", "Reopen ticket", "Reopen ticket"
    why = _line("Why?", hint="The customer is to be called anew, within the same time as for a new ticket.")

    def verb(self, **values: Any) -> object:
        return self.ticket.reopen(**values)


class HandoverForm(TicketForm):
    step, title, button, task = "handover", "Hand over", "Hand over", "Hand over"
    to = forms.ModelChoiceField(
        Employee.objects.none(), label="To whom?", empty_label="Choose", widget=forms.Select(attrs={"class": "input"})
    )
    why = _line("Why?", required=False, hint="The due time stays as it is.")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["to"]
        if isinstance(field, forms.ModelChoiceField):
            field.queryset = possible_owners(self.ticket, self.principal, on=timezone.now().date())

    def verb(self, **values: Any) -> object:
        return self.ticket.assign(**values)


FORMS: dict[str, type[TicketForm]] = {
    form.step: form for form in (AttemptForm, FindingForm, ActionForm, ClosureForm, ReopeningForm, HandoverForm)
}
WHILE_OPEN = ("attempts", "findings", "actions", "closure", "handover")
WHILE_CLOSED = ("reopening",)
LAST = ("closure", "handover")  # after these, nothing else can be kept


def steps_of(ticket: Ticket) -> tuple[str, ...]:
    """Names of the steps that make sense on the ticket now."""
    return WHILE_OPEN if ticket.is_open else WHILE_CLOSED


def blank_forms(ticket: Ticket, principal: Principal) -> dict[str, TicketForm]:
    """The forms of those steps, ready to be filled in."""
    return {name: FORMS[name](ticket=ticket, principal=principal) for name in steps_of(ticket)}


def written_forms(data: QueryDict, ticket: Ticket, principal: Principal) -> dict[str, TicketForm]:
    """Of the page's forms, which are sent together, those in which something is written."""
    sent = {name: FORMS[name](data, ticket=ticket, principal=principal) for name in steps_of(ticket)}
    return {name: form for name, form in sent.items() if form.is_written}


class AlertRuleForm(forms.ModelForm):  # type: ignore[type-arg]  # not generic at run time
    """A rule whose condition can be read; what is wrong is said with its place in the tree."""

    class Meta:
        model = AlertRule
        fields = ["code", "name", "program", "condition", "audience", "opens_ticket", "policy", "active"]

    audience = forms.MultipleChoiceField(
        choices=Role.choices,
        widget=forms.CheckboxSelectMultiple,
        help_text="Who is told, of those in charge of the unit; the employee is the one who served.",
    )

    condition = ConditionField(
        vocabulary=SignalFilter, help_text="When it fires, of all answers and other signals. Empty: at every one."
    )
