"""The tables of the worth and offers pages as files, for a spreadsheet: what the page shows, in its order, unrounded;
what is too little to be shown is empty here too."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from django.http import HttpResponseBase

from analytics.maths.groups import Group, Reading
from analytics.maths.scorecards import COUNTS_FROM, ScoreCard
from analytics.services.worth.comparing import OfferReport
from analytics.services.worth.reading import Report
from common.exports import Table, download
from common.models import Event

WORTH = [
    "Table", "Currency", "Category", "Mean or share", "95 % low", "95 % high", "n", "Promoters minus detractors",
    "Gap, 95 % low", "Gap, 95 % high", "Verdict",
]  # fmt: skip
OFFERS = [
    "Table", "Offer", "Name", "Score", "95 % low", "95 % high", "n", "Made", "Share accepted", "Share, 95 % low",
    "Share, 95 % high", "Accepted", "Declined", "Later",
]  # fmt: skip


def tell_worth(report: Report, file_format: str, *, by: Any, at: datetime) -> HttpResponseBase:
    """The file; the trail keeps who took it."""
    rows = list(worth_rows(report))
    Event.objects.record("worth.exported", subject=report.unit, by=by, at=at, rows=len(rows), format=file_format)
    return download(Table(f"worth-{report.period.starts_on}-{report.period.ends_before}", WORTH, rows), file_format)


def tell_offers(report: OfferReport, file_format: str, *, by: Any, at: datetime) -> HttpResponseBase:
    """The file; the trail keeps who took it."""
    rows = list(offer_rows(report))
    Event.objects.record("offers.exported", subject=report.unit, by=by, at=at, rows=len(rows), format=file_format)
    return download(Table(f"offers-{report.period.start}-{report.period.end}", OFFERS, rows), file_format)


def worth_rows(report: Report) -> Iterator[list[Any]]:
    """A line for each category of each measure, the gap beside the promoters; then how new customers came."""
    for reading in report.readings:
        for group in reading.groups:
            gap = _gap(reading) if group.category == "promoter" else [None] * 4
            yield [reading.measure, reading.currency, group.category, *_figures(group), *gap]
    for how, number in report.heard.ranked if report.heard.n >= COUNTS_FROM else ():
        yield ["first heard", "", how, None, None, None, number, *[None] * 4]


def _figures(group: Group) -> list[Any]:
    return [group.mean, group.low, group.high, group.n if group.n >= COUNTS_FROM else None]


def _gap(reading: Reading) -> list[Any]:
    gap = reading.gap
    return [gap.points, gap.interval.low, gap.interval.high, gap.verdict] if gap else [None] * 4


def offer_rows(report: OfferReport) -> Iterator[list[Any]]:
    """Arms of each offer, scores with and without one, what became of each."""
    for trial in report.trials:
        for card in (trial.offered, trial.held_out):
            yield ["by lot", trial.offer.external_id, card.label, *_score(card), *[None] * 7]
    for card in report.scores:
        yield ["with and without", "", card.label, *_score(card), *[None] * 7]
    for row in report.taken:
        low, high = (row.interval.low, row.interval.high) if row.interval else (None, None)
        outcomes = [row.made, row.share, low, high, row.accepted if row.interval else None, row.declined, row.later]
        yield ["taken", row.offer.external_id, row.offer.name, *[None] * 4, *outcomes]


def _score(card: ScoreCard) -> list[Any]:
    return [card.nps, card.low, card.high, card.n]
