"""The organization as the house knew it: which unit stood under which, and who succeeded whom, on a day, as known at a
moment. Nothing is ever rewritten, so what a report was made from can be had again."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import date, datetime
from decimal import Decimal
from typing import Any, NamedTuple

from django.db import connection
from django.db.backends.postgresql.psycopg_any import DateRange
from django.db.models import Exists, OuterRef, Q

from crm.dated import Span
from crm.heirs import Division, parts_of
from crm.models import Placement, Succession

_KEPT = """
SELECT ancestor_id, descendant_id, depth, valid * %(days)s::daterange FROM crm_unitclosure
WHERE hierarchy_id = (SELECT id FROM crm_hierarchy WHERE code = %(code)s OR (is_primary AND %(code)s = ''))
AND valid && %(days)s::daterange
AND (%(ancestors)s::bigint[] IS NULL OR ancestor_id = ANY(%(ancestors)s::bigint[]))
"""
_PAIRS = """
WITH RECURSIVE placed AS (
    SELECT unit_id, parent_id, valid * %(days)s::daterange AS valid FROM crm_placement
    WHERE hierarchy_id = (SELECT id FROM crm_hierarchy WHERE code = %(code)s OR (is_primary AND %(code)s = ''))
    AND valid && %(days)s::daterange AND recorded @> %(known)s::timestamptz
), path (ancestor, descendant, depth, valid) AS (
    SELECT unit_id, unit_id, 0, valid FROM placed
    UNION
    SELECT placed.parent_id, path.descendant, path.depth + 1, path.valid * placed.valid
    FROM path JOIN placed ON placed.unit_id = path.ancestor AND placed.valid && path.valid
    WHERE placed.parent_id IS NOT NULL AND path.depth < 64
)
SELECT ancestor, descendant, depth, unnest(range_agg(valid)) FROM path
WHERE %(ancestors)s::bigint[] IS NULL OR ancestor = ANY(%(ancestors)s::bigint[])
GROUP BY ancestor, descendant, depth
"""


class Pair(NamedTuple):
    """`descendant` stood `depth` steps below `ancestor` (0: itself) during `valid`."""

    ancestor: int
    descendant: int
    depth: int
    valid: Span


def known_then(known_at: datetime | None) -> Q:
    """Dated rows as known at the moment; None: as known now."""
    return Q(recorded__contains=known_at) if known_at else Q(recorded__upper_inf=True)


def within(hierarchy: str) -> Q:
    """Rows of the arrangement with this code; empty: of the line of management."""
    return Q(hierarchy__code=hierarchy) if hierarchy else Q(hierarchy__is_primary=True)


def pairs(
    *, hierarchy: str, days: Span, known_at: datetime | None = None, ancestors: Iterable[int] | None = None
) -> list[Pair]:
    """The closure of the tree during `days`, of these `ancestors` or all; one statement. `hierarchy`: its code, empty:
    the line of management.

    As known now it is kept (`UnitClosure`), since sight needs it at every step; as known earlier it is made from the
    placements that were recorded then.
    """
    above = None if ancestors is None else list(ancestors)
    asked = {"code": hierarchy, "days": DateRange(*days), "known": known_at, "ancestors": above}
    with connection.cursor() as cursor:
        cursor.execute(_KEPT if known_at is None else _PAIRS, asked)
        found = cursor.fetchall()
    return [Pair(above, below, depth, Span(d.lower or date.min, d.upper)) for above, below, depth, d in found]


def tree_on(*, hierarchy: str, on: date, known_at: datetime | None = None) -> dict[int, int | None]:
    """{unit: parent} on the day, as known at the moment."""
    rows = Placement.objects.filter(known_then(known_at), within(hierarchy), valid__contains=on)
    return dict(rows.values_list("unit", "parent"))


def first_places(*, hierarchy: str, after: date, known_at: datetime | None = None) -> dict[int, int | None]:
    """{unit: its first parent} of the units that came into the tree after the day."""
    rows = Placement.objects.filter(known_then(known_at), within(hierarchy))
    earlier = rows.filter(unit=OuterRef("unit"), valid__startswith__lte=after)
    later = rows.filter(~Exists(earlier), valid__startswith__gt=after).order_by("unit", "valid").distinct("unit")
    return dict(later.values_list("unit", "parent"))


def divisions(known_at: datetime | None = None) -> dict[int, list[Division]]:
    """Every division into several shares, by unit, the earliest first."""
    shares: dict[tuple[int, date], dict[int, Decimal]] = defaultdict(dict)
    rows = Succession.objects.filter(known_then(known_at)).order_by("on", "predecessor", "successor")
    for unit, on, heir, share in rows.values_list("predecessor", "on", "successor", "share"):
        shares[unit, on][heir] = share
    found: dict[int, list[Division]] = defaultdict(list)
    for (unit, on), heirs in shares.items():
        if len(heirs) > 1:
            found[unit].append(Division(unit, on, parts_of(heirs)))
    return dict(found)


def origins(known_at: datetime | None = None) -> dict[int, list[int]]:
    """{successor: those it first came from}."""
    first: dict[int, date] = {}
    found: dict[int, list[int]] = defaultdict(list)
    rows: Any = Succession.objects.filter(known_then(known_at)).order_by("on", "predecessor")
    for unit, on, heir in rows.values_list("predecessor", "on", "successor"):
        if unit != heir and first.setdefault(heir, on) == on:
            found[heir].append(unit)
    return dict(found)
