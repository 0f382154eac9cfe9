"""Which way an initiative may go. Pure; no Django."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum


class State(StrEnum):
    """Where an initiative stands."""

    PROPOSED = "proposed"
    AGREED = "agreed"
    ROLLING_OUT = "rolling_out"
    DONE = "done"
    STOPPED = "stopped"


ENDED = frozenset({State.DONE, State.STOPPED})
NEXT: Mapping[State, frozenset[State]] = {
    State.PROPOSED: frozenset({State.AGREED, State.STOPPED}),
    State.AGREED: frozenset({State.ROLLING_OUT, State.STOPPED}),
    State.ROLLING_OUT: frozenset({State.DONE, State.STOPPED}),
    State.DONE: frozenset(),
    State.STOPPED: frozenset({State.PROPOSED}),  # taken up again, to be agreed anew
}
SAID = {state: state.value.replace("_", " ") for state in State}


def why_not(now: str, to: str, *, owned: bool, staged: bool) -> str:
    """Why an initiative that is `now` cannot be `to`; empty if it can. `owned`: somebody answers for it; `staged`: it
    is said where it begins, and when."""
    if to not in NEXT[State(now)]:
        return f"It is {SAID[State(now)]}, and cannot be {SAID[State(to)]} from there."
    if to == State.AGREED and not owned:
        return "Name its owner first: somebody has to answer for what is agreed."
    if to == State.ROLLING_OUT and not staged:
        return "Plan a stage first: where it begins, and on which day."
    return ""
