"""An auditor presses a button: does every decision of a run follow from what is stored with it?

Every replay is a row. A short one is done while the page waits, a long one by a worker, one run at a time.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime

from django.db import IntegrityError, transaction

from common.models import Event, User
from common.queue import enqueue
from surveys.models import Decision, Replay, TriggerRun
from surveys.models.long_work import FAILED, State
from surveys.services.triggering.replaying import replay

log = logging.getLogger(__name__)

TASK = "surveys.tasks.replay_runs"
LONGEST = 4 * 3600  # seconds
AT_ONCE = 5000  # decisions that are replayed while somebody waits
KEPT = 200  # differences that the row keeps


def request_replay(*, run: TriggerRun, by: User, at: datetime, clock: Callable[[], datetime]) -> Replay:
    """Have a run replayed, and done if it is short. Asking again for one that waits or runs gives that one."""
    under_way = Replay.objects.under_way().filter(run=run)
    if found := under_way.first():
        return found
    number = Decision.objects.filter(run=run).count()
    try:
        row = _requested(run, number, by, at)
    except IntegrityError:  # somebody else pressed it at the same moment
        return under_way.get()
    if number <= AT_ONCE:
        return _carry_out(row, clock)
    return row


@transaction.atomic
def _requested(run: TriggerRun, number: int, by: User, at: datetime) -> Replay:
    """One that is short is in the hands of whoever asked; a long one waits for a worker."""
    short = number <= AT_ONCE
    begun = {"state": State.RUNNING, "started_at": at, "moved_at": at, "tries": 1} if short else {}
    row = Replay.objects.create(run=run, by=by, requested_at=at, decisions=number, **begun)
    if not short:
        Event.objects.record("trigger.replay_requested", subject=run, by=by, at=at, decisions=number)
        enqueue(TASK, timeout=LONGEST)
    return row


def remind(*, at: datetime) -> None:
    """Send for a worker if a replay waits or has lost its own; what lost it three times is given up."""
    Replay.objects.give_up(at)
    if Replay.objects.free(at).exists():
        enqueue(TASK, timeout=LONGEST)


def replay_next(*, at: datetime, clock: Callable[[], datetime]) -> Replay | None:
    """Do the oldest replay that waits, or whose worker was lost; None if there is none. `clock`: it takes long."""
    with transaction.atomic():
        row = Replay.objects.take(at)
    return _carry_out(row, clock) if row else None


def _carry_out(row: Replay, clock: Callable[[], datetime]) -> Replay:
    """Nothing of it may stop the worker: what fails is said on the row."""
    try:
        found = {"state": State.DONE, "decisions_done": row.decisions, **_compare(row, clock)}
    except Exception:
        log.exception("a replay failed", extra={"run": row.run_id})
        found = {"state": State.FAILED, "failure": FAILED}
    with transaction.atomic():
        at = clock()
        if row.finish(at=at, **found):
            Event.objects.record(
                "trigger.replayed", subject=row.run, by=row.by, at=at, state=found["state"],
                decisions=row.decisions, differences=found.get("wrong", 0),
            )  # fmt: skip
    row.refresh_from_db()
    return row


def _compare(row: Replay, clock: Callable[[], datetime]) -> dict[str, object]:
    kept: list[list[object]] = []
    wrong: set[int] = set()
    for each in replay(run=row.run, passed=lambda number: row.get_on(at=clock(), decisions_done=number)):
        wrong.add(each.decision)
        if len(kept) < KEPT:
            kept.append(list(each))
    return {"wrong": len(wrong), "differences": kept}
