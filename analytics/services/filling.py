"""Taking answers into the analytic database: facts first, then the cells of every declared rollup.

`fill` claims responses whose `folded_at` is empty, brings their facts up to date, marks the cells they touch (before
and after) as dirty and counts those cells anew, all in the transaction that sets the marks: a crash leaves nothing half
done. Counting a cell anew, rather than adding to it, makes late, changed and re-attributed answers one case.

One filling at a time: each holds the rollups' FillState rows, so none counts a cell while another's facts are not yet
committed.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from functools import partial

from django.db import connection, transaction
from django.db.models import F, Model, QuerySet
from psycopg import sql

from analytics.models import AnswerFact, DirtyCell, FillState
from analytics.services.worth.filling import note_answers
from analytics.stats import ROLLUPS, Rollup
from common.claims import set_mark, take_unmarked, work_off
from common.models import Event, User
from common.queue import enqueue
from surveys.models import Response
from surveys.models.public_links import PUBLIC

_BY_ID = sql.SQL("r.id = ANY(%(ids)s::bigint[])")
_ALL = sql.SQL("true")
_FOLD = sql.SQL("""
WITH taken AS (
  SELECT r.id AS response_id, r.program_id, r.unit_id, r.employee_id, r.channel, r.product,
         (r.answered_at AT TIME ZONE u.zone)::date AS day, r.score, r.invitation_id IS NULL AS loaded,
         r.score IS NOT NULL AND r.scale_min = 0 AND r.scale_max = 10
           AND NOT starts_with(r.source, %(public)s) AS counted
  FROM surveys_response r JOIN crm_orgunit u ON u.id = r.unit_id WHERE {which}
), before AS (
  SELECT f.unit_id, f.day FROM analytics_answerfact f JOIN taken USING (response_id)
), gone AS (
  DELETE FROM analytics_answerfact f USING taken t WHERE f.response_id = t.response_id AND NOT t.counted
), kept AS (
  INSERT INTO analytics_answerfact
    (response_id, program_id, unit_id, employee_id, channel, product, day, score, loaded)
  SELECT response_id, program_id, unit_id, employee_id, channel, product, day, score, loaded FROM taken WHERE counted
  ON CONFLICT (response_id) DO UPDATE SET
    program_id = excluded.program_id, unit_id = excluded.unit_id, employee_id = excluded.employee_id,
    channel = excluded.channel, product = excluded.product, day = excluded.day, score = excluded.score,
    loaded = excluded.loaded
  RETURNING unit_id, day
)
INSERT INTO analytics_dirtycell (rollup, unit_id, day)
SELECT rollup, unit_id, day FROM (TABLE before UNION TABLE kept) cell CROSS JOIN unnest(%(rollups)s::text[]) AS rollup
ON CONFLICT DO NOTHING
""")
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


def fill(*, at: datetime, limit: int = 20_000) -> int:
    """Take in up to `limit` answers and recount what they touch; returns how many were taken."""
    taken = work_off(Response.objects.only("pk"), "folded_at", partial(_take_in, at=at), at=at, limit=limit)
    if not taken and DirtyCell.objects.exists():
        with transaction.atomic():
            _take_in(Response.objects.none(), at=at)
    return taken


def _take_in(waiting: QuerySet[Response], *, at: datetime) -> int:
    _hold_rollups(at)
    rows = take_unmarked(waiting, "folded_at", limit=None)
    if rows:
        _fold(_BY_ID, [row.pk for row in rows])
        note_answers(Response.objects.filter(pk__in=[row.pk for row in rows]), at)
    _recount()
    set_mark(rows, "folded_at", at)
    FillState.objects.update(at=at, status=FillState.Status.DONE, answers=F("answers") + len(rows))
    return len(rows)


def request_rebuild(*, by: User, at: datetime, chosen: Iterable[FillState]) -> None:
    """Have the worker compute all rollups anew; the trail keeps who asked for it, on the rollups that were `chosen`."""
    with transaction.atomic():
        for state in chosen:
            Event.objects.record("rollup.rebuild_requested", subject=state, by=by, at=at)
        enqueue("analytics.tasks.refill")


def rebuild(*, at: datetime) -> int:
    """Throw every fact and cell away and compute them from the responses; returns the number of facts.

    The tables are emptied with DELETE, which costs more than TRUNCATE but lets pages read the old figures until the
    new ones are committed. Marks stay as they are: an answer revised meanwhile is taken in by the next `fill`.
    """
    _announce(at)
    with transaction.atomic():
        _hold_rollups(at)
        emptied: list[type[Model]] = [*(rollup.target for rollup in ROLLUPS), DirtyCell, AnswerFact]
        for model in emptied:
            model._base_manager.all()._raw_delete(using=connection.alias)
        _fold(_ALL, [])
        _recount()
        facts = AnswerFact.objects.count()
        FillState.objects.update(at=at, status=FillState.Status.DONE, answers=facts)
        for state in FillState.objects.all():
            Event.objects.record("rollup.rebuilt", subject=state, at=at, answers=facts)
    return facts


def _announce(at: datetime) -> None:
    """Leave word that a rebuild began: a FillState that stays STARTED tells of one that died (nothing was lost)."""
    for rollup in ROLLUPS:
        began = {"status": FillState.Status.STARTED, "at": at}
        FillState.objects.update_or_create(rollup=rollup.name, defaults=began)


def _hold_rollups(at: datetime) -> None:
    states = [FillState(rollup=rollup.name, status=FillState.Status.STARTED, at=at) for rollup in ROLLUPS]
    FillState.objects.bulk_create(states, ignore_conflicts=True)
    list(FillState.objects.select_for_update().order_by("rollup"))


def _fold(which: sql.SQL, ids: list[int]) -> None:
    """Bring the facts of these responses up to date and mark the cells they were and are in, in one statement. Answers
    by public links are no facts: they never count in the score."""
    names = [rollup.name for rollup in ROLLUPS]
    with connection.cursor() as cursor:
        cursor.execute(_text(_FOLD.format(which=which)), {"ids": ids, "rollups": names, "public": PUBLIC})


def _recount() -> None:
    """Count the dirty cells of every rollup anew from the facts, one statement each."""
    with connection.cursor() as cursor:
        for rollup in ROLLUPS:
            cursor.execute(_text(count_statement(rollup)), {"rollup": rollup.name})


def count_statement(rollup: Rollup) -> sql.Composed:
    """The statement that empties the rollup's dirty marks and recounts their cells."""
    keys = [sql.Identifier(column) for column in rollup.key_columns]
    columns = [sql.Identifier(column) for column, _ in rollup.counts]
    counted = [
        sql.SQL("count(*) FILTER (WHERE {}) AS {}").format(sql.SQL(condition), sql.Identifier(column))
        for column, condition in rollup.counts
    ]
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


def _text(statement: sql.Composed) -> str:
    return statement.as_string(None)
