"""Landed rows that were taken long ago go; what waits stays, however old."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.conf import settings

from crm.services.landing.tables import TABLES

BATCH = 10_000


def forget(*, at: datetime) -> int:
    """Remove rows taken more than LANDING_DAYS ago, batch by batch; how many."""
    before, gone = at - timedelta(days=settings.LANDING_DAYS), 0
    for table in TABLES.values():
        rows = table.model._base_manager
        while ids := list(rows.filter(taken_at__lt=before).order_by("taken_at").values_list("pk", flat=True)[:BATCH]):
            gone += rows.filter(pk__in=ids).delete()[0]
    return gone
