"""Occasions without a decision: until when they wait, and what for."""

from __future__ import annotations

from datetime import UTC, datetime

from surveys.contact_rules import ContactRule
from surveys.models import Program, ProgramVersion, Turn
from surveys.services.explaining.barring import in_words

_WHOSE = {"person": "", "household": ", anybody's of the household", "account": ", anybody's of the account"}
NEXT_RUN = "No decision yet: the next run of the trigger decides."
NOT_STORED = "No decision is stored: the program was not in force then, or the decision is older than what is kept."
NO_EPISODE = "No decision: it belongs to no episode of the program."


def tell_turn(turn: Turn, *, at: datetime, version: ProgramVersion | None, aside: bool = False) -> str:
    """Why a turn without a decision has none; needs `turn.program`. `version`: the one in force, if any is. `aside`:
    the program is set aside."""
    over = turn.program.active_until is not None and turn.program.active_until <= at
    if version is None and not over:
        return "No decision yet: waits until the program is in force."
    if aside:
        return "No decision yet: waits until the condition of the program can be read again."
    if turn.due_at <= at:
        return NEXT_RUN
    due = f"{turn.due_at.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
    if version is None:
        return f"No decision yet: it is made on {due}; nobody is asked, since the program's time is over."
    return f"No decision yet: waits until {due}, {_what_for(turn, version)}."


def _what_for(turn: Turn, version: ProgramVersion) -> str:
    if turn.delayed_by is not None:
        rule = ContactRule(**turn.delayed_by)
        return f"because the program waits {in_words(rule)}{_WHOSE[rule.per]}"
    if version.decides_about_interactions:  # put off before turns kept what for
        return "when the window of a contact rule ends"
    if turn.program.kind == Program.Kind.JOURNEY and turn.due_at == turn.occurred_at:
        return "when the episode counts as over"
    if version.decides == ProgramVersion.Decides.DAILY:
        return "when the program next decides"
    return "when the customer's turn comes"


def tell_interaction(program: Program, *, triggered: bool) -> str | None:
    """Why an interaction has neither decision nor turn of a program in force; None where it is no occasion of it."""
    if program.kind not in {*Program.OF_INTERACTIONS, Program.Kind.JOURNEY}:
        return None
    if not triggered:
        return NEXT_RUN
    return NO_EPISODE if program.kind == Program.Kind.JOURNEY else NOT_STORED
