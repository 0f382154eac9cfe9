"""What people write on a ticket: which steps there are, and which make sense now."""

from __future__ import annotations

from django.http import QueryDict

from closedloop.forms.acting import ActionForm
from closedloop.forms.attempting import AttemptForm
from closedloop.forms.ending import ClosureForm, ReopeningForm
from closedloop.forms.learning import FindingForm
from closedloop.forms.owning import HandoverForm
from closedloop.forms.step import TicketForm
from closedloop.models import Ticket
from crm.sight import Principal

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
