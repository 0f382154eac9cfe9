"""Putting a ticket together with another."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar

from django import forms
from django.db.models import QuerySet
from django.forms.models import ModelChoiceIterator

from closedloop.forms.step import TicketForm, line
from closedloop.models import Ticket
from closedloop.services.uniting import others, others_at_hand, unite

NEAR = 30  # tickets that the select offers


class _AtHand(ModelChoiceIterator):  # type: ignore[type-arg]
    field: OpenTicketField

    def __iter__(self) -> Iterator[Any]:
        yield "", self.field.empty_label
        yield from (self.choice(ticket) for ticket in self.field.near[:NEAR])

    def __bool__(self) -> bool:
        return True


class OpenTicketField(forms.ModelChoiceField):  # type: ignore[type-arg]
    """Any of `queryset`; the select offers `near` of them."""

    iterator = _AtHand

    def __init__(self, label: str) -> None:
        self.near: QuerySet[Ticket] = Ticket.objects.none()
        box = forms.Select(attrs={"class": "input"})
        super().__init__(self.near, label=label, empty_label="Choose", widget=box)

    def offer(self, anything: QuerySet[Ticket], near: QuerySet[Ticket]) -> None:
        self.near, self.queryset = near, anything

    def validate(self, value: Any) -> None:
        """Empty: the form looks for a number in its place."""

    def label_from_instance(self, ticket: Ticket) -> str:
        score = ticket.origin.score
        return f"{ticket.who}{'' if score is None else f', gave {score}'} (ticket {ticket.pk})"


class JoiningForm(TicketForm):
    step, title, button, task = "joining", "Put together with another ticket", "Put together", "Put together"
    named: ClassVar[dict[str, str]] = {"goes_on_in": "into", "joining_why": "why"}
    goes_on_in = OpenTicketField("In which ticket does the work go on?")
    goes_on_number = forms.IntegerField(
        label="Or its number", required=False, min_value=1, max_value=2**31,
        help_text="In place of the list, which has the newest of the unit.",
        widget=forms.TextInput(attrs={"class": "input num", "inputmode": "numeric", "size": 8}),
    )  # fmt: skip
    joining_why = line("Why are they one matter?", hint="This ticket ends. The other keeps the earlier due time.")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["goes_on_in"]
        self.others = others(self.ticket, self.principal)
        field.offer(self.others, others_at_hand(self.ticket, self.principal))

    def clean(self) -> dict[str, Any]:
        said = super().clean() or {}
        chosen, number = said.get("goes_on_in"), said.pop("goes_on_number", None)
        if not {"goes_on_in", "goes_on_number"} & set(self.errors):
            said["goes_on_in"] = self._one(chosen, number)
        return said

    def _one(self, chosen: Ticket | None, number: int | None) -> Ticket | None:
        """The ticket that was chosen or named by its number; else what is wrong stands at the field."""
        if chosen and number and chosen.pk != number:
            self.add_error("goes_on_number", f"Two are named: {chosen.pk} in the list, and {number}. Leave one out.")
        elif number and not chosen:
            chosen = self.others.filter(pk=number).first()
            if chosen is None:
                self.add_error("goes_on_number", f"You work on no other open ticket with the number {number}.")
        elif not chosen:
            self.add_error("goes_on_in", "Choose a ticket, or type its number.")
        return chosen

    def verb(self, **values: Any) -> object:
        return unite(ticket=self.ticket, **values)
