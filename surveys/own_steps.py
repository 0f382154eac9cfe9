"""What a customer may read of what became of an answer: upper apps that know register a teller here.

The shape is that of common/panels.py. A step holds facts only, never words that somebody wrote for colleagues; the page
says them in the customer's language (templates/surveys/_own_step.html knows each `kind`).
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Kind(StrEnum):
    TAKEN_ON = "taken_on"  # somebody is to care for it
    HANDED_OVER = "handed_over"
    NOT_REACHED = "not_reached"
    REACHED = "reached"
    SETTLED = "settled"
    NOT_SETTLED = "not_settled"
    UNREACHED = "unreached"  # we gave up trying
    READ = "read"  # nothing was to be done
    DUE = "due"  # still to come


@dataclass(frozen=True)
class Step:
    """`who`: an employee's name as the mails have it; `unit`: theirs. Empty where it is not known."""

    kind: Kind
    at: datetime
    who: str = ""
    unit: str = ""

    @property
    def done(self) -> bool:
        return self.kind != Kind.DUE


Steps = dict[int, list[Step]]
Teller = Callable[[Collection[int]], Steps]  # (ids of responses) -> their steps, in the order of time

_tellers: list[Teller] = []


def register(teller: Teller) -> None:
    """Called when the upper app's console is imported."""
    if teller not in _tellers:
        _tellers.append(teller)


def steps_of(responses: Collection[int]) -> Steps:
    """What was done about each of these answers (ids), in the order of time."""
    found: Steps = {}
    for teller in _tellers:
        for response, steps in teller(responses).items():
            found.setdefault(response, []).extend(steps)
    return {response: sorted(steps, key=lambda step: step.at) for response, steps in found.items()}
