"""Our own gauges for Prometheus, read from the rows at the moment of the question."""

from __future__ import annotations

from django_q.models import OrmQ
from prometheus_client import CollectorRegistry, Gauge, generate_latest

from common import health


def gauges() -> bytes:
    """In the text format, to stand after what django-prometheus counts."""
    registry = CollectorRegistry()
    _outgoing(registry)
    age = Gauge("shopkeeper_heartbeat_age_seconds", "Since this part last moved", ["name"], registry=registry)
    for name, since in health.heartbeat_ages().items():
        age.labels(name).set(since.total_seconds())
    parked = Gauge("shopkeeper_parked_rows", "Failed too often to be tried again", ["stage"], registry=registry)
    for stage, number in health.parked_rows().items():
        parked.labels(stage).set(number)
    Gauge("shopkeeper_queue_tasks", "Tasks waiting or in hand", registry=registry).set(OrmQ.objects.count())
    return generate_latest(registry)


def _outgoing(registry: CollectorRegistry) -> None:
    due = Gauge("shopkeeper_outgoing_due", "Rows that should have left", ["kind"], registry=registry)
    oldest = Gauge("shopkeeper_outgoing_oldest_due_seconds", "How late the oldest is", ["kind"], registry=registry)
    sending = Gauge("shopkeeper_outgoing_sending", "Rows being handed over", ["kind"], registry=registry)
    unknown = Gauge("shopkeeper_outgoing_unknown", "Nobody can say if they left", ["kind"], registry=registry)
    for backlog in health.backlogs():
        due.labels(backlog.kind).set(backlog.due)
        oldest.labels(backlog.kind).set(backlog.oldest_due.total_seconds())
        sending.labels(backlog.kind).set(backlog.sending)
        unknown.labels(backlog.kind).set(backlog.unknown)
