"""Counting what came, by feed and day."""

from __future__ import annotations

from datetime import datetime

from django.db import connection, transaction

from common.claims import one_at_a_time
from common.models import Event
from crm.models import Delivery, Source
from crm.models.sources import LATE_HOURS

BATCH = 50_000


def count_in(*, kind: str, source: str, at: datetime, received: int, rejected: int) -> None:
    """Note that rows came: one small row, in the transaction of the rows themselves."""
    if received:
        Delivery.objects.create(source=source, kind=kind, at=at, received=received, rejected=rejected)


@transaction.atomic
def fold(*, at: datetime, limit: int = BATCH) -> int:
    """Add the oldest deliveries to the days of their feeds; how many. Systems and feeds that nobody described are taken
    down with their first rows. One at a time: two would wait for each other's days."""
    one_at_a_time("crm.feeds.fold")
    ids = list(Delivery.objects.order_by("pk").values_list("pk", flat=True)[:limit])
    if not ids:
        return 0
    with connection.cursor() as cursor:
        cursor.execute(_SOURCES, [ids])
        new = [pk for (pk,) in cursor.fetchall()]
        cursor.execute(_FEEDS, [LATE_HOURS, ids])
        cursor.execute(_DAYS, [ids])
    _tell_of(new, at)
    return len(ids)


def _tell_of(new: list[int], at: datetime) -> None:
    Event.objects.record_each("source.first_heard", {row: {} for row in Source.objects.filter(pk__in=new)}, at=at)


_SOURCES = """
INSERT INTO crm_source (code, name, contact, zone, created_at)
SELECT source, source, '', 'UTC', min(at) FROM crm_delivery WHERE id = ANY(%s) GROUP BY source
ON CONFLICT (code) DO NOTHING RETURNING id
"""
_FEEDS = """
INSERT INTO crm_feed (source_id, kind, columns, expected, learns, tolerance, late_hours, needs_totals, began_at)
SELECT s.id, d.kind, '{}', true, true, 50, %s, false, min(d.at)
FROM crm_delivery d JOIN crm_source s ON s.code = d.source WHERE d.id = ANY(%s) GROUP BY s.id, d.kind
ON CONFLICT (source_id, kind) DO NOTHING
"""
# the day is that of the system's own clock
_DAYS = """
WITH gone AS (DELETE FROM crm_delivery WHERE id = ANY(%s) RETURNING source, kind, at, received, rejected)
INSERT INTO crm_feedday AS held (feed_id, day, deliveries, received, rejected, last_at)
SELECT f.id, (g.at AT TIME ZONE s.zone)::date, count(*), sum(g.received), sum(g.rejected), max(g.at)
FROM gone g JOIN crm_source s ON s.code = g.source JOIN crm_feed f ON f.source_id = s.id AND f.kind = g.kind
GROUP BY 1, 2
ON CONFLICT (feed_id, day) DO UPDATE SET
    deliveries = held.deliveries + excluded.deliveries, received = held.received + excluded.received,
    rejected = held.rejected + excluded.rejected, last_at = greatest(held.last_at, excluded.last_at)
"""
