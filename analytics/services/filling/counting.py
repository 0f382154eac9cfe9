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

_MARK_TOO = """
INSERT INTO analytics_dirtycell (rollup, unit_id, day)
SELECT other, unit_id, day FROM analytics_dirtycell CROSS JOIN unnest(%(others)s::text[]) AS other
WHERE rollup = %(first)s ON CONFLICT DO NOTHING
"""
_COUNT = sql.SQL("""
WITH marked AS (
  DELETE FROM analytics_dirtycell WHERE rollup = %(rollup)s RETURNING unit_id, day
), dirty AS (
  {dirty}
), fresh AS (
  SELECT {fresh_keys}, {counted} FROM {source} source JOIN dirty ON {joined} GROUP BY {fresh_keys}
), gone AS (
  DELETE FROM {target} old USING dirty WHERE (old.unit_id, old.{when}) = (dirty.unit_id, dirty.{when})
  AND ({old_keys}) NOT IN (SELECT {keys} FROM fresh)
)
INSERT INTO {target} ({keys}, {columns}) SELECT {keys}, {columns} FROM fresh
ON CONFLICT ({keys}) DO UPDATE SET {replaced}
""")
_DAYS = sql.SQL("TABLE marked"), sql.SQL("source.unit_id = dirty.unit_id AND source.day = dirty.day")
_MONTHS = (  # the range is for the index, when a few are counted; the month to join by, when all are
    sql.SQL("SELECT DISTINCT unit_id, date_trunc('month', day::timestamp)::date AS month FROM marked"),
    sql.SQL(
        "source.unit_id = dirty.unit_id AND date_trunc('month', source.day::timestamp)::date = dirty.month"
        " AND source.day >= dirty.month AND source.day < dirty.month + interval '1 month'"
    ),
)


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
    """Count the dirty cells of rollups of the same rows anew from their sources, one statement each; before that, what
    is dirty in the first is marked in the others."""
    first, *others = rollups
    with connection.cursor() as cursor:
        if others:
            cursor.execute(_MARK_TOO, {"first": first.name, "others": [rollup.name for rollup in others]})
        for rollup in rollups:
            cursor.execute(count_statement(rollup).as_string(None), {"rollup": rollup.name})


def count_statement(rollup: Rollup) -> sql.Composed:
    """The statement that empties the rollup's dirty marks and recounts their cells."""
    keys = [sql.Identifier(column) for column in rollup.key_columns]
    dirty, joined = _MONTHS if rollup.by_month else _DAYS
    unit, when, *others = rollup.key_columns
    columns = [sql.Identifier(column) for column in rollup.columns]
    counted = [
        sql.SQL("count(*) FILTER (WHERE {}) AS {}").format(sql.SQL(condition), sql.Identifier(column))
        for column, condition in rollup.counts
    ]
    counted += [sql.SQL("sum(source.{0}) AS {0}").format(sql.Identifier(column)) for column in rollup.sums]
    return _COUNT.format(
        target=sql.Identifier(rollup.target._meta.db_table),
        source=sql.Identifier(rollup.source._meta.db_table),
        keys=_joined(keys),
        dirty=dirty,
        joined=joined,
        when=sql.Identifier(when),
        fresh_keys=_joined(
            [sql.Identifier("dirty", unit), sql.Identifier("dirty", when), *_of("source", others)],
        ),
        old_keys=_joined(_of("old", rollup.key_columns)),
        columns=_joined(columns),
        counted=_joined(counted),
        replaced=_joined([sql.SQL("{0} = excluded.{0}").format(column) for column in columns]),
    )


def _of(table: str, columns: Collection[str]) -> list[sql.Identifier]:
    return [sql.Identifier(table, column) for column in columns]


def _joined(parts: list[sql.Identifier] | list[sql.Composed]) -> sql.Composed:
    return sql.SQL(", ").join(parts)
