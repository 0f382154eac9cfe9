"""Taking answers into the analytic database: facts first, then the cells of every rollup counted from them.

`fill` claims responses whose `folded_at` is empty, brings their facts up to date, marks the cells they touch (before
and after) as dirty and counts those cells anew, all in the transaction that sets the marks: a crash leaves nothing half
done. Counting a cell anew, rather than adding to it, makes late, changed and re-attributed answers one case.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from functools import partial
from typing import Any

from django.db import connection, transaction
from django.db.models import QuerySet
from psycopg import sql

from analytics.models import DirtyCell
from analytics.services.filling.counting import done, hold, recount
from analytics.services.filling.details import (
    CIRCUMSTANCES,
    bring_details_up_to_date,
    named_by_type,
    note_details,
    other_details,
    types_declared,
)
from analytics.services.worth.filling import note_answers
from analytics.stats import OF_ANSWERS
from common.claims import set_mark, take_unmarked, work_off
from surveys.models import Response
from surveys.models.public_links import PUBLIC

_BY_ID = sql.SQL("r.id = ANY(%(ids)s::bigint[])")
_ALL = sql.SQL("true")
_FOLD = sql.SQL("""
WITH taken AS (
  SELECT r.id AS response_id, r.program_id, r.unit_id, r.employee_id, r.channel, r.product,
         (r.answered_at AT TIME ZONE u.zone)::date AS day, r.score, r.invitation_id IS NULL AS loaded,
         {circumstances},
         r.comment <> '' AS commented,
         r.score IS NOT NULL AND r.scale_min = 0 AND r.scale_max = 10
           AND NOT starts_with(r.source, %(public)s) AS counted
  FROM surveys_response r JOIN crm_orgunit u ON u.id = r.unit_id
  LEFT JOIN surveys_invitation i ON i.id = r.invitation_id WHERE {which}
), before AS (
  SELECT f.unit_id, f.day FROM analytics_answerfact f JOIN taken USING (response_id)
), gone AS (
  DELETE FROM analytics_answerfact f USING taken t WHERE f.response_id = t.response_id AND NOT t.counted
), kept AS (
  INSERT INTO analytics_answerfact
    (response_id, program_id, unit_id, employee_id, channel, product, day, score, loaded, commented, happened, asked,
     kind, details)
  SELECT response_id, program_id, unit_id, employee_id, channel, product, day, score, loaded, commented, happened,
         asked, kind, details
  FROM taken WHERE counted
  ON CONFLICT (response_id) DO UPDATE SET
    program_id = excluded.program_id, unit_id = excluded.unit_id, employee_id = excluded.employee_id,
    channel = excluded.channel, product = excluded.product, day = excluded.day, score = excluded.score,
    loaded = excluded.loaded, commented = excluded.commented, happened = excluded.happened, asked = excluded.asked,
    kind = excluded.kind, details = excluded.details
  RETURNING unit_id, day
)
INSERT INTO analytics_dirtycell (rollup, unit_id, day)
SELECT %(rollup)s, unit_id, day FROM (TABLE before UNION TABLE kept) cell
ON CONFLICT DO NOTHING
""")


def fill(*, at: datetime, limit: int = 20_000) -> int:
    """Take in up to `limit` answers and recount what they touch; returns how many were taken, or brought up to date
    with attributes declared since."""
    taken = work_off(Response.objects.only("pk"), "folded_at", partial(_take_in, at=at), at=at, limit=limit)
    if not taken and (DirtyCell.objects.of(OF_ANSWERS).exists() or other_details()):
        with transaction.atomic():
            return _take_in(Response.objects.none(), at=at)
    return taken


def _take_in(waiting: QuerySet[Response], *, at: datetime) -> int:
    hold(OF_ANSWERS, at)
    types = types_declared()
    brought = bring_details_up_to_date(types)
    rows = take_unmarked(waiting, "folded_at", limit=None)
    if rows:
        _fold(_BY_ID, [row.pk for row in rows], types)
        note_answers(Response.objects.filter(pk__in=[row.pk for row in rows]), at)
    recount(OF_ANSWERS)
    set_mark(rows, "folded_at", at)
    done(OF_ANSWERS, at, more=len(rows))
    return len(rows) or brought


def fold_all() -> None:
    """Facts of all answers, and the marks of their cells. For who holds the rollups."""
    types = types_declared()
    note_details(types)
    _fold(_ALL, [], types)


def _fold(which: sql.SQL, ids: list[int], types: Mapping[str, str]) -> None:
    """Bring the facts of these responses up to date and mark the cells they were and are in, in one statement. Answers
    by public links are no facts: they never count in the score."""
    with connection.cursor() as cursor:
        statement = _FOLD.format(which=which, circumstances=CIRCUMSTANCES).as_string(None)
        named: dict[str, Any] = {"ids": ids, "rollup": OF_ANSWERS[0].name, "public": PUBLIC, **named_by_type(types)}
        cursor.execute(statement, named)
