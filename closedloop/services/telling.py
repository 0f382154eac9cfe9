"""The story of a ticket in the order it happened, for the people who read it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Prefetch, QuerySet, prefetch_related_objects

from closedloop.models import (
    Action,
    Closure,
    ContactAttempt,
    CustomerSignal,
    Elevation,
    Escalation,
    Finding,
    FollowUp,
    Handover,
    Letter,
    Pause,
    PriorityChange,
    Promise,
    Ticket,
    TicketJoin,
    TicketSignal,
)
from common.models import User


@dataclass(frozen=True)
class Step:
    """One thing that happened. `kind`: signal, attempt, finding, action, decision, promise, promise_settled,
    follow_up, follow_up_settled, letter, reply, handover, join, closure, reopening, pressing, pause, resumption,
    escalation or elevation; `row` holds the rest. `by` is the name of a person, or empty when it was a machine or the
    customer."""

    kind: str
    at: datetime
    by: str
    row: Any


def _with(related: str, rows: QuerySet[Any], *also: str) -> Prefetch[Any]:
    return Prefetch(related, rows.select_related("by__employee", *also))


STORY: tuple[Any, ...] = (
    _with("findings", Finding.objects.all(), "root_cause", "stated_cause"),
    _with("actions", Action.objects.all(), "kind", "decision__by__employee"),
    _with("promises", Promise.objects.all(), "settled_by__employee"),
    _with("followups", FollowUp.objects.all(), "settled_by__employee", "to"),
    _with("letters", Letter.objects.all()),
    "replies",
    _with("handovers", Handover.objects.all(), "to"),
    _with("joins", TicketJoin.objects.filter(undone_at=None), "joined"),
    _with("attempts", ContactAttempt.objects.order_by("number")),
    _with("closures", Closure.objects.all(), "reopened_by__employee"),
    _with("pauses", Pause.objects.all(), "ended_by__employee"),
    _with("prioritychanges", PriorityChange.objects.all(), "band"),
    "clocks",
    Prefetch("clocks__escalations", Escalation.objects.raised().select_related("employee").order_by("due_at")),
    Prefetch("ticket_signals", TicketSignal.objects.select_related("signal__observation__by__employee")),
)


def read_story(ticket: Ticket) -> None:
    """Read all rows of the ticket, one query a kind: whatever of the page asks for them finds them."""
    prefetch_related_objects([ticket], *STORY)


def story_of(ticket: Ticket) -> list[Step]:
    """Every step, newest first; the same number of queries for any number of steps."""
    read_story(ticket)
    steps = [
        *_rows("finding", ticket.findings.all()),
        *_actions(ticket),
        *_owed("promise", ticket.promises.all()),
        *_owed("follow_up", ticket.followups.all()),
        *_rows("letter", ticket.letters.all()),
        *(Step("reply", reply.at, "", reply) for reply in ticket.replies.all()),
        *_rows("handover", ticket.handovers.all()),
        *_rows("join", ticket.joins.all()),
        *_rows("elevation", Elevation.objects.of_ticket(ticket).select_related("by__employee", "initiative")),
        *_attempts(ticket),
        *_closures(ticket),
        *_rows("pressing", ticket.prioritychanges.all()),
        *_pauses(ticket),
        *_escalations(ticket),
        *(Step("signal", s.signal.at, _taken_down_by(s.signal), s.signal) for s in ticket.ticket_signals.all()),
    ]
    return sorted(steps, key=lambda step: step.at, reverse=True)


def name_of(user: User | None) -> str:
    employee = getattr(user, "employee", None)
    return employee.name if employee else str(user or "")


def _taken_down_by(signal: CustomerSignal) -> str:
    return name_of(signal.observation.by) if signal.observation else ""


def _rows(kind: str, rows: Any) -> list[Step]:
    return [Step(kind, row.at, name_of(row.by), row) for row in rows]


def _actions(ticket: Ticket) -> list[Step]:
    actions = list(ticket.actions.all())
    decisions = [action.decision for action in actions if hasattr(action, "decision")]
    return _rows("action", actions) + _rows("decision", decisions)


def _owed(kind: str, rows: Any) -> list[Step]:
    """What is owed, when it was said, and when it was settled."""
    settled = [Step(f"{kind}_settled", row.settled_at, name_of(row.settled_by), row) for row in rows if row.settled_at]
    return _rows(kind, rows) + settled


def _attempts(ticket: Ticket) -> list[Step]:
    made = (row for row in ticket.attempts.all() if row.is_made)
    return [Step("attempt", row.made_at or row.requested_at, name_of(row.by), row) for row in made]


def _closures(ticket: Ticket) -> list[Step]:
    closures = list(ticket.closures.all())
    reopened = [Step("reopening", c.reopened_at, name_of(c.reopened_by), c) for c in closures if c.reopened_at]
    return _rows("closure", closures) + reopened


def _pauses(ticket: Ticket) -> list[Step]:
    """Who stopped the clock, and who had it go on; what goes on by itself stands in the pause."""
    pauses = list(ticket.pauses.all())
    ended = [Step("resumption", row.ends_at, name_of(row.ended_by), row) for row in pauses if row.ended_by_id]
    return _rows("pause", pauses) + ended


def _escalations(ticket: Ticket) -> list[Step]:
    raised = (row for clock in ticket.clocks.all() for row in clock.escalations.all())
    return [Step("escalation", row.raised_at, "", row) for row in raised if row.raised_at]
