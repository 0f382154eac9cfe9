"""The story of a ticket in the order it happened, for the people who read it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from closedloop.models import ContactAttempt, Elevation, Escalation, Ticket
from common.models import User


@dataclass(frozen=True)
class Step:
    """One thing that happened. `kind`: signal, attempt, finding, action, decision, promise, promise_settled,
    follow_up, follow_up_settled, letter, reply, handover, closure, reopening, pressing, pause, resumption, escalation
    or elevation; `row` holds the rest. `by` is the name of a person, or empty when it was a machine or the customer."""

    kind: str
    at: datetime
    by: str
    row: Any


def story_of(ticket: Ticket) -> list[Step]:
    """Every step, newest first; the same number of queries for any number of steps."""
    steps = [
        *_rows("finding", ticket.findings.select_related("by__employee", "root_cause", "stated_cause")),
        *_actions(ticket),
        *_owed("promise", ticket.promises.select_related("by__employee", "settled_by__employee")),
        *_owed("follow_up", ticket.followups.select_related("by__employee", "settled_by__employee", "to")),
        *_rows("letter", ticket.letters.select_related("by__employee")),
        *(Step("reply", reply.at, "", reply) for reply in ticket.replies.all()),
        *_rows("handover", ticket.handovers.select_related("by__employee", "to")),
        *_rows("elevation", Elevation.objects.of_ticket(ticket).select_related("by__employee", "initiative")),
        *_attempts(ticket),
        *_closures(ticket),
        *_rows("pressing", ticket.prioritychanges.select_related("by__employee", "band")),
        *_pauses(ticket),
        *_escalations(ticket),
        *(Step("signal", s.signal.at, "", s.signal) for s in ticket.ticket_signals.select_related("signal")),
    ]
    return sorted(steps, key=lambda step: step.at, reverse=True)


def name_of(user: User | None) -> str:
    employee = getattr(user, "employee", None)
    return employee.name if employee else str(user or "")


def _rows(kind: str, rows: Any) -> list[Step]:
    return [Step(kind, row.at, name_of(row.by), row) for row in rows]


def _actions(ticket: Ticket) -> list[Step]:
    actions = list(ticket.actions.select_related("by__employee", "kind", "decision__by__employee"))
    decisions = [action.decision for action in actions if hasattr(action, "decision")]
    return _rows("action", actions) + _rows("decision", decisions)


def _owed(kind: str, rows: Any) -> list[Step]:
    """What is owed, when it was said, and when it was settled."""
    settled = [Step(f"{kind}_settled", row.settled_at, name_of(row.settled_by), row) for row in rows if row.settled_at]
    return _rows(kind, rows) + settled


def _attempts(ticket: Ticket) -> list[Step]:
    made = ContactAttempt.objects.filter(ticket=ticket).made().select_related("by__employee")
    return [Step("attempt", row.made_at or row.requested_at, name_of(row.by), row) for row in made]


def _closures(ticket: Ticket) -> list[Step]:
    closures = list(ticket.closures.select_related("by__employee", "reopened_by__employee"))
    reopened = [Step("reopening", c.reopened_at, name_of(c.reopened_by), c) for c in closures if c.reopened_at]
    return _rows("closure", closures) + reopened


def _pauses(ticket: Ticket) -> list[Step]:
    """Who stopped the clock, and who had it go on; what goes on by itself stands in the pause."""
    pauses = list(ticket.pauses.select_related("by__employee", "ended_by__employee"))
    ended = [Step("resumption", row.ends_at, name_of(row.ended_by), row) for row in pauses if row.ended_by_id]
    return _rows("pause", pauses) + ended


def _escalations(ticket: Ticket) -> list[Step]:
    raised = Escalation.objects.raised().filter(clock__ticket=ticket).select_related("clock", "employee")
    return [Step("escalation", row.raised_at, "", row) for row in raised if row.raised_at]
