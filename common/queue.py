"""Nudges: after commit, remind a worker that rows are waiting. The sweep in the timetable is the truth; a lost nudge
costs a minute, never the work."""

from __future__ import annotations

import logging

from django.db import transaction
from django_q.tasks import async_task

log = logging.getLogger(__name__)


def enqueue(task: str, *args: int | str) -> None:
    """Run the task at dotted path `task` once the current transaction has committed. `args` are ids at most."""
    transaction.on_commit(lambda: _nudge(task, *args), robust=True)


def _nudge(task: str, *args: int | str) -> None:
    try:
        async_task(task, *args, save=False)
    except Exception:  # the queue table may be locked or gone; the change itself is safe and the sweep will find it
        log.warning("nudge lost", extra={"task": task}, exc_info=True)
