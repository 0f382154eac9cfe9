"""Many tickets to one owner."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django import forms
from django.http import QueryDict

from closedloop.forms.colleague import ColleagueField
from closedloop.forms.step import line
from closedloop.models import Ticket
from closedloop.services.handing_over import Handed, Wanted, hand_over
from closedloop.services.routing import nearest_owners, owners_for
from crm.sight import Principal


class HandingOverForm(forms.Form):
    """To whom, and why. Each ticket stands in the page with the version that the person saw: `ticket=PK:VERSION`."""

    to = ColleagueField("To whom?")
    why = line("Why?", hint="It stands in the story of each ticket. Due times stay as they are.")

    def __init__(
        self, data: QueryDict | None = None, *, tickets: Sequence[Ticket], principal: Principal, at: datetime
    ) -> None:
        super().__init__(data, auto_id="handing-over-%s")
        self.tickets, self.principal, self.at = tickets, principal, at
        to: Any = self.fields["to"]
        units, on = {ticket.unit_id for ticket in tickets}, at.date()
        to.offer(owners_for(units, principal, on=on), nearest_owners(units, principal, on=on))

    def perform(self) -> list[Handed]:
        """What became of each; nothing is done where the form itself is wrong."""
        if not self.is_valid():
            return []
        seen = versions_seen(self.data)
        wanted = [Wanted(ticket, seen[ticket.pk]) for ticket in self.tickets]
        return hand_over(wanted, **self.cleaned_data, by=self.principal, at=self.at)


def versions_seen(data: Any) -> dict[int, int]:
    """{ticket: version} as sent by the page; what cannot be read is left out."""
    pairs = [said.split(":") for said in data.getlist("ticket")]
    return {int(pair[0]): int(pair[1]) for pair in pairs if len(pair) == 2 and all(map(_is_number, pair))}


def _is_number(said: str) -> bool:
    return said.isascii() and said.isdigit() and len(said) <= 9
