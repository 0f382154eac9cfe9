"""How long tickets take: the clocks of one, for its page, and the times of many, for whoever leads."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from closedloop.milestones import STAGES
from closedloop.models import Clock, Escalation, Pause, Ticket


@dataclass(frozen=True)
class Face:
    """One clock as people read it. `state`: done, void, late (overdue, not done), running, or free (no due time).
    `left`: until it is due, or since then where it is late, on the wall."""

    clock: Clock
    state: str
    left: timedelta = timedelta()
    raised: list[Escalation] = field(default_factory=list)

    @property
    def in_time(self) -> bool | None:
        """Of a clock that has ended and had a target."""
        clock = self.clock
        if clock.due_at is None or clock.outcome != Clock.Outcome.MET or clock.ended_at is None:
            return None
        return clock.ended_at <= clock.due_at


@dataclass(frozen=True)
class Clocks:
    """`now`: of the round at hand, in the order of the stages; `before`: of earlier rounds, the latest first; `pause`:
    in which they stand still."""

    now: list[Face]
    before: list[tuple[int, list[Face]]]
    pause: Pause | None


def clocks_of(ticket: Ticket, *, at: datetime) -> Clocks:
    """From the rows that `telling.read_story` reads. None where the ticket was not yet worked out."""
    rounds: dict[int, list[Face]] = {}
    for clock in sorted(ticket.clocks.all(), key=lambda clock: (-clock.round, STAGES.index(clock.stage))):
        rounds.setdefault(clock.round, []).append(_face(clock, at))
    now, *before = [*rounds.items()] or [(1, [])]
    return Clocks(now[1], before, ticket.pause_at(at) if ticket.is_open else None)


def _face(clock: Clock, at: datetime) -> Face:
    raised = [row for row in clock.escalations.all() if row.raised_at]
    if clock.ended_at is not None:
        return Face(clock, "done" if clock.outcome == Clock.Outcome.MET else "void", raised=raised)
    if clock.due_at is None:
        return Face(clock, "free", raised=raised)
    return Face(clock, "late" if clock.is_late(at) else "running", abs(clock.due_at - at), raised)
