"""Do the workers move? The rules of the supervisor's watch, pure: it is told what is seen and when."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class Spans:
    """In seconds."""

    look: float = 1  # between two looks
    probe: float = 15  # between two beats asked for
    lost: float = 30  # after which a beat that has not come is asked for again, if other signs of life came meanwhile
    stalled: float = 40  # without a sign of life while a beat is waited for and no worker is at work
    stuck: float = (
        180  # the same although one seems to be; longer than Q_CLUSTER["timeout"], which ends a task that hangs
    )


@dataclass(frozen=True)
class Signs:
    """What the database knows of the workers."""

    now: datetime  # the database's clock
    beat: datetime | None  # when the beat that was asked for last ran, by the same clock
    beats: Mapping[str, datetime]  # every heartbeat that only a worker writes, by name
    finished: int  # tasks that have left the queue; what came and went between two looks may be missed


@dataclass
class Watch:
    """A beat is asked for again and again, whatever else moves, and one at a time; any sign of life puts off the end.

    Workers are dead when they are asked and show no life: nobody at work for `stalled` (a task that has just ended may
    not be counted yet), or somebody, the same one perhaps, for `stuck`. Times are the supervisor's monotonic seconds.
    """

    signs: Signs
    spans: Spans = Spans()
    life_at: float = float("-inf")
    busy_at: float = float("-inf")
    asked_at: float = float("-inf")
    asked: datetime | None = None  # by the database's clock, while the answer has not come
    waiting_since: float | None = None  # for any sign of life

    def look(self, now: float, signs: Signs, *, busy: bool) -> bool:
        """Takes in what is seen. Is it a sign of life?"""
        if busy:
            self.busy_at = now
        alive = signs.beats != self.signs.beats or signs.finished > self.signs.finished
        if alive:
            self.signs, self.life_at = signs, now
        if self.asked and signs.beat and signs.beat > self.asked:
            self.asked = self.waiting_since = None
        elif self.asked and alive:
            self.waiting_since = now
        return alive

    def wants_probe(self, now: float) -> bool:
        """A beat may be lost: the worker that took it was killed, and the others move on."""
        if not self.asked:
            return now - self.asked_at >= self.spans.probe
        return self.life_at > self.asked_at and now - self.asked_at >= self.spans.lost

    def probed(self, now: float, at: datetime) -> None:
        """A beat was asked for `at` this time of the database. Asking again does not put off the end."""
        self.asked, self.asked_at = at, now
        if self.waiting_since is None:
            self.waiting_since = now

    def stands_still(self, now: float) -> bool:
        """Must the workers be killed?"""
        if self.waiting_since is None:
            return False
        idle_since = max(self.waiting_since, self.busy_at)
        return now - idle_since >= self.spans.stalled or now - self.waiting_since >= self.spans.stuck
