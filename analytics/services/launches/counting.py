"""What was answered about launches in weeks that are over and were not looked at yet: one statement for all of them.

Answers by the day of their first score, of the area's units as they stand today. A week is counted once, when it is
over, and stays: what was judged is what was known then.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from datetime import date

from django.db import connection

from analytics.maths.expectations import WATCH
from analytics.maths.nps import Counts
from analytics.models import Launch

_COUNT = """
WITH due AS MATERIALIZED (
  SELECT l.id, l.area_id, l.product, l.day, coalesce(max(e.week), 0) AS known,
    least((%(upto)s::date - l.day + 1) / 7, %(watch)s) AS over
  FROM analytics_launch l LEFT JOIN analytics_expectation e ON e.launch_id = l.id
  GROUP BY l.id
)
SELECT due.id, due.known, due.over, (f.day - due.day) / 7 + 1 AS week,
  count(*) FILTER (WHERE f.score <= 6), count(*) FILTER (WHERE f.score IN (7, 8)), count(*) FILTER (WHERE f.score >= 9)
FROM due LEFT JOIN LATERAL (
  SELECT f.day, f.score
  FROM crm_unitclosure c JOIN crm_hierarchy h ON h.id = c.hierarchy_id AND h.is_primary
    JOIN analytics_answerfact f ON f.unit_id = c.descendant_id
  WHERE c.ancestor_id = due.area_id AND c.valid @> %(today)s::date AND f.product = due.product
    AND f.day BETWEEN due.day + 7 * due.known AND due.day + 7 * due.over - 1
) f ON TRUE
WHERE due.over > due.known
GROUP BY due.id, due.known, due.over, week
"""


def new_weeks(*, upto: date, today: date) -> dict[int, dict[int, Counts]]:
    """By launch and week (from 1) what was answered in the weeks that are over with the day `upto` and have no row yet;
    a week without answers is among them."""
    with connection.cursor() as cursor:
        cursor.execute(_COUNT, {"upto": upto, "today": today, "watch": WATCH})
        rows = cursor.fetchall()
    found: dict[int, dict[int, Counts]] = {}
    for launch, known, over, week, *counts in rows:
        weeks = found.setdefault(launch, dict.fromkeys(range(known + 1, over + 1), Counts()))
        if week is not None:
            weeks[week] = Counts(*counts)
    return found


def comparables_of(launches: Mapping[int, Launch]) -> dict[int, list[int]]:
    """By launch those whose answers say what is to be expected of it: the ones that the office chose, else all that
    came earlier and are of the same kind. One query."""
    chosen: dict[int, list[int]] = defaultdict(list)
    for one, other in Launch.comparable.through.objects.values_list("from_launch_id", "to_launch_id"):
        chosen[one].append(other)
    return {
        launch.pk: chosen.get(launch.pk)
        or [each.pk for each in launches.values() if each.kind == launch.kind and each.day < launch.day]
        for launch in launches.values()
    }
