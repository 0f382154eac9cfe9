"""The one way to take rows whose hand-over mark is empty (docs/architecture.md, "How things travel up").

`work_off` keeps a row that fails from holding up its neighbours. Rows that leave the house (mail) are claimed by
lease: `common.models.outgoing`.
"""

from __future__ import annotations

import logging
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Generic, TypeVar

from django.conf import settings
from django.db import OperationalError, connection, models, transaction
from django.db.models import Count, Max, Min
from django.utils import timezone

from common.delays import DELAYS
from common.models.events import Event
from common.models.trials import GRACE, MAX_TRIES, Trial, TrialQuerySet
from common.queue import enqueue

log = logging.getLogger(__name__)

T = TypeVar("T", bound=models.Model)

BUDGET = 25.0  # seconds; a task may sweep two stages and overrun in each, before Q_CLUSTER["timeout"] kills its worker
SEVERAL = 5  # rows that must fail by themselves, for one reason, before the stage is at fault and not the rows
DIED = "its worker died"


def take_unmarked(queryset: models.QuerySet[T], mark: str, *, limit: int | None = 500) -> list[T]:
    """Lock up to `limit` rows of `queryset` whose `mark` is empty, oldest first, skipping what others hold.

    Call it inside `transaction.atomic()` and set the mark in that same transaction (`set_mark`).
    """
    unmarked = queryset.filter(**{f"{mark}__isnull": True}).order_by("pk")
    return list(unmarked.select_for_update(skip_locked=True, of=("self",))[:limit])


def set_mark(rows: list[T], mark: str, at: object) -> int:
    """Set the hand-over mark of rows taken by `take_unmarked`, in one statement."""
    if not rows:
        return 0
    return type(rows[0])._base_manager.filter(pk__in=[row.pk for row in rows]).update(**{mark: at})


class Occupied(Exception):
    """Others do this work, and it may take them minutes: who cannot wait as long comes again later."""


def whole(work: str) -> None:
    """Do `work` as one long piece: wait for those who do small pieces of it (`piece`), and have others turned away
    until this transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 2))", [work])


def piece(work: str) -> None:
    """Do a small piece of `work` beside others. Raises Occupied while somebody does it as a whole."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock_shared(hashtextextended(%s, 2))", [work])
        if cursor.fetchone() != (True,):
            raise Occupied(work)


def beside(work: str, *, patience: float) -> None:
    """Do a small piece of `work` beside others, waiting for who does it as a whole. Raises Occupied after `patience`
    seconds; nothing that the transaction did so far is lost then."""
    free = "SELECT pg_try_advisory_xact_lock_shared(hashtextextended(%s, 2)), current_setting('lock_timeout')"
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(free, [work])
        ((mine, limit),) = cursor.fetchall()
        if mine:
            return
        cursor.execute("SELECT set_config('lock_timeout', %s, true)", [f"{patience * 1000:.0f}ms"])
        try:
            cursor.execute("SELECT pg_advisory_xact_lock_shared(hashtextextended(%s, 2))", [work])
        except OperationalError as error:
            raise Occupied(work) from error
        cursor.execute("SELECT set_config('lock_timeout', %s, true)", [limit])


