"""Taking in what landed: batches by SKIP LOCKED, through the same judgement as lists and files; every row is marked,
taken or with what was wrong. A row at which the stage itself fails is set apart (`common.claims`)."""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial
from itertools import groupby
from typing import Any

from django.db import connection
from django.db.models import QuerySet
from django.db.models.functions import Now

from common.api.errors import ApiError
from common.claims import BUDGET, whole, work_off
from common.models import Event, Load
from crm.services.arriving import Intake
from crm.services.feeds.counting import count_in
from crm.services.landing.tables import TABLES, LandingTable
from crm.services.loading import LoadKind, kinds
from crm.services.taking_in import counts_of, rows_of

BATCH = 2_000
NAME = "landing"
LOST = timedelta(hours=1)  # a run that died by then is over
Row = dict[str, Any]


def take_in(*, at: datetime, limit: int = BATCH, budget: float = BUDGET) -> int:
    """One run: kind after kind, batch after batch, until nothing waits or `budget` seconds have passed; how many rows.

    Units and employees come first, since customers and interactions refer to them. Each kind and source leaves a Load.
    """
    until, done = time.monotonic() + budget, 0
    for table, kind in _ready():
        while time.monotonic() < until:
            number = work_off(
                table.model._base_manager.all(), "taken_at", partial(_take, table, kind, at), at=at, limit=limit
            )
            done += number
            if not number:
                break
    _finish(at)
    return done


def waiting() -> dict[str, int]:
    """{kind: rows that wait}, for the console."""
    return {table.kind: table.model._base_manager.filter(taken_at=None).count() for table in TABLES.values()}


def _ready() -> list[tuple[LandingTable, LoadKind]]:
    """A table whose kind no app has registered waits."""
    known = kinds()
    return [(table, known[name]) for name, table in TABLES.items() if name in known]


def _take(table: LandingTable, kind: LoadKind, at: datetime, rows: QuerySet[Any]) -> int:
    """The rows of one stretch, source by source, in the order in which they landed."""
    ids = list(rows.select_for_update(skip_locked=True).order_by("pk").values_list("pk", flat=True))
    landed = _read(table, ids)
    for source in sorted({row["source"] for row in landed}):
        whole(rows_of(kind.name, source))
    for source, found in groupby(landed, key=lambda row: row["source"]):
        _take_from(source, list(found), table, kind, at)
    return len(ids)


def _read(table: LandingTable, ids: list[int]) -> list[Row]:
    """Every column as text; of each source together."""
    columns = ", ".join(f"{name}::text" for name in table.columns)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT id, source, {columns} FROM {table.place} WHERE id = ANY(%s) ORDER BY source, id", [ids])
        return [dict(zip(("id", "source", *table.columns), row, strict=True)) for row in cursor.fetchall()]


def _take_from(source: str, rows: list[Row], table: LandingTable, kind: LoadKind, at: datetime) -> None:
    load = _load_of(kind.name, source, at)
    intake = Intake(source, at, load=load)
    items = _items(rows, table, kind)
    arrivals = kind.rows.take(items, intake)
    came = counts_of(arrivals, kind.name, intake)
    count_in(kind=kind.name, source=source, at=at, received=came["received"], rejected=came["rejected"])
    load.counts = dict(Counter(load.counts) + came)
    load.save(update_fields=["counts"])
    errors = {
        row["id"]: [_plain(error, table.column_of(kind.column(error["field"] or "", item))) for error in arrival.errors]
        for row, item, arrival in zip(rows, items, arrivals, strict=True)
        if arrival.errors
    }
    _mark(table, rows, errors, load)


def _items(rows: list[Row], table: LandingTable, kind: LoadKind) -> list[Row]:
    """As `LoadKind.items` makes them of the cells of a file; objects go in as they are."""
    objects = [name for name, sort in table.columns.items() if sort == "jsonb"]
    named = {name: table.field_of(name) for name in table.columns if name not in objects}
    items = kind.items([{field: row[name] or "" for name, field in named.items()} for row in rows])
    for item, row in zip(items, rows, strict=True):
        item |= {name: json.loads(row[name]) for name in objects if row[name] is not None}
        for made, of in table.several.items():
            if not any(row[name] for name in of):
                item.pop(made, None)
    return items


def _load_of(kind: str, source: str, at: datetime) -> Load:
    """The load of this run and source."""
    return Load.objects.get_or_create(kind=kind, source=source, name=NAME, started_at=at, finished_at=None)[0]


def _mark(table: LandingTable, rows: Sequence[Row], errors: Mapping[int, list[dict[str, Any]]], load: Load) -> None:
    """All of `rows` are taken, those among `errors` ({id: what was wrong}) in vain."""
    every = table.model._base_manager.filter(pk__in=[row["id"] for row in rows])
    every.update(taken_at=Now(), load_id=load.pk)
    with connection.cursor() as cursor:
        if errors:
            cursor.execute(
                f"UPDATE {table.place} t SET error = e.value FROM jsonb_each(%s::jsonb) e WHERE t.id = e.key::bigint",
                [json.dumps(errors)],
            )


def _plain(error: ApiError, column: str) -> dict[str, Any]:
    """In the words of whoever fills the table: `column` is one of it, where the error is about one."""
    return {"field": column or None, "code": error["code"], "message": error["message"]}


def _finish(at: datetime) -> None:
    """Close the loads of this run, and of one that died."""
    for load in Load.objects.filter(name=NAME, finished_at=None, started_at__lte=at):
        if load.started_at == at or load.started_at < at - LOST:
            load.finished_at = at
            load.save(update_fields=["finished_at"])
            Event.objects.record("load.finished", subject=load, at=at, kind=load.kind, **load.counts)
