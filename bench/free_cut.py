"""A cut of the facts by three dimensions, for a unit with its subtree, as a free question of the explorer."""

from __future__ import annotations

from typing import Any

from django.db import connection

from analytics.services.tallying import Cut

# days are few: added up by day first, and the days by month, a row costs no look at the calendar
_BY_DAY = """
SELECT product, channel, date_trunc('month', day::timestamp)::date, sum(low)::int, sum(middle)::int, sum(high)::int
FROM (
  SELECT product, channel, day, count(*) FILTER (WHERE score <= 6) AS low,
         count(*) FILTER (WHERE score IN (7, 8)) AS middle, count(*) FILTER (WHERE score >= 9) AS high
  FROM analytics_answerfact WHERE unit_id = ANY(%s) AND day BETWEEN %s AND %s GROUP BY product, channel, day
) daily GROUP BY 1, 2, 3
"""


def free_cut(cut: Cut) -> dict[Any, tuple[int, ...]]:
    """Detractors, passives and promoters by product, channel and month."""
    (_, members), *_ = cut.frame.whole  # nothing moved in a company that was made for a measurement
    with connection.cursor() as cursor:
        cursor.execute(_BY_DAY, [sorted(members), cut.period.start, cut.period.end])
        return {row[:3]: tuple(row[3:]) for row in cursor.fetchall()}
