"""Are the rollups what the rows say? Recomputes from the responses themselves, past facts and marks, and compares."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from django.db import connection
from django.db.models import Count
from psycopg import sql

from analytics.maths.nps import BINS, Counts, counts_of
from analytics.stats import OF_ANSWERS, Rollup
from surveys.models import Response
from surveys.models.public_links import PUBLIC

_TRUTH = sql.SQL("""
WITH truth AS (
  SELECT r.unit_id, {truly} AS day, ARRAY[{truly_keys}]::text[] AS cell, r.score, 1 AS answers
  FROM surveys_response r JOIN crm_orgunit u ON u.id = r.unit_id
  WHERE r.score IS NOT NULL AND r.scale_min = 0 AND r.scale_max = 10 AND NOT starts_with(r.source, %(public)s)
), stored AS (
  SELECT c.unit_id, c.{when} AS day, ARRAY[{keys}]::text[] AS cell, bin.score, bin.answers FROM {cells} c
  CROSS JOIN LATERAL (VALUES (0, s0), (1, s1), (2, s2), (3, s3), (4, s4), (5, s5), (6, s6), (7, s7), (8, s8), (9, s9),
    (10, s10)) AS bin (score, answers) WHERE bin.answers > 0
), waiting AS (
  SELECT r.unit_id, {truly} AS day
  FROM surveys_response r JOIN crm_orgunit u ON u.id = r.unit_id WHERE r.folded_at IS NULL
  UNION SELECT f.unit_id, {marked} FROM analytics_answerfact f
  JOIN surveys_response r ON r.id = f.response_id WHERE r.folded_at IS NULL
  UNION SELECT unit_id, {marked} FROM analytics_dirtycell
), compared AS (
  SELECT unit_id, day, cell, score, sum(from_rows) AS from_rows, sum(from_rollup) AS from_rollup FROM (
    SELECT *, answers AS from_rows, 0 AS from_rollup FROM truth
    UNION ALL SELECT *, 0, answers FROM stored
  ) side GROUP BY unit_id, day, cell, score
)
SELECT unit_id, day, cell, score, from_rows, from_rollup FROM compared
WHERE from_rows <> from_rollup AND (unit_id, day) NOT IN (SELECT unit_id, day FROM waiting)
ORDER BY unit_id, day, cell, score
""")
_DAY = sql.SQL("(r.answered_at AT TIME ZONE u.zone)::date"), sql.SQL("day")
_MONTH = (
    sql.SQL("date_trunc('month', r.answered_at AT TIME ZONE u.zone)::date"),
    sql.SQL("date_trunc('month', day::timestamp)::date"),
)


@dataclass(frozen=True)
class Mismatch:
    """A bin in which a rollup holds another number of answers than there are responses. `keys`: of the rollup; `cell`:
    what the third and the further of them are; `day`: the first, of a month."""

    keys: tuple[str, ...]
    unit_id: int
    day: date
    cell: list[str]
    score: int
    from_rows: int
    from_rollup: int

    def __str__(self) -> str:
        when = f"{self.day:%Y-%m}" if self.keys[1] == "month" else f"{self.day}"
        which = ", ".join(f"{key} {value}" for key, value in zip(self.keys[2:], self.cell, strict=True))
        cell = f"unit {self.unit_id}, {when}, {which}, score {self.score}"
        return f"{cell}: {self.from_rows} from rows, {self.from_rollup} in the rollup"


def mismatches() -> list[Mismatch]:
    """Every differing bin, in a statement (one snapshot) for each rollup of answers. Cells that the next `fill` will
    touch are left out."""
    found = []
    with connection.cursor() as cursor:
        for rollup in OF_ANSWERS:
            cursor.execute(_statement(rollup).as_string(None), {"public": PUBLIC})
            found += [Mismatch(rollup.keys, *row) for row in cursor.fetchall()]
    return found


def _statement(rollup: Rollup) -> sql.Composed:
    truly, marked = _MONTH if rollup.by_month else _DAY
    _, when, *keys = rollup.key_columns
    return _TRUTH.format(
        truly=truly, marked=marked, cells=sql.Identifier(rollup.target._meta.db_table), when=sql.Identifier(when),
        truly_keys=sql.SQL(", ").join(sql.Identifier("r", key) for key in keys),
        keys=sql.SQL(", ").join(sql.Identifier("c", key) for key in keys),
    )  # fmt: skip


def counts_from_rows() -> Counts:
    """All answers that count toward the score, straight from the responses."""
    by_score = Response.objects.promoter_scale().order_by().values_list("score").annotate(given=Count("pk"))
    found = dict(by_score)
    return counts_of([found.get(score, 0) for score in range(BINS)])
