"""The supervisor behind `manage.py work`: keeps django-q2's workers moving, whatever happens to them.

django-q2 alone stalls for good when an idle worker that holds the queue's lock is killed, and its parent looks alive
(docs/decisions/0001-rows-are-the-truth.md). So the supervisor asks the workers for a sign of life every few seconds
through the very queue, and when nothing is finished while no worker is at work, it kills the group and starts another.
One supervisor works per database (an advisory lock); others stand by and take over.
"""

from __future__ import annotations

import logging
import signal
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from types import FrameType

from django.db import InterfaceError, OperationalError, connection
from django.db.models import Count, Max
from django.db.models.functions import Now
from django.utils import timezone
from django_q.models import OrmQ
from django_q.tasks import async_task

from common import timetable
from common.cluster import ClusterProcess
from common.models import Event, Heartbeat
from common.tasks import WORKER
from common.timetable import Job

log = logging.getLogger(__name__)

LOOK = 1.0  # seconds between two looks
PROBE = 15.0  # seconds between two signs of life asked for
STALLED = 40.0  # seconds in which nothing was finished although no worker was at work
STUCK = 180.0  # the same although one seemed to be; longer than Q_CLUSTER["timeout"], which ends a task that hangs
GRACE = 75.0  # seconds for a round of mail to end: killed while sending, it would leave an `unknown`
PAUSES = (0.0, 2.0, 5.0, 10.0, 30.0)  # before starting again what keeps ending
LOCK = 0x53_48_4F_50  # of the one supervisor that works


@dataclass
class Watch:
    """Do the workers move? Pure: it is told what is seen and when."""

    finished: int = -1
    moved_at: float = 0.0
    asked_at: float | None = None  # when a sign of life was asked for that has not come

    def wants_probe(self, now: float) -> bool:
        return self.asked_at is None and now - self.moved_at >= PROBE

    def asked(self, now: float) -> None:
        self.asked_at = now

    def look(self, now: float, *, finished: int, busy: bool) -> bool:
        """True when the workers must be killed. `finished`: tasks finished so far, by any count that only grows."""
        if finished > self.finished:
            self.finished, self.moved_at, self.asked_at = finished, now, None
            return False
        if self.asked_at is None:
            return False
        return now - self.asked_at >= (STUCK if busy else STALLED)


@dataclass
class Supervisor:
    jobs: Sequence[Job]
    cluster: ClusterProcess = field(default_factory=ClusterProcess)
    leading: bool = False
    stopping: bool = False
    watch: Watch = field(default_factory=Watch)
    highest: int = 0  # id of the newest task seen
    starts: int = 0  # in a row without a task finished
    start_at: float = 0.0  # not before

    def run(self) -> None:
        """Until SIGTERM or SIGINT; a second one does not wait for tasks to end."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._stop)
        try:
            while not self.stopping:
                self._turn()
                self._rest()
            log.info("stopping the workers")
            self.cluster.stop(grace=GRACE)
        except KeyboardInterrupt:
            log.warning("stopped without waiting for tasks to end")
        finally:
            self.cluster.kill()

    def _stop(self, _number: int, _frame: FrameType | None) -> None:
        if self.stopping:
            raise KeyboardInterrupt
        self.stopping = True

    def _rest(self) -> None:
        """In slices, since a sleep goes on after a signal."""
        until = time.monotonic() + LOOK
        while not self.stopping and time.monotonic() < until:
            time.sleep(0.1)

    def _turn(self) -> None:
        try:
            if self.leading:
                self._look()
            else:
                self._take_the_lead()
        except (OperationalError, InterfaceError):
            if self.leading:
                log.warning("the database is away")
            self.leading = False
            connection.close()

    def _take_the_lead(self) -> None:
        """The first time, after somebody else's end, and after the database was away: begin from a clean start."""
        with connection.cursor() as cursor:
            cursor.execute("select pg_try_advisory_lock(%s)", [LOCK])
            self.leading = bool(cursor.fetchone()[0])
        self.cluster.stop(grace=GRACE if self.leading else 0)
        if self.leading:
            timetable.write(self.jobs)
            self._start()

    def _start(self) -> None:
        """Nobody else works: whatever an earlier group had in hand is free again."""
        OrmQ.objects.filter(lock__gt=Now()).update(lock=Now())
        self.watch = Watch(finished=self._finished(), moved_at=time.monotonic() - PROBE)
        self.cluster.start()
        pause = PAUSES[min(self.starts, len(PAUSES) - 1)]
        self.starts, self.start_at = self.starts + 1, time.monotonic() + pause
        log.info("workers started", extra={"pid": self.cluster.leader.pid if self.cluster.leader else None})

    def _look(self) -> None:
        now = time.monotonic()
        with connection.cursor() as cursor:
            cursor.execute("select 1")
        if not self.cluster.alive:
            if now >= self.start_at:
                self._restart("the workers ended")
            return
        finished = self._finished()
        if finished > self.watch.finished:
            self.starts = 0
        if self.watch.look(now, finished=finished, busy=self.cluster.busy):
            self._restart("nothing moved")
        elif self.watch.wants_probe(now):
            async_task("common.tasks.beat", save=False)
            self.watch.asked(now)

    def _restart(self, why: str) -> None:
        log.error("workers started again", extra={"why": why})
        self.cluster.kill()
        subject, _ = Heartbeat.objects.get_or_create(name=WORKER, defaults={"at": Now()})
        Event.objects.record("workers.restarted", subject=subject, at=timezone.now(), why=why)
        self._start()

    def _finished(self) -> int:
        """Tasks that have left the queue, plus a constant: grows with each one finished, not with one that is added."""
        seen = OrmQ.objects.aggregate(newest=Max("id"), waiting=Count("id"))
        self.highest = max(self.highest, seen["newest"] or 0)
        return self.highest - int(seen["waiting"])
