"""Draining rows that must leave when those who take them are many and some are slow or dead (webhooks).

Each receiver has a lane. All lanes are served in turn and abreast: the conversations are held in threads, everything
that touches the database happens in the one that called, by the same claim, lease and outcome as for mail
(`common.outbox`). A lane that answers late has one conversation at a time, so that slow ones leave room for others; a
lane in which one failed is left alone until the house says that it is open again.
"""

from __future__ import annotations

import time
from collections import Counter, deque
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Generic, TypeVar

from django.db import connection

from common.models.dwell import Dwell
from common.models.outgoing import AHEAD, Outgoing, OutgoingQuerySet
from common.outbox import Clerk, Compose, HandOver
from common.senders import Outcome, Reply

T = TypeVar("T", bound=Outgoing)

AT_ONCE = 24  # conversations, all lanes together
IN_A_LANE = 4  # of them, where the last one was quick
QUICK = 1.0  # seconds
LOOK_AGAIN = 0.5  # seconds until lanes that were empty or shut are looked at again


@contextmanager
def alone(work: str) -> Iterator[bool]:
    """Is nobody else at `work`? Then nobody else will be, in any process, until the block ends."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(hashtextextended(%s, 1))", [work])
        (mine,) = cursor.fetchone()
    try:
        yield mine
    finally:
        if mine:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(hashtextextended(%s, 1))", [work])


@dataclass
class _Lane(Generic[T]):
    waiting: deque[T] = field(default_factory=deque)
    under_way: int = 0
    quick: bool = False

    @property
    def has_room(self) -> bool:
        return bool(self.waiting) and self.under_way < (IN_A_LANE if self.quick else 1)


@dataclass
class Round(Generic[T]):
    """One round. `open_lanes(at)` names the lanes that may be served, `rows_of(lane)` their rows."""

    kind: str  # of the rows, in the figures of how long they waited
    clerk: Clerk[T]
    open_lanes: Callable[[datetime], list[int]]
    rows_of: Callable[[int], OutgoingQuerySet[T]]
    compose: Compose[T]
    hand_over: HandOver
    budget: float
    limit: int
    lanes: dict[int, _Lane[T]] = field(default_factory=dict)
    under_way: dict[Future[tuple[Reply, float]], tuple[int, T]] = field(default_factory=dict)
    begun: int = 0

    def run(self) -> Counter[str]:
        """Hand over what is due until nothing is, or `limit` rows were begun, or `budget` seconds are over; those under
        way then are waited for. How many ended in which state."""
        until, looked = time.monotonic() + self.budget, 0.0
        with ThreadPoolExecutor(AT_ONCE, thread_name_prefix="abreast") as pool:
            while True:
                if time.monotonic() < until and self.begun < self.limit:
                    if not self.under_way or time.monotonic() > looked + LOOK_AGAIN:
                        self._look()
                        looked = time.monotonic()
                    self._fill(pool)
                if not self.under_way:
                    break
                for future in wait(self.under_way, LOOK_AGAIN, FIRST_COMPLETED).done:
                    self._settle(future)
        Dwell.objects.add(self.kind, self.clerk.dwell)
        return self.clerk.tally

    def _look(self) -> None:
        """Which lanes may be served now."""
        for number in self.open_lanes(self.clerk.clock()):
            lane = self.lanes.setdefault(number, _Lane())
            if not lane.waiting:
                self._read(number, lane)

    def _read(self, number: int, lane: _Lane[T]) -> None:
        due = self.rows_of(number).due(self.clerk.clock()).order_by("due_at", "id")
        lane.waiting.extend(due[:AHEAD])

    def _fill(self, pool: ThreadPoolExecutor) -> None:
        """A row of each lane in turn, as long as there is room."""
        served = True
        while served:
            served = False
            for number, lane in list(self.lanes.items()):
                if len(self.under_way) >= AT_ONCE or self.begun >= self.limit:
                    return
                if lane.has_room:
                    served = self._begin(number, lane, pool) or served
                    if not lane.waiting and lane.quick:
                        self._read(number, lane)

    def _begin(self, number: int, lane: _Lane[T], pool: ThreadPoolExecutor) -> bool:
        row = lane.waiting.popleft()
        if not row.take():
            return True
        self.begun += 1
        message = self.clerk.begin(row, self.compose)
        if message is not None:
            lane.under_way += 1
            self.under_way[pool.submit(self._hand, row, message)] = (number, row)
        return True

    def _hand(self, row: T, message: object) -> tuple[Reply, float]:
        """In a thread."""
        started = time.monotonic()
        return self.clerk.hand(row, message, self.hand_over), time.monotonic() - started

    def _settle(self, future: Future[tuple[Reply, float]]) -> None:
        number, row = self.under_way.pop(future)
        reply, seconds = future.result()
        lane = self.lanes[number]
        lane.under_way -= 1
        self.clerk.settle(row, reply)
        if reply.outcome is Outcome.ACCEPTED:
            lane.quick = seconds <= QUICK
        else:
            lane.quick = False
            lane.waiting.clear()  # `open_lanes` knows whether it is left alone now
