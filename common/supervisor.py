"""The supervisor behind `manage.py work`: keeps django-q2's workers moving, whatever happens to them.

django-q2 alone stalls for good when an idle worker that holds the queue's lock is killed, and its parent looks alive
(docs/decisions/0001-rows-are-the-truth.md). So the supervisor asks the workers for a beat every few seconds through the
very queue, and when neither it nor anything else comes (common/watch.py), it kills the group and starts another.
One supervisor works per database (an advisory lock); others stand by and take over.
"""

from __future__ import annotations

import logging
import signal
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from types import FrameType

from django.db import InterfaceError, OperationalError, connection, transaction
from django.db.models import Count, Max
from django.db.models.functions import Now
from django.utils import timezone
from django_q.models import OrmQ
from django_q.tasks import async_task

from common import timetable
from common.cluster import ClusterProcess
from common.models import Event, Heartbeat
from common.tasks import TIMETABLE, WORKER
from common.timetable import Job
from common.watch import Signs, Spans, Watch

log = logging.getLogger(__name__)

GRACE = 75.0  # seconds for a round of mail to end: killed while sending, it would leave an `unknown`
PAUSES = (0.0, 2.0, 5.0, 10.0, 30.0)  # before starting again what keeps ending
LOCK = 0x53_48_4F_50  # of the one supervisor that works


@dataclass
class Supervisor:
    jobs: Sequence[Job]
    cluster: ClusterProcess = field(default_factory=ClusterProcess)
    leading: bool = False
    stopping: bool = False
    spans: Spans = field(default_factory=Spans)
    watch: Watch | None = None  # of the workers that were started last
    highest: int = 0  # id of the newest task seen
    starts: int = 0  # in a row without a sign of life
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
        until = time.monotonic() + self.spans.look
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
        self.watch = Watch(self._signs(), self.spans)
        self.cluster.start()
        pause = PAUSES[min(self.starts, len(PAUSES) - 1)]
        self.starts, self.start_at = self.starts + 1, time.monotonic() + pause
        log.info("workers started", extra={"pid": self.cluster.leader.pid if self.cluster.leader else None})

    def _look(self) -> None:
        signs, now = self._signs(), time.monotonic()
        if self.watch is None or not self.cluster.alive:
            if now >= self.start_at:
                self._restart("the workers ended")
            return
        if self.watch.look(now, signs, busy=self.cluster.busy):
            self.starts = 0
        if self.watch.stands_still(now):
            self._restart("nothing moved")
        elif self.watch.wants_probe(now):
            self._ask()
            self.watch.probed(now, signs.now)

    def _ask(self) -> None:
        """In a transaction, or django-q2 closes a connection that has reached its age, and with it goes our lock."""
        with transaction.atomic():
            async_task("common.tasks.beat", save=False)

    def _restart(self, why: str) -> None:
        log.error("workers started again", extra={"why": why})
        self.cluster.kill()
        subject, _ = Heartbeat.objects.get_or_create(name=WORKER, defaults={"at": Now()})
        Event.objects.record("workers.restarted", subject=subject, at=timezone.now(), why=why)
        self._start()

    def _signs(self) -> Signs:
        with connection.cursor() as cursor:
            cursor.execute("select statement_timestamp()")
            now = cursor.fetchone()[0]
        beats = dict(Heartbeat.objects.filter(name__in=[WORKER, TIMETABLE]).values_list("name", "at"))
        return Signs(now, beats.get(WORKER), beats, self._finished())

    def _finished(self) -> int:
        """Tasks that have left the queue, plus a constant: grows with what is finished, not with what is added.

        Only a help while the queue is long: one that comes and goes between two looks is not seen.
        """
        seen = OrmQ.objects.aggregate(newest=Max("id"), waiting=Count("id"))
        self.highest = max(self.highest, seen["newest"] or 0)
        return self.highest - int(seen["waiting"])
