"""What all fillings share: one at a time, and the cells that are marked dirty counted anew from their facts.

Each filling holds the FillState rows of its rollups, so that none counts a cell while another's facts are not yet
committed.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from django.db import connection
from django.db.models import F, QuerySet
from psycopg import sql

from analytics.models import FillState
from analytics.stats import Rollup

_COUNT = sql.SQL("""
WITH dirty AS (
  DELETE FROM analytics_dirtycell WHERE rollup = %(rollup)s RETURNING unit_id, day
), fresh AS (
  SELECT {keys}, {counted} FROM {source} JOIN dirty USING (unit_id, day) GROUP BY {keys}
), gone AS (
  DELETE FROM {target} old USING dirty WHERE (old.unit_id, old.day) = (dirty.unit_id, dirty.day)
  AND ({old_keys}) NOT IN (SELECT {keys} FROM fresh)
)
INSERT INTO {target} ({keys}, {columns}) SELECT {keys}, {columns} FROM fresh
ON CONFLICT ({keys}) DO UPDATE SET {replaced}
""")


def hold(rollups: Collection[Rollup], at: datetime) -> None:
    """Have the rollups to ourselves until this transaction ends."""
    states = [FillState(rollup=rollup.name, status=FillState.Status.STARTED, at=at) for rollup in rollups]
    FillState.objects.bulk_create(states, ignore_conflicts=True)
    list(_states(rollups).select_for_update().order_by("rollup"))


def done(rollups: Collection[Rollup], at: datetime, *, more: int) -> None:
    """They are filled up to now, with so many rows `more`."""
    _states(rollups).update(at=at, status=FillState.Status.DONE, answers=F("answers") + more)


def done_anew(rollups: Collection[Rollup], at: datetime, *, rows: int) -> None:
    """They were computed anew, from so many rows."""
    _states(rollups).update(at=at, status=FillState.Status.DONE, answers=rows)


def _states(rollups: Collection[Rollup]) -> QuerySet[FillState]:
    return FillState.objects.filter(rollup__in=[rollup.name for rollup in rollups])


def recount(rollups: Collection[Rollup]) -> None:
    """Count the dirty cells of the rollups anew from the facts, one statement each."""
    with connection.cursor() as cursor:
        for rollup in rollups:
            cursor.execute(count_statement(rollup).as_string(None), {"rollup": rollup.name})


def count_statement(rollup: Rollup) -> sql.Composed:
    """The statement that empties the rollup's dirty marks and recounts their cells."""
    keys = [sql.Identifier(column) for column in rollup.key_columns]
    columns = [sql.Identifier(column) for column in rollup.columns]
    counted = [
        sql.SQL("count(*) FILTER (WHERE {}) AS {}").format(sql.SQL(condition), sql.Identifier(column))
        for column, condition in rollup.counts
    ]
    counted += [sql.SQL("sum({0}) AS {0}").format(sql.Identifier(column)) for column in rollup.sums]
    return _COUNT.format(
        target=sql.Identifier(rollup.target._meta.db_table),
        source=sql.Identifier(rollup.source._meta.db_table),
        keys=_joined(keys),
        old_keys=_joined([sql.Identifier("old", column) for column in rollup.key_columns]),
        columns=_joined(columns),
        counted=_joined(counted),
        replaced=_joined([sql.SQL("{0} = excluded.{0}").format(column) for column in columns]),
    )


def _joined(parts: list[sql.Identifier] | list[sql.Composed]) -> sql.Composed:
    return sql.SQL(", ").join(parts)
