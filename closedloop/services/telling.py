"""The story of a ticket in the order it happened, for the people who read it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from closedloop.models import Ticket
from common.models import User


@dataclass(frozen=True)
class Step:
    """One thing that happened. `kind`: signal, attempt, finding, action, handover, closure or reopening; `row` holds
    the rest. `by` is the name of a person, or empty when it was a machine or the customer."""

    kind: str
    at: datetime
    by: str
    row: Any


def story_of(ticket: Ticket) -> list[Step]:
    """Every step, newest first; six queries for any number of steps."""
    steps = [
        *_rows("finding", ticket.findings.select_related("by__employee", "root_cause")),
        *_rows("action", ticket.actions.select_related("by__employee")),
        *_rows("handover", ticket.handovers.select_related("by__employee", "to")),
        *_attempts(ticket),
        *_closures(ticket),
        *(Step("signal", s.signal.at, "", s.signal) for s in ticket.ticket_signals.select_related("signal")),
    ]
    return sorted(steps, key=lambda step: step.at, reverse=True)


def name_of(user: User | None) -> str:
    employee = getattr(user, "employee", None)
    return employee.name if employee else str(user or "")


def _rows(kind: str, rows: Any) -> list[Step]:
    return [Step(kind, row.at, name_of(row.by), row) for row in rows]


def _attempts(ticket: Ticket) -> list[Step]:
    made = ticket.attempts.exclude(outcome__in=["", "cancelled"]).select_related("by__employee")
    return [Step("attempt", row.made_at or row.requested_at, name_of(row.by), row) for row in made]


def _closures(ticket: Ticket) -> list[Step]:
    closures = list(ticket.closures.select_related("by__employee", "reopened_by__employee"))
    reopened = [Step("reopening", c.reopened_at, name_of(c.reopened_by), c) for c in closures if c.reopened_at]
    return _rows("closure", closures) + reopened
