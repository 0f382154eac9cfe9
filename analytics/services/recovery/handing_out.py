"""The tables of the recovery page as a file: what it shows, unrounded; what is too little to be shown is empty."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from django.http import HttpResponseBase

from analytics.maths.recovery import Arm, Effect
from analytics.services.recovery.reporting import Report
from common.exports import Table, download
from common.models import Event

HEADER = [
    "Measure", "Comparison", "Currency", "Called", "n", "Others", "n of others", "Called minus others", "95 % low",
    "95 % high", "Bound, low", "Bound, high", "Verdict",
]  # fmt: skip


def tell_recovery(report: Report, file_format: str, *, by: Any, at: datetime) -> HttpResponseBase:
    """The file; the trail keeps who took it."""
    rows = list(recovery_rows(report))
    Event.objects.record("recovery.exported", subject=report.unit, by=by, at=at, rows=len(rows), format=file_format)
    return download(Table(f"recovery-{report.period.start}-{report.period.end}", HEADER, rows), file_format)


def recovery_rows(report: Report) -> Iterator[list[Any]]:
    """The ways of recovery, revenue, what a kept customer cost, and the naive rate."""
    against = f"lot of {report.study.code}" if report.study else "contacted late"
    called, others = report.called, report.others
    if not report.enough:
        return
    for name in ("reached", "resolved", "confirmed"):
        mine, theirs = getattr(called, name), getattr(others, name)
        yield [name, against, "", mine / called.n, called.n, theirs / others.n, others.n, *[None] * 6]
    yield ["left the detractors", against, "", *_pair(called.moved, others.moved), *_figures(report.moved)]
    yield ["still a customer", against, "", *_pair(called.stayed, others.stayed), *_figures(report.stayed)]
    if report.revenue:
        points, interval = report.revenue
        means = [called.revenue.mean, called.revenue.n, others.revenue.mean, others.revenue.n]
        yield ["revenue in 180 days", against, report.currency, *means, points, *interval, None, None, None]
    if report.price:
        ends = report.price.interval or (None, None)
        yield ["cost per kept customer", against, report.currency, *[None] * 4, report.price.points, *ends, *[None] * 3]
    yield ["naive rescue rate", against, "", report.naive, called.moved.known, report.naive_others, others.moved.known,
           *[None] * 6]  # fmt: skip


def _pair(called: Arm, others: Arm) -> list[Any]:
    return [called.share, called.n, others.share, others.n]


def _figures(effect: Effect | None) -> list[Any]:
    return [effect.points, *effect.interval, *effect.bounds, effect.verdict] if effect else [None] * 6
