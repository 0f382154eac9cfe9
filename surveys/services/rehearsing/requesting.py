"""A rehearsal is asked for as a row; a worker takes it up, one at a time, and a fresh one if its worker was lost."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction

from common.models import Event, User
from common.queue import enqueue
from surveys.models import Program, ProgramVersion, Rehearsal
from surveys.models.long_work import FAILED, State
from surveys.services.rehearsing.counting import count
from surveys.services.rehearsing.running import arms_of, drop_all, run_days
from surveys.services.triggering.in_force import versions_in_force
from surveys.services.triggering.setting_aside import unreadable

log = logging.getLogger(__name__)

TASK = "surveys.tasks.rehearse"
LONGEST = 366  # days
_NOT_REHEARSED: dict[str, str] = {
    Program.Kind.COLLECTED: "Answers of this program are collected elsewhere: it asks nobody.",
    Program.Kind.MANUAL: "Staff name whom this program asks: the time machine cannot know whom they would have named.",
    Program.Kind.RECOVERY: (
        "This program asks after what was done about an answer: the time machine cannot know what would have been done."
    ),
}


@transaction.atomic
def request_rehearsal(*, version: ProgramVersion, first: date, last: date, at: datetime, by: User) -> Rehearsal:
    """Have a version run over the days from `first` to `last`. Raises ValidationError; asking again for what waits or
    runs gives that one."""
    _check(version, first, last, at)
    if found := Rehearsal.objects.under_way().filter(version=version, first_day=first, last_day=last).first():
        return found
    rehearsal = Rehearsal.objects.create(version=version, first_day=first, last_day=last, by=by, requested_at=at)
    Event.objects.record(
        "program.rehearsal_requested", subject=rehearsal, at=at, by=by, version=version.pk, days=rehearsal.days
    )
    enqueue(TASK, timeout=4 * 3600)
    return rehearsal


def _check(version: ProgramVersion, first: date, last: date, at: datetime) -> None:
    if why_not := _NOT_REHEARSED.get(version.program.kind):
        raise ValidationError(why_not)
    if why := unreadable(version):
        raise ValidationError(f"Its condition cannot be read: {why}")
    if not first <= last < at.astimezone(UTC).date():
        raise ValidationError("Choose days that are over, the first before the last.")
    if (last - first).days >= LONGEST:
        raise ValidationError("A rehearsal looks at a year at most.")


def remind(*, at: datetime) -> None:
    """Send for a worker if a rehearsal waits or has lost its own; what lost it three times is given up."""
    Rehearsal.objects.give_up(at)
    if Rehearsal.objects.free(at).exists():
        enqueue(TASK, timeout=4 * 3600)


def rehearse(*, at: datetime, clock: Callable[[], datetime]) -> Rehearsal | None:
    """Do the oldest rehearsal that waits, or whose worker was lost; None if there is none. `clock`: it takes long."""
    rehearsal = _take(at)
    if rehearsal is None:
        return None
    in_force = [version for version in versions_in_force(at=at) if not unreadable(version)]
    arms = arms_of(rehearsal.version, in_force, allocating=settings.ALLOCATE_CONTACTS)
    first, last = rehearsal.first_day, rehearsal.last_day
    try:
        run_days(arms, first=first, last=last, now=at, moved=lambda days: rehearsal.get_on(at=clock(), days_done=days))
        rehearsal.result = count(arms, rehearsal.version, first=first, last=last)
        rehearsal.state, rehearsal.days_done = State.DONE, rehearsal.days
    except Exception:
        log.exception("a rehearsal failed", extra={"rehearsal": rehearsal.pk})
        rehearsal.state, rehearsal.failure = State.FAILED, FAILED
    finally:
        drop_all(arms)
    _finish(rehearsal, clock())
    return rehearsal


@transaction.atomic
def _take(at: datetime) -> Rehearsal | None:
    rehearsal = Rehearsal.objects.take(at)
    if rehearsal is not None:
        rehearsal.get_on(at=at, days_done=0)  # its first worker may have come further
    return rehearsal


@transaction.atomic
def _finish(rehearsal: Rehearsal, at: datetime) -> None:
    result = {"state": rehearsal.state, "result": rehearsal.result, "failure": rehearsal.failure}
    if rehearsal.finish(at=at, **result, days_done=rehearsal.days_done):
        Event.objects.record("program.rehearsed", subject=rehearsal, at=at, state=rehearsal.state, days=rehearsal.days)


def last_quarter(today: date) -> tuple[date, date]:
    """First and last day of the calendar quarter before that of `today`."""
    begin = today.replace(day=1, month=(today.month - 1) // 3 * 3 + 1)
    last = begin - timedelta(days=1)
    return last.replace(day=1, month=last.month - 2), last


def last_days(today: date, number: int) -> tuple[date, date]:
    """The `number` days before `today`."""
    return today - timedelta(days=number), today - timedelta(days=1)


def last_year(today: date) -> tuple[date, date]:
    """The calendar year before that of `today`."""
    return date(today.year - 1, 1, 1), date(today.year - 1, 12, 31)
