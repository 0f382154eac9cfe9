"""Is the rollup what the rows say? Recomputes from the responses themselves, past facts and marks, and compares."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from django.db import connection
from django.db.models import Count

from analytics.maths.nps import BINS, Counts, counts_of
from surveys.models import Response
from surveys.models.public_links import PUBLIC

_TRUTH = """
WITH truth AS (
  SELECT r.unit_id, (r.answered_at AT TIME ZONE u.zone)::date AS day, r.program_id, r.channel, r.score, 1 AS answers
  FROM surveys_response r JOIN crm_orgunit u ON u.id = r.unit_id
  WHERE r.score IS NOT NULL AND r.scale_min = 0 AND r.scale_max = 10 AND NOT starts_with(r.source, %(public)s)
), stored AS (
  SELECT c.unit_id, c.day, c.program_id, c.channel, bin.score, bin.answers FROM analytics_unitdayscores c
  CROSS JOIN LATERAL (VALUES (0, s0), (1, s1), (2, s2), (3, s3), (4, s4), (5, s5), (6, s6), (7, s7), (8, s8), (9, s9),
    (10, s10)) AS bin (score, answers) WHERE bin.answers > 0
), waiting AS (
  SELECT r.unit_id, (r.answered_at AT TIME ZONE u.zone)::date AS day
  FROM surveys_response r JOIN crm_orgunit u ON u.id = r.unit_id WHERE r.folded_at IS NULL
  UNION SELECT f.unit_id, f.day FROM analytics_answerfact f
  JOIN surveys_response r ON r.id = f.response_id WHERE r.folded_at IS NULL
  UNION SELECT unit_id, day FROM analytics_dirtycell
), compared AS (
  SELECT unit_id, day, program_id, channel, score, sum(from_rows) AS from_rows, sum(from_rollup) AS from_rollup FROM (
    SELECT *, answers AS from_rows, 0 AS from_rollup FROM truth
    UNION ALL SELECT *, 0, answers FROM stored
  ) side GROUP BY unit_id, day, program_id, channel, score
)
SELECT unit_id, day, program_id, channel, score, from_rows, from_rollup FROM compared
WHERE from_rows <> from_rollup AND (unit_id, day) NOT IN (SELECT unit_id, day FROM waiting)
ORDER BY unit_id, day, program_id, channel, score
"""


@dataclass(frozen=True)
class Mismatch:
    """A bin in which the rollup holds another number of answers than there are responses."""

    unit_id: int
    day: date
    program_id: int
    channel: str
    score: int
    from_rows: int
    from_rollup: int

    def __str__(self) -> str:
        cell = f"unit {self.unit_id}, {self.day}, program {self.program_id}, {self.channel}, score {self.score}"
        return f"{cell}: {self.from_rows} from rows, {self.from_rollup} in the rollup"


def mismatches() -> list[Mismatch]:
    """Every differing bin, in one statement (one snapshot). Cells that the next `fill` will touch are left out."""
    with connection.cursor() as cursor:
        cursor.execute(_TRUTH, {"public": PUBLIC})
        return [Mismatch(*row) for row in cursor.fetchall()]


def counts_from_rows() -> Counts:
    """All answers that count toward the score, straight from the responses."""
    by_score = Response.objects.promoter_scale().order_by().values_list("score").annotate(given=Count("pk"))
    found = dict(by_score)
    return counts_of([found.get(score, 0) for score in range(BINS)])
