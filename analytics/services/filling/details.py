"""What a fact knows beside the answer: when it happened, when we asked, of which kind it was, and the attributes by
which figures may be cut.

All of it is what the packet and the answer have kept since they were made, so it never changes but for one thing: an
analyst declares another attribute (or another type of one) as a dimension. The filling compares what is declared with
what the facts hold, and where that differs brings the next facts up to date before it takes anything in; how far it
came is kept in the same transaction, so that a crash costs one batch.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db import connection
from psycopg import sql

from analytics.models import FillState
from analytics.stats import OF_ANSWERS
from crm.attributes import LARGEST, NUMBERS, dimensions_of
from crm.models import InteractionKind

LONGEST = 120  # characters of a text that is cut by
AT_ONCE = 50_000  # facts that are brought up to date in one transaction: a worker's task has its time

# of r: a response, u: its unit, i: its invitation or NULL. A value that is not of the declared type (answers collected
# elsewhere bring what their file says) is left out; a number written as text is taken
CIRCUMSTANCES = sql.SQL("""
((i.packet #>> '{{interaction,occurred_at}}')::timestamptz AT TIME ZONE u.zone)::date AS happened,
(i.created_at AT TIME ZONE u.zone)::date AS asked,
coalesce(i.packet #>> '{{interaction,kind}}', '') AS kind,
(SELECT jsonb_object_agg(key, kept) FROM (
   SELECT key, CASE
     WHEN key = ANY(%(numbers)s::text[]) THEN CASE
       WHEN CASE jsonb_typeof(value) WHEN 'number' THEN true
         WHEN 'string' THEN (value #>> '{{}}') ~ '^-?[0-9]{{1,15}}([.][0-9]{{1,15}})?$' ELSE false END
       THEN CASE WHEN abs((value #>> '{{}}')::numeric) < {largest}
         THEN to_jsonb((value #>> '{{}}')::numeric) END END
     WHEN key = ANY(%(booleans)s::text[]) AND jsonb_typeof(value) = 'boolean' THEN value
     WHEN key = ANY(%(texts)s::text[]) AND jsonb_typeof(value) = 'string' AND value <> '""'
       THEN to_jsonb(left(value #>> '{{}}', {longest})) END AS kept
   FROM jsonb_each(CASE WHEN jsonb_typeof(r.attributes) = 'object' THEN r.attributes ELSE '{{}}' END)
 ) found WHERE kept IS NOT NULL) AS details
""").format(largest=sql.Literal(LARGEST), longest=sql.Literal(LONGEST))
_ANEW = sql.SQL("""
WITH batch AS (
  SELECT response_id FROM analytics_answerfact WHERE response_id > %(after)s ORDER BY response_id LIMIT %(limit)s
), fresh AS (
  SELECT r.id, {circumstances}
  FROM batch JOIN surveys_response r ON r.id = batch.response_id
  JOIN crm_orgunit u ON u.id = r.unit_id LEFT JOIN surveys_invitation i ON i.id = r.invitation_id
), changed AS (
  UPDATE analytics_answerfact f
  SET happened = fresh.happened, asked = fresh.asked, kind = fresh.kind, details = fresh.details
  FROM fresh WHERE f.response_id = fresh.id AND (f.happened, f.asked, f.kind, f.details)
    IS DISTINCT FROM (fresh.happened, fresh.asked, fresh.kind, fresh.details)
)
SELECT count(*), max(response_id) FROM batch
""").format(circumstances=CIRCUMSTANCES)


def types_declared() -> dict[str, str]:
    """The attributes by which figures may be cut, with their types."""
    schemas = InteractionKind.objects.order_by("code").values_list("schema", flat=True)
    return {name: str(rule["type"]) for name, rule in dimensions_of(schemas).items()}


def named_by_type(types: Mapping[str, str]) -> dict[str, list[str]]:
    """The same as CIRCUMSTANCES asks for them."""
    return {
        "numbers": [name for name, kind in types.items() if kind in NUMBERS],
        "booleans": [name for name, kind in types.items() if kind == "boolean"],
        "texts": [name for name, kind in types.items() if kind == "string"],
    }


def other_details() -> bool:
    """Do facts hold other attributes than those that are declared?"""
    held = _held()
    return any(details != _all_hold(types_declared()) for details in held)


def bring_details_up_to_date(types: dict[str, str]) -> int:
    """For who holds the rollups: the next facts as these attributes are declared now; how many were looked at."""
    (held,) = _held()
    if held == _all_hold(types):
        return 0
    after = held["upto"] or 0 if held and held["types"] == types else 0
    with connection.cursor() as cursor:
        cursor.execute(_ANEW.as_string(None), {"after": after, "limit": AT_ONCE, **named_by_type(types)})
        number, last = cursor.fetchone()
    note_details(types, upto=last if number == AT_ONCE else None)
    return int(number)


def note_details(types: dict[str, str], *, upto: int | None = None) -> None:
    """For who holds the rollups: facts up to this one hold these attributes; None: all do."""
    held: dict[str, Any] = {"details": {"types": types, "upto": upto}}
    FillState.objects.filter(rollup=OF_ANSWERS[0].name).update(**held)


def _all_hold(types: Mapping[str, str]) -> dict[str, Any]:
    return {"types": types, "upto": None}


def _held() -> list[Any]:
    """What the facts hold; nothing if none were ever filled."""
    return list(FillState.objects.filter(rollup=OF_ANSWERS[0].name).values_list("details", flat=True))
