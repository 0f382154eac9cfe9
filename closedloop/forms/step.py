"""A step on a ticket, as people write it; the forms beside it know the verbs that they feed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar

from django import forms
from django.db import models
from django.http import QueryDict

from closedloop.errors import TicketRefused
from closedloop.models import Ticket
from crm.sight import Principal

LONG = 10_000


def text(label: str, *, required: bool = True, rows: int = 4, hint: str = "") -> forms.CharField:
    area = forms.Textarea(attrs={"rows": rows, "class": "input"})
    return forms.CharField(label=label, required=required, max_length=LONG, widget=area, help_text=hint)


def line(label: str, *, required: bool = True, hint: str = "") -> forms.CharField:
    line = forms.TextInput(attrs={"class": "input"})
    return forms.CharField(label=label, required=required, max_length=300, widget=line, help_text=hint)


def day(label: str) -> forms.DateField:
    box = forms.DateInput(attrs={"class": "input", "type": "date"}, format="%Y-%m-%d")
    return forms.DateField(label=label, input_formats=["%Y-%m-%d"], widget=box)


def one_of(model: type[models.Model], label: str, *, required: bool = True) -> forms.ModelChoiceField[Any]:
    """A row of a set that the form names (`choices`), when it knows the ticket."""
    rows: models.QuerySet[Any] = model._default_manager.none()
    box = forms.Select(attrs={"class": "input"})
    return forms.ModelChoiceField(rows, label=label, required=required, empty_label="Choose", widget=box)


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
    named: ClassVar[Mapping[str, str]] = {}  # {field: what the verb calls it}: on the page all forms are sent together
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
        for name, rows in self.choices().items():
            field: Any = self.fields[name]
            field.queryset = rows

    def choices(self) -> dict[str, models.QuerySet[Any]]:
        """What fields that are `one_of` offer on this ticket."""
        return {}

    def perform(self, *, at: datetime) -> bool:
        """Do it. False if the form or the ticket says no; the reason is then among the form's errors."""
        if not self.is_valid():
            return False
        values = {self.named.get(name, name): value for name, value in self.cleaned_data.items()}
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
        return any(str(self[name].data or "").strip() for name in self.changed_data if name not in self.preset)

    def as_draft(self, ticket: Ticket) -> TicketForm:
        """The same words, ready to be sent another time."""
        return type(self)(
            ticket=ticket, principal=self.principal, draft={name: self[name].data or "" for name in self.fields}
        )

    def with_version(self, version: int) -> TicketForm:
        """The same words, to be sent again about the ticket as it is now."""
        self.data = {**self.data.dict(), "version": str(version)} if isinstance(self.data, QueryDict) else self.data
        return self

    def verb(self, **values: Any) -> object:
        raise NotImplementedError
