"""A rehearsal is asked for as a row; a worker takes it up, one at a time, and a fresh one if its worker was lost."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q

from common.models import Event, User
from common.queue import enqueue
from surveys.models import Program, ProgramVersion, Rehearsal
from surveys.models.rehearsals import SILENT
from surveys.services.rehearsing.counting import count
from surveys.services.rehearsing.running import arms_of, drop_all, run_days
from surveys.services.triggering.in_force import versions_in_force

log = logging.getLogger(__name__)

State = Rehearsal.State
TASK = "surveys.tasks.rehearse"
LONGEST = 366  # days
TRIES = 3
FAILED = "It failed. The log of the worker says why."
LOST = "Its worker stopped three times."


@transaction.atomic
def request_rehearsal(*, version: ProgramVersion, first: date, last: date, at: datetime, by: User) -> Rehearsal:
    """Have a version run over the days from `first` to `last`. Raises ValidationError; asking again for what waits or
    runs gives that one."""
    _check(version, first, last, at)
    under_way = version.rehearsals.filter(first_day=first, last_day=last, state__in=[State.WAITING, State.RUNNING])
    if found := under_way.first():
        return found
    rehearsal = Rehearsal.objects.create(version=version, first_day=first, last_day=last, by=by, requested_at=at)
    Event.objects.record(
        "program.rehearsal_requested", subject=rehearsal, at=at, by=by, version=version.pk, days=rehearsal.days
    )
    enqueue(TASK, timeout=4 * 3600)
    return rehearsal


def _check(version: ProgramVersion, first: date, last: date, at: datetime) -> None:
    if version.program.kind == Program.Kind.COLLECTED:
        raise ValidationError("Answers of this program are collected elsewhere: it asks nobody.")
    if not first <= last < at.astimezone(UTC).date():
        raise ValidationError("Choose days that are over, the first before the last.")
    if (last - first).days >= LONGEST:
        raise ValidationError("A rehearsal looks at a year at most.")


def remind(*, at: datetime) -> None:
    """Send for a worker if a rehearsal waits or has lost its own; what lost it three times is given up."""
    lost = Q(state=State.RUNNING, moved_at__lt=at - SILENT)
    Rehearsal.objects.filter(lost, tries__gte=TRIES).update(state=State.FAILED, failure=LOST, finished_at=at)
    if Rehearsal.objects.filter(Q(state=State.WAITING) | lost).exists():
        enqueue(TASK, timeout=4 * 3600)


def rehearse(*, at: datetime, clock: Callable[[], datetime]) -> Rehearsal | None:
    """Do the oldest rehearsal that waits, or whose worker was lost; None if there is none. `clock`: it takes long."""
    rehearsal = _take(at)
    if rehearsal is None:
        return None
    tries = rehearsal.tries

    def moved(days: int) -> None:
        mine = Rehearsal.objects.filter(pk=rehearsal.pk, tries=tries)
        mine.update(days_done=days, moved_at=clock())

    arms = arms_of(rehearsal.version, versions_in_force(at=at), allocating=settings.ALLOCATE_CONTACTS)
    first, last = rehearsal.first_day, rehearsal.last_day
    try:
        run_days(arms, first=first, last=last, now=at, moved=moved)
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
    lost = Q(state=State.RUNNING, moved_at__lt=at - SILENT, tries__lt=TRIES)
    free = Rehearsal.objects.filter(Q(state=State.WAITING) | lost).order_by("requested_at", "pk")
    rehearsal = free.select_for_update(skip_locked=True, of=("self",)).first()
    if rehearsal is not None:
        rehearsal.state, rehearsal.tries, rehearsal.days_done = State.RUNNING, rehearsal.tries + 1, 0
        rehearsal.started_at = rehearsal.moved_at = at
        rehearsal.save()
    return rehearsal


@transaction.atomic
def _finish(rehearsal: Rehearsal, at: datetime) -> None:
    """Unless it was taken for lost, and another worker is at it."""
    result = {"state": rehearsal.state, "result": rehearsal.result, "failure": rehearsal.failure, "finished_at": at}
    mine = Rehearsal.objects.filter(pk=rehearsal.pk, tries=rehearsal.tries, state=State.RUNNING)
    if mine.update(**result, days_done=rehearsal.days_done):
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
