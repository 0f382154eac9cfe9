"""Nudges: after commit, remind a worker that rows are waiting. The sweep in the timetable is the truth; a lost nudge
costs a minute, never the work.

A nudge that is still on its way stands for all that come after it: a hundred answers a second need one listener, not a
hundred. The worker forgets it before it looks for rows, so whoever found it there was in time.
"""

from __future__ import annotations

import logging

from django.db import connection, transaction
from django.utils.module_loading import import_string
from django_q.tasks import async_task

from common.models import Nudge

log = logging.getLogger(__name__)

# after 30 s a nudge counts as lost with the worker that took it; two answers at once: the second waits for the first
UNDER_WAY = "SELECT 1 FROM common_nudge WHERE task = %s AND at > now() - interval '30 seconds'"
SEND = """
INSERT INTO common_nudge (task, at) VALUES (%s, now())
ON CONFLICT (task) DO UPDATE SET at = excluded.at WHERE common_nudge.at <= now() - interval '30 seconds' RETURNING task
"""


def enqueue(task: str, *, timeout: int | None = None) -> None:
    """Run the task at dotted path `task` soon after the current transaction has committed; `timeout`: seconds after
    which its worker is killed, where it may take longer than others. After Q_CLUSTER["retry"] it is delivered again all
    the same, so a long one must notice that somebody is at it."""
    transaction.on_commit(lambda: _nudge(task, timeout), robust=True)


def _nudge(task: str, timeout: int | None) -> None:
    try:
        with connection.cursor() as cursor:
            cursor.execute(UNDER_WAY, [task])
            if cursor.fetchone():
                return
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(SEND, [task])
            if cursor.fetchone():
                async_task("common.queue.heed", task, save=False, **({"timeout": timeout} if timeout else {}))
    except Exception:  # the queue table may be locked or gone; the change itself is safe and the sweep will find it
        log.warning("nudge lost", extra={"task": task}, exc_info=True)


def heed(task: str) -> None:
    """What a worker runs: from here on rows need a nudge of their own, then the task itself."""
    Nudge.objects.filter(task=task).delete()
    import_string(task)()
