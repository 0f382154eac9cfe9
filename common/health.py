"""Is the house in order? What `/healthz` answers and `/metrics` counts: figures only, nothing about anybody."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.apps import apps
from django.conf import settings
from django.db import Error, connection, transaction
from django.db.models import Count, F, Min
from django.db.models.functions import Now

from common import tasks
from common.models import Heartbeat, Outgoing, State, Trial

WORKER_LATE = timedelta(seconds=90)  # a beat is asked for every 15 s; a long task may hold both workers for a while
TIMETABLE_LATE = timedelta(seconds=180)  # a line a minute, looked at every half minute
OUTGOING_LATE = timedelta(minutes=5)
DATABASE_SLOW = "3s"  # a database that does not answer by then does not serve anybody


@dataclass(frozen=True)
class Check:
    name: str
    ok: bool
    figures: dict[str, Any] = field(default_factory=dict)


def check_all() -> list[Check]:
    """Every check; those that need the database fail with it, and say so."""
    checks = [_free_disk()]
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(f"set local statement_timeout = '{DATABASE_SLOW}'")
            checks += [_database(), _worker(), _timetable(), _outgoing(), _parked()]
    except Error as error:
        checks.append(Check("database", ok=False, figures={"error": type(error).__name__}))
    return checks


def outgoing_models() -> list[type[Outgoing]]:
    """Every table of things that leave the house, whichever app it belongs to."""
    return [model for model in apps.get_models() if issubclass(model, Outgoing)]


@dataclass(frozen=True)
class Backlog:
    """One table of outgoing rows: what is due, for how long, and what nobody can say."""

    kind: str
    due: int
    oldest_due: timedelta
    sending: int
    unknown: int


def backlogs() -> Iterator[Backlog]:
    """Three small counts for each table, each over a partial index."""
    for model in outgoing_models():
        rows: Any = model._default_manager
        now = _database_now()
        due = rows.due(now).aggregate(number=Count("pk"), oldest=Min("due_at"))
        yield Backlog(
            kind=model._meta.label_lower,
            due=due["number"],
            oldest_due=now - (due["oldest"] or now),
            sending=rows.filter(state=State.SENDING).count(),
            unknown=rows.filter(state=State.UNKNOWN).count(),
        )


def parked_rows() -> dict[str, int]:
    """Rows that wait for somebody to look, by stage."""
    return dict(Trial.objects.parked().order_by().values_list("stage").annotate(number=Count("pk")))


def heartbeat_ages() -> dict[str, timedelta]:
    """How long ago each part of the machine last moved, by the database's clock."""
    return dict(Heartbeat.objects.annotate(age=Now() - F("at")).values_list("name", "age"))


# --- the checks ---


def _database() -> Check:
    """It takes a row and gives it back."""
    Heartbeat.objects.update_or_create(name="health", defaults={"at": Now()})
    return Check("database", ok=Heartbeat.objects.filter(name="health").exists())


def _worker() -> Check:
    return _beat("worker", tasks.WORKER, WORKER_LATE)


def _timetable() -> Check:
    return _beat("timetable", tasks.TIMETABLE, TIMETABLE_LATE)


def _beat(check: str, name: str, limit: timedelta) -> Check:
    age = heartbeat_ages().get(name)
    seconds = None if age is None else round(age.total_seconds())
    return Check(check, ok=age is not None and age <= limit, figures={"age_seconds": seconds})


def _outgoing() -> Check:
    """Does what is due leave? Where the one who should take it decides (`ours` is False), nothing is said of us."""
    now = _database_now()
    oldest = [_oldest_due(model, now) for model in outgoing_models() if model.ours]
    age = max((now - due for due in oldest if due), default=timedelta())
    return Check("outgoing", ok=age <= OUTGOING_LATE, figures={"oldest_due_seconds": round(age.total_seconds())})


def _parked() -> Check:
    """Has a row failed too often to be tried again by itself?"""
    rows = Trial.objects.parked().count()
    return Check("parked", ok=not rows, figures={"rows": rows})


def _oldest_due(model: type[Outgoing], now: datetime) -> datetime | None:
    rows: Any = model._default_manager
    due: datetime | None = rows.due(now).order_by("due_at").values_list("due_at", flat=True).first()
    return due


def _free_disk() -> Check:
    free = shutil.disk_usage(settings.BASE_DIR).free // 2**20
    return Check("disk", ok=free >= settings.MIN_FREE_MB, figures={"free_mb": free})


def _database_now() -> datetime:
    with connection.cursor() as cursor:
        cursor.execute("select statement_timestamp()")
        now: datetime = cursor.fetchone()[0]
    return now
