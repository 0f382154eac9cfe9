"""What crm shows Prometheus."""

from __future__ import annotations

from django.utils import timezone
from prometheus_client import CollectorRegistry, Gauge

from crm.models import Silence


def silent_feeds(registry: CollectorRegistry) -> None:
    """For how long each silent feed has been; a feed that is well has no line."""
    words = "How long a feed has been silent"
    gauge = Gauge("shopkeeper_feed_silent_seconds", words, ["source", "kind"], registry=registry)
    at = timezone.now()
    for silence in Silence.objects.filter(ended_at=None).select_related("feed__source"):
        feed = silence.feed
        gauge.labels(feed.source.code, feed.kind).set((at - silence.since).total_seconds())
