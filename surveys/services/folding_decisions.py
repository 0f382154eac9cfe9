"""Tallies of decisions: rows of a key folded into one, all of them counted anew, and held against the decisions."""

from __future__ import annotations

from django.db import transaction

from surveys.services.triggering.tables import execute, fetch

_FOLD = """
WITH taken AS (
  DELETE FROM surveys_decisiontally WHERE id = ANY(ARRAY(
    SELECT id FROM surveys_decisiontally WHERE folded IS NULL ORDER BY id LIMIT %(limit)s FOR UPDATE SKIP LOCKED
  )) RETURNING unit_id, day, version_id, reason, number
)
INSERT INTO surveys_decisiontally AS kept (unit_id, day, version_id, reason, number, folded)
SELECT unit_id, day, version_id, reason, sum(number), true FROM taken GROUP BY 1, 2, 3, 4 ORDER BY 2, 1, 3, 4
ON CONFLICT (unit_id, day, version_id, reason, folded) DO UPDATE SET number = kept.number + excluded.number
"""
# nobody decides, and nobody folds, while it is counted; everybody reads the old figures
_HOLD = (
    "LOCK TABLE surveys_decision IN SHARE MODE",
    "LOCK TABLE surveys_decisiontally IN SHARE ROW EXCLUSIVE MODE",
)
_COUNT = """
INSERT INTO surveys_decisiontally (unit_id, day, version_id, reason, number, folded)
SELECT unit_id, occasion_day, version_id, reason, count(*), true FROM surveys_decision GROUP BY 1, 2, 3, 4 ORDER BY 2, 1
"""
_WRONG = """
SELECT unit_id, day, version_id, reason, sum(decided)::int, sum(tallied)::int FROM (
  SELECT unit_id, occasion_day AS day, version_id, reason, 1 AS decided, 0 AS tallied FROM surveys_decision
  UNION ALL SELECT unit_id, day, version_id, reason, 0, number FROM surveys_decisiontally
) side GROUP BY 1, 2, 3, 4 HAVING sum(decided) <> sum(tallied) ORDER BY 1, 2, 3, 4
"""


def fold_tallies(*, limit: int = 100_000) -> int:
    """Fold up to `limit` tallies, the oldest first, into the one of their key; how many keys they were of."""
    return execute(_FOLD, {"limit": limit})


@transaction.atomic
def tally_anew() -> int:
    """Throw the tallies away and count the decisions; how many tallies there are."""
    for hold in _HOLD:
        execute(hold)
    execute("DELETE FROM surveys_decisiontally")
    return execute(_COUNT)


def wrong_tallies() -> list[str]:
    """Where tallies are not what the decisions say, in words; in one statement, so at one moment."""
    return [
        f"unit {unit}, {day}, version {version}, {reason}: {decided} decisions, {tallied} in the tallies"
        for unit, day, version, reason, decided, tallied in fetch(_WRONG)
    ]
