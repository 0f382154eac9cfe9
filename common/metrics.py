"""Our own gauges for Prometheus, read from the rows at the moment of the question."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import accumulate, groupby
from math import isinf

from django_q.models import OrmQ
from prometheus_client import CollectorRegistry, Gauge, Metric, generate_latest
from prometheus_client.core import HistogramMetricFamily
from prometheus_client.registry import Collector

from common import health
from common.models.dwell import BOUNDS, Dwell

_more: list[Callable[[CollectorRegistry], None]] = []


def add(gauges_of: Callable[[CollectorRegistry], None]) -> None:
    """Have an app above show gauges of its own. Called from its AppConfig.ready."""
    if gauges_of not in _more:
        _more.append(gauges_of)


def gauges() -> bytes:
    """In the text format, to stand after what django-prometheus counts."""
    registry = CollectorRegistry()
    _outgoing(registry)
    for gauges_of in _more:
        gauges_of(registry)
    registry.register(_Dwell())
    age = Gauge("shopkeeper_heartbeat_age_seconds", "Since this part last moved", ["name"], registry=registry)
    for name, since in health.heartbeat_ages().items():
        age.labels(name).set(since.total_seconds())
    parked = Gauge("shopkeeper_parked_rows", "Failed too often to be tried again", ["stage"], registry=registry)
    for stage, number in health.parked_rows().items():
        parked.labels(stage).set(number)
    Gauge("shopkeeper_queue_tasks", "Tasks waiting or in hand", registry=registry).set(OrmQ.objects.count())
    return generate_latest(registry)


class _Dwell(Collector):
    """A histogram by kind, as Prometheus wants it: each bucket holds those below it too."""

    def collect(self) -> Iterable[Metric]:
        words = "From first due to handed off"
        family = HistogramMetricFamily("shopkeeper_outgoing_dwell_seconds", words, labels=["kind"])
        for kind, rows in groupby(Dwell.objects.order_by("kind", "bound"), key=lambda row: row.kind):
            counted = {row.bound: row for row in rows}
            sizes = accumulate(counted[bound].number if bound in counted else 0 for bound in BOUNDS)
            buckets = [
                ("+Inf" if isinf(bound) else str(bound), number) for bound, number in zip(BOUNDS, sizes, strict=True)
            ]
            family.add_metric([kind], buckets, sum_value=sum(row.seconds for row in counted.values()))
        return [family]


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