def one_at_a_time(work: str) -> None:
    """Wait until no other transaction does `work`, and keep others out until this one ends."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [work])


def work_off(
    waiting: models.QuerySet[T],
    mark: str,
    work: Callable[[models.QuerySet[T]], int],
    *,
    at: datetime,
    limit: int,
    among: str = "",
    budget: float = BUDGET,
) -> int:
    """Have `work` do the oldest `limit` rows of `waiting` whose `mark` is empty; how many rows it did.

    `work(rows)` gets a stretch of them as a queryset, in a transaction of its own: it takes them (`take_unmarked`,
    without a limit), sets their mark and returns their number. Where it fails the stretch is halved until the row at
    fault stands alone; that one is tried again later, and parked after MAX_TRIES tries. A worker that dies counts as a
    failure of the stretch that it had in hand. Where some rows from all over the stretch fail alone and for one reason,
    the stage is at fault (a full disk, a broken rule): the stretch is put back whole, nothing is counted against its
    rows, and the stage rests for a minute. `among` names `waiting` where a mark is set by several kinds of work; after
    `budget` seconds no further bad batch is begun.
    """
    name = f"{waiting.model._meta.label_lower}.{mark}" + (f" ({among})" if among else "")
    stage = _Stage(waiting.filter(**{f"{mark}__isnull": True}), name, work, at)
    until, late = time.monotonic() + budget, False
    while not late and not stage.rests():
        stage.failed = False
        trial, waited = stage.begin(limit)
        done = stage.attempt(trial) if trial else 0
        while not (stage.at_fault or late) and (waited < limit or not done) and (trial := stage.next_due()):
            done += stage.attempt(trial)  # trouble waits until others are through
            late = time.monotonic() >= until
        if done or not waited or not stage.failed:  # who calls until nothing is done must not stop at a bad batch
            return done
        late = late or time.monotonic() >= until
    return 0


def sweep(stage: Callable[..., object], task: str, *, budget: float = BUDGET) -> None:
    """Have `stage(at=)` do batch after batch until nothing is left. After `budget` seconds `task`, whose part this is,
    goes on in a run of its own: a worker that is too long in one task is killed."""
    until = time.monotonic() + budget
    while stage(at=timezone.now()):
        if time.monotonic() > until:
            return enqueue(task)
    return None


@dataclass
class _Stage(Generic[T]):
    """One stage at one moment: which rows wait for it, what it does with them, what went wrong before."""

    waiting: models.QuerySet[T]
    name: str
    work: Callable[[models.QuerySet[T]], int]
    at: datetime
    failed: bool = False
    sound: bool = False  # whatever fails now, something did not: rows are at fault
    at_fault: bool = False
    rested: bool = False

    def rests(self) -> bool:
        """It failed a moment ago whatever the row."""
        due = list(self.trials().put_back().values_list("due_at", flat=True))
        self.rested = bool(due)
        return any(at > self.at for at in due)

    def trials(self) -> TrialQuerySet:
        return Trial.objects.filter(stage=self.name)

    def begin(self, limit: int) -> tuple[Trial | None, int]:
        """The next stretch of rows that no trial holds, written down before anything is done; how many rows wait in
        it. Stretches never overlap, though one may lie within another that passes over it: hence one at a time. After a
        rest the stretch of then comes first."""
        if self.rested and (put_back := self.next_due(self.trials().put_back())):
            return put_back, limit
        free = self.waiting.filter(~self.trials().over("pk")).select_related(None)
        if not free.exists():
            return None, 0
        with transaction.atomic():
            one_at_a_time(f"begin {self.name}")
            found = free.order_by("pk").values("pk")[:limit].aggregate(first=Min("pk"), last=Max("pk"), n=Count("pk"))
            trial = self._new(found["first"], found["last"], tries=1) if found["n"] else None
        return trial, found["n"]

    def _new(self, first: int, last: int, *, tries: int = 0, reason: str = "") -> Trial:
        due_at = self.at + GRACE if tries else self.at  # counted: it is in hand
        return Trial.objects.create(
            stage=self.name, first=first, last=last, tries=tries, since=self.at, due_at=due_at, reason=reason
        )

    def attempt(self, trial: Trial) -> int:
        """Do the rows of the stretch, all or none. The trial is deleted first: its lock says that somebody is at it."""
        done = 0
        try:
            with transaction.atomic():
                if self._mine(trial).delete()[0]:
                    done = self.work(self._rows(trial))
        except Exception as error:
            if disconnected():
                raise  # nobody can write anything down; what stays of the trial tells the next one
            trial.reason = place_of(error)
            log.exception("a stage failed", extra={"stage": self.name, "first": trial.first, "last": trial.last})
            done = self._probe(trial)
            self._failed(trial)
        self.sound = self.sound or done > 0
        return done

    def _mine(self, trial: Trial) -> TrialQuerySet:
        """The trial, if nobody took it since for one whose worker died."""
        return Trial.objects.filter(pk=trial.pk, tries=trial.tries)

    def _probe(self, trial: Trial) -> int:
        """Do rows from all over a stretch that failed, each by itself, until one succeeds; how many rows were done.
        If SEVERAL fail, and for one reason, it is not the rows."""
        if self.sound or trial.alone:
            return 0
        reasons: set[str] = set()
        ids = list(self._rows(trial).select_related(None).order_by("?").values_list("pk", flat=True)[:SEVERAL])
        for pk in ids if len(ids) == SEVERAL else []:
            try:
                with transaction.atomic():
                    return self.work(self._rows(trial).filter(pk=pk)) if self._mine(trial).select_for_update() else 0
            except Exception as error:
                if disconnected():
                    raise
                reasons.add(place_of(error))
        self.at_fault, self.sound = len(reasons) == 1, len(reasons) > 1
        return 0

    def _rows(self, trial: Trial) -> models.QuerySet[T]:
        """What still waits in the stretch and stands in no trial that it passes over."""
        within = self.trials().filter(first__gt=trial.first, last__lt=trial.last)
        return self.waiting.filter(~within.over("pk"), pk__range=(trial.first, trial.last))

    def next_due(self, trials: TrialQuerySet | None = None) -> Trial | None:
        """The next stretch to be tried again, its try counted; None when there is none, or others are at them."""
        due = (self.trials() if trials is None else trials).due(self.at).order_by("due_at", "first")
        while due.exists():
            with transaction.atomic():
                trial = due.select_for_update(skip_locked=True).first()
                if trial is None:
                    return None
                failed_before, trial.reason = trial.reason, DIED
                if trial.tries and self._settle(trial):
                    continue
                trial.reason, trial.tries, trial.due_at = failed_before, trial.tries + 1, self.at + GRACE
                trial.save(update_fields=["tries", "due_at"])
                return trial
        return None

    @transaction.atomic
    def _failed(self, trial: Trial) -> None:
        self.failed = True
        if not self._mine(trial).select_for_update():
            return
        if self.at_fault:
            trial.tries, trial.due_at = 0, self.at + DELAYS[0]
            trial.save(update_fields=["tries", "due_at", "reason"])
            log.error("a stage fails at any row and rests", extra={"stage": self.name, "reason": trial.reason})
        elif not self._settle(trial):
            trial.due_at = self.at + DELAYS[min(trial.tries, len(DELAYS)) - 1]
            trial.save(update_fields=["due_at", "reason"])

    def _settle(self, trial: Trial) -> bool:
        """Halve a stretch of several rows, park a row that was tried often enough, forget one that has been done."""
        ids = list(self._rows(trial).select_related(None).order_by("pk").values_list("pk", flat=True))
        if len(ids) == 1 and trial.tries < MAX_TRIES:
            trial.first = trial.last = ids[0]
            trial.save(update_fields=["first", "last"])
            return False
        if len(ids) == 1:
            self._park(trial)
        else:
            trial.delete()
        if len(ids) > 1:
            middle = len(ids) // 2
            self._new(ids[0], ids[middle - 1], reason=trial.reason)
            self._new(ids[middle], ids[-1], reason=trial.reason)
        return True

    def _park(self, trial: Trial) -> None:
        """The row goes no further by itself, and the operator is told, once."""
        trial.parked_at = self.at
        trial.save(update_fields=["parked_at", "reason"])
        row = self.waiting.model(pk=trial.first)
        Event.objects.record(
            "row.parked", subject=row, at=self.at, stage=self.name, tries=trial.tries, reason=trial.reason
        )
        log.error("a row was parked", extra={"stage": self.name, "row": trial.first, "reason": trial.reason})


def disconnected() -> bool:
    return connection.connection is None or not connection.is_usable()


def place_of(error: BaseException) -> str:
    """Class of the error and the line of ours that it came through last: no value of any row."""
    frames = traceback.extract_tb(error.__traceback__)
    ours = [frame for frame in frames if _is_ours(Path(frame.filename))]
    frame = (ours or frames)[-1]
    return f"{type(error).__qualname__} in {Path(frame.filename).name}:{frame.lineno} {frame.name}"[:200]


def _is_ours(file: Path) -> bool:
    """The libraries may lie within our folder, in its virtual environment."""
    return file.is_relative_to(settings.BASE_DIR) and "site-packages" not in file.parts
