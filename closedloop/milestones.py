"""What a ticket's clocks show: for each round of work, when it was assigned, tried, in contact with the customer and
settled. Pure; no Django. docs/algorithms/clocks.md tells it in words.

A round begins when the ticket is opened or taken up again, and ends when it is closed. Each has four clocks; a clock
ends as met, or as void where the round ended without it or where it makes no sense: nobody calls who asked for no call.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime

ASSIGN, ATTEMPT, CONTACT, RESOLUTION = "assign", "attempt", "contact", "resolution"
STAGES = (ASSIGN, ATTEMPT, CONTACT, RESOLUTION)
MET, VOID, RUNNING = "met", "void", ""
SPOKEN = frozenset({"reached", "refused"})  # outcomes of an attempt after which the customer has heard us
SETTLED = frozenset(
    {"resolved", "unresolved", "no_action", "elsewhere"}
)  # outcomes of a closure that are an end of the matter


@dataclass(frozen=True)
class Ending:
    """The ticket was closed at `at`, and taken up again at `reopened_at` (None: not since)."""

    at: datetime
    outcome: str
    reopened_at: datetime | None


@dataclass(frozen=True)
class Story:
    """What happened to a ticket. `owned_at`: when somebody first owned it; `tries`: when, and with what outcome;
    `quiet`: the customer does not want to be called."""

    opened_at: datetime
    owned_at: datetime | None
    tries: Sequence[tuple[datetime, str]] = ()
    endings: Sequence[Ending] = ()
    quiet: bool = False


@dataclass(frozen=True)
class Round:
    """A stretch of work, from 1; `ended_at` None: it goes on."""

    number: int
    started_at: datetime
    ended_at: datetime | None = None
    outcome: str = ""

    def holds(self, at: datetime) -> bool:
        return self.started_at <= at and (self.ended_at is None or at <= self.ended_at)


@dataclass(frozen=True)
class Reading:
    """One clock: running, met at `ended_at`, or void since then."""

    round: Round = field(repr=False)
    stage: str
    outcome: str = RUNNING
    ended_at: datetime | None = None


def rounds_of(story: Story) -> list[Round]:
    """Every round, the first one first."""
    found: list[Round] = []
    start = story.opened_at
    for ending in sorted(story.endings, key=lambda ending: ending.at):
        found.append(Round(len(found) + 1, start, ending.at, ending.outcome))
        if ending.reopened_at is None:
            return found
        start = ending.reopened_at
    return [*found, Round(len(found) + 1, start)]


def readings(story: Story) -> Iterator[Reading]:
    """All clocks of all rounds."""
    for each in rounds_of(story):
        for stage in STAGES:
            yield _reading(story, each, stage)


def _reading(story: Story, each: Round, stage: str) -> Reading:
    met_at = _met_at(story, each, stage)
    if met_at is not None:
        return Reading(each, stage, MET, met_at)
    if story.quiet and stage in (ATTEMPT, CONTACT):
        return Reading(each, stage, VOID, each.started_at)
    return Reading(each, stage, VOID, each.ended_at) if each.ended_at else Reading(each, stage)


def _met_at(story: Story, each: Round, stage: str) -> datetime | None:
    if stage == ASSIGN:
        owned = max(story.owned_at, each.started_at) if story.owned_at else None
        return owned if owned and each.holds(owned) else None
    if stage == RESOLUTION:
        return each.ended_at if each.outcome in SETTLED else None
    tries = (at for at, outcome in story.tries if each.holds(at) and (stage == ATTEMPT or outcome in SPOKEN))
    return min(tries, default=None)
