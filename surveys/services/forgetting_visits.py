"""Evidence of opened links goes when its time is over: visits altogether, settled clicks into a count that stays."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import connection, transaction

STRETCH = 10_000  # rows of one transaction

_VISITS = """
DELETE FROM surveys_linkvisit WHERE ctid = ANY(ARRAY(
    SELECT ctid FROM surveys_linkvisit WHERE at < %(before)s LIMIT %(limit)s FOR UPDATE SKIP LOCKED))
"""
# one statement: whenever it is cut off, each click is either a row or in the count
_CLICKS = """
WITH gone AS (
    DELETE FROM surveys_provisionalscore WHERE ctid = ANY(ARRAY(
        SELECT ctid FROM surveys_provisionalscore WHERE state <> 'open' AND settled_at < %(before)s
        LIMIT %(limit)s FOR UPDATE SKIP LOCKED))
    RETURNING invitation_id, automatic
),
counted AS (
    INSERT INTO surveys_clicktally AS t (invitation_id, settled, automatic)
    SELECT invitation_id, count(*), count(*) FILTER (WHERE automatic) FROM gone GROUP BY invitation_id
    ON CONFLICT (invitation_id) DO UPDATE
    SET settled = t.settled + excluded.settled, automatic = t.automatic + excluded.automatic
)
SELECT count(*) FROM gone
"""


def forget_visits(*, at: datetime, stretch: int = STRETCH) -> Counter[str]:
    """Forget visits older than settings.VISITS_KEPT_DAYS and clicks settled before that, a stretch a transaction; how
    many of each. A click that nobody has settled yet stays."""
    said: dict[str, Any] = {"before": at - timedelta(days=settings.VISITS_KEPT_DAYS), "limit": stretch}
    forgotten: Counter[str] = Counter()
    while number := _delete(said):
        forgotten["visits"] += number
    while number := _tally(said):
        forgotten["clicks"] += number
    return forgotten


def _delete(said: dict[str, Any]) -> int:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_VISITS, said)
        return int(cursor.rowcount)


def _tally(said: dict[str, Any]) -> int:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_CLICKS, said)
        (number,) = cursor.fetchone() or (0,)
        return int(number)
