"""To whom a ticket goes."""

from __future__ import annotations

from typing import Any

from django.utils import timezone

from closedloop.forms.colleague import ColleagueField
from closedloop.forms.step import TicketForm, line
from closedloop.services.routing import nearest_owners, possible_owners


class HandoverForm(TicketForm):
    step, title, button, task = "handover", "Hand over", "Hand over", "Hand over"
    to = ColleagueField("To whom?")
    why = line("Why?", required=False, hint="The due time stays as it is.")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["to"]
        on = timezone.now().date()
        near = nearest_owners([self.ticket.unit_id], self.principal, on=on)
        field.offer(possible_owners(self.ticket, self.principal, on=on), near.exclude(tickets=self.ticket))

    def verb(self, **values: Any) -> object:
        return self.ticket.assign(**values)
