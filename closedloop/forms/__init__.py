"""What people write on a ticket: which steps there are, and which make sense now."""

from __future__ import annotations

from collections.abc import Callable

from django.http import QueryDict
from django.utils import timezone

from closedloop.forms.acting import ActionForm, DecisionForm
from closedloop.forms.attempting import AttemptForm
from closedloop.forms.elevating import ElevationForm
from closedloop.forms.ending import ClosureForm, ReopeningForm
from closedloop.forms.joining import JoiningForm
from closedloop.forms.learning import FindingForm
from closedloop.forms.owning import HandoverForm
from closedloop.forms.pausing import PauseForm, ResumptionForm
from closedloop.forms.promising import FollowUpForm, FollowUpOutcomeForm, PromiseForm, PromiseOutcomeForm
from closedloop.forms.step import TicketForm
from closedloop.forms.writing import LetterForm
from closedloop.models import Ticket
from crm.sight import Principal

FORMS: dict[str, type[TicketForm]] = {
    form.step: form
    for form in (
        DecisionForm, AttemptForm, FindingForm, ActionForm, PromiseForm, PromiseOutcomeForm, FollowUpForm,
        FollowUpOutcomeForm, LetterForm, ClosureForm, ReopeningForm, HandoverForm, JoiningForm,
        PauseForm, ResumptionForm, ElevationForm,
    )
}  # fmt: skip
WHILE_OPEN = (
    "attempts",
    "findings",
    "actions",
    "promises",
    "follow-ups",
    "letters",
    "closure",
    "pauses",
    "handover",
    "joining",
    "elevations",
)
WHILE_PAUSED = tuple("resumption" if step == "pauses" else step for step in WHILE_OPEN)
WHILE_CLOSED = ("letters", "reopening", "elevations")
WHILE_UNSETTLED: dict[str, Callable[[Ticket], bool]] = {
    "decisions": lambda ticket: any(row.is_awaiting for row in ticket.actions.all()),
    "promise-outcomes": lambda ticket: any(not row.outcome for row in ticket.promises.all()),
    "follow-up-outcomes": lambda ticket: any(not row.outcome for row in ticket.followups.all()),
}
LAST = ("closure", "handover", "joining")  # after these, nothing else can be kept


def steps_of(ticket: Ticket) -> tuple[str, ...]:
    """Names of the steps that make sense on the ticket now. From its rows: `telling.read_story` reads them at once."""
    unsettled = [name for name, is_there in WHILE_UNSETTLED.items() if is_there(ticket)]
    if not ticket.is_open:
        return (*unsettled, *WHILE_CLOSED)
    return (*unsettled, *(WHILE_PAUSED if ticket.pause_at(timezone.now()) else WHILE_OPEN))


def blank_forms(ticket: Ticket, principal: Principal) -> dict[str, TicketForm]:
    """The forms of those steps, ready to be filled in."""
    return {name: FORMS[name](ticket=ticket, principal=principal) for name in steps_of(ticket)}


def written_forms(data: QueryDict, ticket: Ticket, principal: Principal) -> dict[str, TicketForm]:
    """Of the page's forms, which are sent together, those in which something is written."""
    sent = {name: FORMS[name](data, ticket=ticket, principal=principal) for name in steps_of(ticket)}
    return {name: form for name, form in sent.items() if form.is_written}
