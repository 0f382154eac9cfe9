"""Occasions without a decision: until when they wait, and what for."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from surveys.models import Program, Turn

A_DAY = timedelta(days=1)  # a turn that is due later than that after its occasion was put off by a contact rule
NEXT_RUN = "No decision yet: the next run of the trigger decides."
NOT_STORED = "No decision is stored: the program was not in force then, or the decision is older than what is kept."
NO_EPISODE = "No decision: it belongs to no episode of the program."


def tell_turn(turn: Turn, *, at: datetime, in_force: bool) -> str:
    """Why a turn without a decision has none; needs `turn.program`."""
    if not in_force:
        return "No decision yet: waits until the program is in force."
    if turn.due_at <= at:
        return NEXT_RUN
    due = turn.due_at.astimezone(UTC)
    return f"No decision yet: waits until {due:%Y-%m-%d %H:%M} UTC, {_what_for(turn)}."


def _what_for(turn: Turn) -> str:
    program = turn.program
    if turn.due_at > turn.occurred_at + A_DAY:
        return "when the window of a contact rule ends"
    if program.decides == Program.Decides.DAILY:
        return "when the program next decides"
    if program.kind == Program.Kind.JOURNEY:
        return "when the episode counts as over"
    return "when the customer's turn comes"


def tell_interaction(program: Program, *, triggered: bool) -> str | None:
    """Why an interaction has neither decision nor turn of a program in force; None where it is no occasion of it."""
    if program.kind not in {*Program.OF_INTERACTIONS, Program.Kind.JOURNEY}:
        return None
    if not triggered:
        return NEXT_RUN
    return NO_EPISODE if program.kind == Program.Kind.JOURNEY else NOT_STORED
