"""The part of a digest that is counted: the score with n, interval and verdict, and who was asked."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from django.db.models import Count, QuerySet

from analytics.maths.intervals import Z_RUNNING, difference
from analytics.maths.nps import Counts
from analytics.maths.rounding import signed
from analytics.maths.scorecards import SCORE_FROM, Period, ScoreCard
from analytics.services.tallying import Cut, Tally, tally
from analytics.wording import NO_SURPRISE, no_comparison
from analytics.wording import before as before_of
from common.models import State
from crm.models import UnitClosure
from distribution.services.minding import last_30_days
from distribution.services.scoping import Scope
from surveys.models import InboundMail, Message

PERIODS = (30, 90)  # days

Cards = dict[tuple[int, date, int], ScoreCard]  # (unit, local day, days) -> the card of the days before that day


def measures(scope: Scope) -> tuple[dict[int, dict[str, Any]], dict[int, dict[str, Any]]]:
    """Scores and coverage, by unit.

    Scores: {"30": {...}, "90": {...}}, card of the last days with `verdict` against the days before, `region` (the unit
    above) and `against_region` (compared with the rest of it). Coverage, last 30 days: {"occasions", "asked",
    "reasons", "invited", "answered", "failed"}; occasions are None when nothing was decided about (answers collected
    elsewhere): unknown, not zero.
    """
    above = _units_above(scope)
    cards = _cards(scope, above)
    failed = scope.deal([*_refused(scope), *_bounced(scope)], lambda row: row["invitation__unit"])
    scores, coverage = {}, {}
    for m in scope.mornings:
        own = {days: cards[m.unit_id, m.day, days] for days in PERIODS}
        region = {days: cards.get((above.get(m.unit_id, 0), m.day, days)) for days in PERIODS}
        scores[m.unit_id] = {str(days): _period(own[days], region[days]) for days in PERIODS}
        coverage[m.unit_id] = _coverage(own[PERIODS[0]]) | {"failed": sum(row["n"] for row in failed[m.unit_id])}
    return scores, coverage


def _units_above(scope: Scope) -> dict[int, int]:
    over = UnitClosure.objects.filter(
        descendant__in=[m.unit_id for m in scope.mornings], depth=1, hierarchy__is_primary=True,
        valid__contains=scope.at.date(),
    )  # fmt: skip
    return dict(over.values_list("descendant", "ancestor"))


def _cards(scope: Scope, above: Mapping[int, int]) -> Cards:
    """Of every unit and the one above it; six queries for each local day among the mornings (hardly ever two)."""
    units_of: dict[date, set[int]] = defaultdict(set)
    for m in scope.mornings:
        units_of[m.day] |= {m.unit_id} | ({above[m.unit_id]} if m.unit_id in above else set())
    found: Cards = {}
    for day, units in units_of.items():
        for days in PERIODS:
            period = Period(day - timedelta(days=days), day - timedelta(days=1))
            tallies = tally(Cut(tuple(sorted(units)), period, scope.at.date()), "unit")
            found |= {(unit, day, days): card_of(unit, period, tallies) for unit in units}
    return found


def card_of(unit_id: int, period: Period, tallies: Mapping[int, Tally]) -> ScoreCard:
    """Of days that move on with every morning."""
    found = tallies.get(unit_id) or Tally()
    return ScoreCard(
        key=str(unit_id), label="", period=period, counts=found.counts, loaded=found.loaded, asking=found.asking,
        previous=found.previous, running=True,
    )  # fmt: skip


def _period(own: ScoreCard, region: ScoreCard | None) -> dict[str, Any]:
    return figures(own) | {
        "previous": own.previous_nps,
        "previous_n": own.previous.n if own.previous else 0,
        "verdict": verdict(own),
        "region": figures(region) if region else None,
        "against_region": against(own.counts, region.counts) if region else "",
    }


def figures(card: ScoreCard) -> dict[str, Any]:
    """{"n", "nps", "low", "high", "counts"}; None for what is not to be shown of so few answers."""
    counts = card.visible_counts
    return {
        "n": card.n,
        "nps": card.nps,
        "low": card.low,
        "high": card.high,
        "counts": counts._asdict() if counts else None,
    }


def verdict(card: ScoreCard) -> dict[str, str] | None:
    """Whether the score changed against as many days before, in words; None without a score."""
    if card.nps is None:
        return None
    before = before_of(card)
    if card.change is None or card.previous_nps is None:
        return {"kind": "same", "text": f"{no_comparison(card)} with in {before}"}
    was = signed(card.previous_nps)
    if card.verdict != "changed":
        told = f"{NO_SURPRISE} against" if card.change.alone else "Not detectable from"
        return {"kind": "same", "text": f"{told} {before}, was {was}"}
    return {"kind": "up" if card.change.points > 0 else "down", "text": f"Changed from {before}, was {was}"}


def against(own: Counts, region: Counts) -> str:
    """How the unit stands to the rest of its region; empty if either has too few answers."""
    rest = Counts(*(whole - part for whole, part in zip(region, own, strict=True)))
    if min(own.n, rest.n) < SCORE_FROM or min(rest) < 0:
        return ""
    found = difference(own, rest, Z_RUNNING)
    if found.verdict != "changed":
        return "no difference to be seen"
    return "detectably above the rest of it" if found.points > 0 else "detectably below the rest of it"


def _coverage(card: ScoreCard) -> dict[str, Any]:
    asking = card.asking
    return {
        "occasions": asking.eligible or None,
        "asked": asking.asked,
        "reasons": dict(sorted(asking.reasons.items(), key=lambda item: -item[1])),
        "invited": asking.invited,
        "answered": asking.answered,
    }


def _refused(scope: Scope) -> QuerySet[Any, Any]:
    """Invitations of the last 30 days that no mail server would take."""
    asks = Message.objects.filter(
        scope.within(last_30_days, time="due_at", unit="invitation__unit"), kind=Message.Kind.ASK, state=State.FAILED
    )
    rows: QuerySet[Any, Any] = asks.values("invitation__unit").annotate(n=Count("pk"))
    return rows


def _bounced(scope: Scope) -> QuerySet[Any, Any]:
    """Invitations that a mail server took and sent back in the last 30 days, for good or for now."""
    back = InboundMail.objects.filter(
        scope.within(last_30_days, time="received_at", unit="invitation__unit"),
        verdict__in=[InboundMail.Verdict.BOUNCE, InboundMail.Verdict.SOFT_BOUNCE],
    )
    rows: QuerySet[Any, Any] = back.values("invitation__unit").annotate(n=Count("invitation", distinct=True))
    return rows
