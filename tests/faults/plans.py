"""Which fault happens when: as the recipient's address says, or by chance."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Fault:
    """`refuse` (at the recipient, or an HTTP status), `late` (after the body), `closing` (421), `stall` (accepted, but
    the answer does not come), `vanish` (accepted, and the line drops), `reset` (in the middle of the body). By HTTP
    also `drip` (the answer comes a letter at a time, for ever), `huge` (accepted, with an answer of many megabytes)
    and `slow` (accepted after so many hundredths of a second)."""

    verb: str
    words: str = ""  # of the refusal: "550 5.1.1"


Plan = Callable[[str], Fault | None]  # from the recipient (SMTP) or the path (HTTP)
VERBS = frozenset({"refuse", "late", "closing", "stall", "vanish", "reset", "drip", "huge", "slow"})
LATER, NEVER, LOST = Fault("late", "451 4.3.0"), Fault("late", "550 5.7.1"), Fault("vanish")


def as_addressed(address: str) -> Fault | None:
    """`refuse-550-5.1.1@...`, `late-451@...`, `vanish@...`; any other address has no fault."""
    verb, _, words = address.strip("/").partition("@")[0].partition("-")
    return Fault(verb, words.replace("-", " ")) if verb in VERBS else None


def calm(_address: str) -> Fault | None:
    return None


@dataclass
class Chances:
    """So many of all are refused for now, for good, or accepted with the answer lost; drawn from the seed."""

    seed: int
    later: float = 0.0
    never: float = 0.0
    lost: float = 0.0

    def __post_init__(self) -> None:
        self._rng = random.Random(self.seed)

    def __call__(self, _address: str) -> Fault | None:
        luck = self._rng.random()
        for fault, chance in ((LATER, self.later), (NEVER, self.never), (LOST, self.lost)):
            if luck < chance:
                return fault
            luck -= chance
        return None
