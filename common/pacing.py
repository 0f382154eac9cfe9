"""How fast something may leave: token buckets as rows, shared by all processes and machines.

A bucket fills evenly at its rate and holds SECONDS of it, so that after a standstill what waited leaves at the rate
too: in any minute at most 1.1 times as much.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection

SECONDS = 6.0  # of the rate that a bucket holds: a tenth of a minute

_FIRST = """
INSERT INTO common_ratebucket (name, units, at, allowed)
SELECT name, size, %(at)s, true FROM unnest(%(names)s::text[], %(sizes)s::float8[]) AS asked (name, size) ORDER BY name
ON CONFLICT DO NOTHING
"""
# of all or of none; who comes at the same time waits for the rows, in the order of their names
_TAKE = """
WITH asked AS (
    SELECT * FROM unnest(%(names)s::text[], %(sizes)s::float8[], %(fills)s::float8[]) AS asked (name, size, fill)
),
held AS MATERIALIZED (
    SELECT b.name, a.fill,
           least(a.size, b.units + a.fill * greatest(0, extract(epoch FROM %(at)s - b.at)::float8)) AS there
    FROM common_ratebucket b JOIN asked a ON a.name = b.name
    ORDER BY b.name FOR UPDATE OF b
),
taken AS (
    UPDATE common_ratebucket b SET units = h.there - 1, at = greatest(b.at, %(at)s)
    FROM held h WHERE b.name = h.name
      AND (SELECT bool_and(there >= 1) AND count(*) = cardinality(%(names)s::text[]) FROM held)
)
SELECT count(*), max(greatest(0, 1 - there) / fill) FROM held
"""


@dataclass(frozen=True)
class Limit:
    """At most so many a minute."""

    name: str
    a_minute: float

    @property
    def fill(self) -> float:
        """A second."""
        return self.a_minute / 60

    @property
    def size(self) -> float:
        return max(1.0, self.fill * SECONDS)


def take_one(limits: Collection[Limit], *, at: datetime) -> timedelta | None:
    """Spend one of each of `limits`; None, or where one of them is used up how long to wait, and nothing is spent. Call
    it in the transaction of what is done for it: if that is undone, nothing was spent."""
    if not limits:
        return None
    values: dict[str, Any] = {
        "names": [limit.name for limit in limits], "sizes": [limit.size for limit in limits],
        "fills": [limit.fill for limit in limits], "at": at,
    }  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(_TAKE, values)
        found, wait = cursor.fetchone()
        if found < len(limits):
            cursor.execute(_FIRST, values)
            cursor.execute(_TAKE, values)
            found, wait = cursor.fetchone()
    return timedelta(seconds=wait) if wait else None
