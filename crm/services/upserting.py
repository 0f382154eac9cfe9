"""Many rows in by one statement, whatever the order and number of senders."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db import connection, models

CREATED, UPDATED, UNCHANGED, STALE = "created", "updated", "unchanged", "stale"


@dataclass(frozen=True)
class Upsert:
    """How rows of a model, known by (source, external_id), come in.

    `content`: columns whose change makes an update. `once`: set when the row is new, then kept. `also`: overwritten
    with the content, but no news by themselves. `guard`: a column that must not go back (as_of), or None.
    """

    model: type[models.Model]
    content: tuple[str, ...]
    once: tuple[str, ...] = ()
    also: tuple[str, ...] = ()
    guard: str | None = None
    columns: tuple[str, ...] = field(init=False)

    def __post_init__(self) -> None:
        guard = (self.guard,) if self.guard else ()
        object.__setattr__(self, "columns", ("source", "external_id", *self.content, *self.once, *self.also, *guard))

    def sql(self) -> str:
        """One statement for any number of rows; keys in order, so that senders queue up instead of locking up."""
        table = self.model._meta.db_table
        columns = ", ".join(self.columns)
        typed = ", ".join(f"{name} {self._type(name)}" for name in self.columns)
        return (
            f"INSERT INTO {table} AS old ({columns}) SELECT {columns} FROM jsonb_to_recordset(%s) AS t({typed}) "
            f'ORDER BY external_id COLLATE "C" ON CONFLICT (source, external_id) DO UPDATE SET {self.sets()} '
            f"WHERE old.external_id = ANY(%s) AND ({self.news()}) "
            "RETURNING external_id, xmax = 0"
        )

    def sets(self) -> str:
        """What an update takes over from the row that comes in, `excluded`."""
        guard = (self.guard,) if self.guard else ()
        return ", ".join(f"{name} = excluded.{name}" for name in (*self.content, *self.also, *guard))

    def news(self, *, old: str = "old", new: str = "excluded") -> str:
        """Whether the row that comes in is to be written over the one that is there."""
        differs = self.differs(old=old, new=new)
        if self.guard is None:
            return differs
        # the same content known later still moves the guard, or an old version could overtake it
        return f"{new}.{self.guard} > {old}.{self.guard} OR ({new}.{self.guard} = {old}.{self.guard} AND {differs})"

    def differs(self, *, old: str, new: str) -> str:
        """Whether the two rows have another content."""
        held, given = (f"({', '.join(f'{side}.{name}' for name in self.content)})" for side in (old, new))
        return f"{held} IS DISTINCT FROM {given}"

    def _type(self, name: str) -> str:
        return str(self.model._meta.get_field(name).db_type(connection))


def upsert(how: Upsert, rows: Sequence[dict[str, Any]], *, before: dict[str, Any]) -> dict[str, str]:
    """Write `rows` (column -> value, one source, each key once); {external_id: created|updated|unchanged|stale}.

    `before`: rows as they were read just before, to tell an update from the same content known later. Only those are
    changed: a key that another sender made meanwhile is missing in what is returned.
    """
    if not rows:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(how.sql(), [json.dumps(rows, default=_plain), list(before)])
        written = dict(cursor.fetchall())
    ours = written.keys() | before.keys()
    rows = [row for row in rows if row["external_id"] in ours]
    ahead = _ahead(how, [row for row in rows if row["external_id"] not in written])
    return {
        key: STALE if key in ahead else _status(how, row, created=written.get(key), old=before.get(key))
        for row in rows
        for key in (row["external_id"],)
    }


def _status(how: Upsert, row: dict[str, Any], *, created: bool | None, old: Any) -> str:
    if created:
        return CREATED
    same = old is not None and all(getattr(old, name) == row[name] for name in how.content)
    return UNCHANGED if created is None or same else UPDATED


def _ahead(how: Upsert, rows: Sequence[dict[str, Any]]) -> set[str]:
    """Those of `rows` of which the table holds a later version."""
    if not rows or how.guard is None:
        return set()
    kept = how.model._base_manager.filter(
        source=rows[0]["source"], external_id__in=[row["external_id"] for row in rows]
    )
    guards = dict(kept.values_list("external_id", how.guard))
    return {row["external_id"] for row in rows if guards[row["external_id"]] > row[how.guard]}


def _plain(value: Any) -> str:
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return str(value)
    raise TypeError(type(value).__name__)
