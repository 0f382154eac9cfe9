"""The insights page's tables as one file, for a spreadsheet."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from django.http import HttpResponseBase

from analytics.maths.scorecards import ScoreCard
from analytics.services.exploring import Insight
from common.exports import Table, download
from common.models import Event

HEADER = [
    "Table", "Id", "Name", "From", "To", "Score", "95 % low", "95 % high", "n", "Promoters", "Passives", "Detractors",
    "Collected elsewhere", "Response rate", "Coverage", "Score before",
]  # fmt: skip


def table_of(insight: Insight) -> Table:
    """What the page shows, in its order: the unit itself, months (the newest first), units below, programs, channels.
    Unrounded; what is too little to be shown is empty here too."""
    return Table(f"insights-{insight.card.period.start}-{insight.card.period.end}", HEADER, _rows(insight))


def tell_insight(insight: Insight, file_format: str, *, by: Any, at: datetime) -> HttpResponseBase:
    """The file; the trail keeps who took it."""
    table = table_of(insight)
    rows = [list(row) for row in table.rows]
    Event.objects.record("insights.exported", subject=insight.unit, by=by, at=at, rows=len(rows), format=file_format)
    return download(Table(table.name, table.header, rows), file_format)


def _rows(insight: Insight) -> Iterator[list[Any]]:
    parts = (
        ("unit", [insight.card]), ("month", list(reversed(insight.months))), ("units below", insight.units),
        ("program", insight.programs), ("channel", insight.channels),
    )  # fmt: skip
    for name, cards in parts:
        for card in cards:
            yield [name, *_figures(card)]


def _figures(card: ScoreCard) -> list[Any]:
    counts = card.visible_counts
    each = [counts.promoters, counts.passives, counts.detractors] if counts else [None] * 3
    return [
        card.key, card.label, card.period.start, card.period.end, card.nps, card.low, card.high, card.n, *each,
        card.loaded, card.response_rate, card.coverage, card.previous_nps,
    ]  # fmt: skip
