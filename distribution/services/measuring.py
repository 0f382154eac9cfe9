"""The part of a digest that is counted: the score with n, interval and verdict, and who was asked."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any

from django.db.models import Count, F, Q, QuerySet, Sum

from analytics.maths.intervals import adjusted_wald, difference
from analytics.maths.nps import Counts, nps
from analytics.maths.rounding import signed
from analytics.models import UnitDayScores
from common.models import State
from crm.models import UnitClosure
from distribution.mornings import Morning
from distribution.services.minding import last_30_days
from distribution.services.scoping import Scope
from surveys.models import Decision, Message, Reason

FEWEST = 10  # answers, for a score to be shown
PERIODS = (30, 90)  # days

Histogram = dict[tuple[int, date], Counts]  # (unit, local day) -> answers of the unit and all below it


def scores(scope: Scope) -> dict[int, dict[str, Any]]:
    """{"30": {...}, "90": {...}}: card of the last days with `before` (the days before those), `verdict` against them,
    `region` (the unit above) and `against_region` (compared with the rest of it)."""
    above = _units_above(scope)
    first = min(m.day for m in scope.mornings) - timedelta(days=2 * max(PERIODS))
    cells = _cells({m.unit_id for m in scope.mornings} | set(above.values()), first)
    return {
        m.unit_id: {str(days): _period(cells, m, days, above.get(m.unit_id)) for days in PERIODS}
        for m in scope.mornings
    }


def _units_above(scope: Scope) -> dict[int, int]:
    over = UnitClosure.objects.filter(
        descendant__in=[m.unit_id for m in scope.mornings], depth=1, hierarchy__is_primary=True,
        valid__contains=scope.at.date(),
    )  # fmt: skip
    return dict(over.values_list("descendant", "ancestor"))


def _cells(units: Iterable[int], first: date) -> dict[int, list[tuple[date, Counts]]]:
    """Counts of each local day since `first`, by unit, all below it included."""
    found: dict[int, list[tuple[date, Counts]]] = defaultdict(list)
    rows = (
        UnitDayScores.objects.filter(
            unit__closure_above__ancestor__in=units,
            unit__closure_above__hierarchy__is_primary=True,
            unit__closure_above__valid__contains=F("day"),
            day__gte=first,
        )
        .values("unit__closure_above__ancestor", "day")
        .annotate(
            detractors=Sum(sum((F(f"s{score}") for score in range(1, 7)), F("s0"))),
            passives=Sum(F("s7") + F("s8")),
            promoters=Sum(F("s9") + F("s10")),
        )
        .values_list("unit__closure_above__ancestor", "day", "detractors", "passives", "promoters")
    )
    for unit, day, *counts in rows:
        found[unit].append((day, Counts(*counts)))
    return found


def _sum(cells: Iterable[tuple[date, Counts]], start: date, end: date) -> Counts:
    inside = [counts for day, counts in cells if start <= day < end]
    return Counts(*(sum(column) for column in zip(*inside, strict=True))) if inside else Counts(0, 0, 0)


def _period(cells: dict[int, list[tuple[date, Counts]]], m: Morning, days: int, above: int | None) -> dict[str, Any]:
    start, before = m.day - timedelta(days=days), m.day - timedelta(days=2 * days)
    now, then = (_sum(cells[m.unit_id], *span) for span in ((start, m.day), (before, start)))
    region = _sum(cells[above], start, m.day) if above is not None else Counts(0, 0, 0)
    rest = Counts(*(all_ - own for all_, own in zip(region, now, strict=True)))
    return card(now) | {
        "before": card(then),
        "verdict": verdict(now, then, f"the {days} days before"),
        "region": card(region),
        "against_region": against(now, rest),
    }


def card(counts: Counts) -> dict[str, Any]:
    """{"n", "nps", "low", "high", "promoters", "passives", "detractors"}; no score and no shares under ten answers."""
    if counts.n < FEWEST:
        return {"n": counts.n, "nps": None, "low": None, "high": None}
    low, high = adjusted_wald(counts).clipped()
    return {"n": counts.n, "nps": nps(counts), "low": low, "high": high, **counts._asdict()}


def verdict(now: Counts, then: Counts, than: str) -> dict[str, str] | None:
    """Whether the score changed, in words; None where there is nothing to say."""
    if now.n < FEWEST:
        return None
    if then.n < FEWEST:
        return {"kind": "same", "text": f"Nothing to compare with: {then.n} answers in {than}"}
    found, was = difference(now, then), signed(nps(then))
    if found.verdict != "changed":
        return {"kind": "same", "text": f"Not detectable from {than}, was {was}"}
    return {"kind": "up" if found.points > 0 else "down", "text": f"Changed from {than}, was {was}"}


def against(own: Counts, rest: Counts) -> str:
    """How the unit stands to the rest of its region; empty if either has too few answers."""
    if own.n < FEWEST or rest.n < FEWEST:
        return ""
    found = difference(own, rest)
    if found.verdict != "changed":
        return "no difference to be seen"
    return "detectably above the rest of it" if found.points > 0 else "detectably below the rest of it"


def coverage(scope: Scope) -> dict[int, dict[str, Any]]:
    """Last 30 days: {"occasions", "reasons": {reason: n}, "asked", "handed_off", "failed", "unknown", "answered"}.
    Occasions are None when nothing was decided about (answers collected elsewhere): unknown, not zero."""
    decided = scope.deal(_decisions(scope), lambda row: row["unit"])
    sent = scope.deal(_messages(scope), lambda row: row["invitation__unit"])
    found = {}
    for m in scope.mornings:
        reasons: Counter[str] = Counter()
        for row in decided[m.unit_id]:
            reasons[row["reason"]] += row["n"]
        totals: Counter[str] = Counter()
        for row in sent[m.unit_id]:
            totals.update({name: row[name] for name in ("handed_off", "failed", "unknown", "answered")})
        asked = reasons.pop(Reason.ASKED, 0)
        found[m.unit_id] = {
            "occasions": sum(reasons.values()) + asked or None,
            "asked": asked,
            "reasons": dict(reasons.most_common()),
            **{name: totals[name] for name in ("handed_off", "failed", "unknown", "answered")},
        }
    return found


def _decisions(scope: Scope) -> QuerySet[Any, Any]:
    days: dict[date, set[int]] = defaultdict(set)
    for leaf, mornings in scope.leaves.items():
        for morning in mornings:
            days[morning.day].add(leaf)
    within = Q(pk__in=[])
    for day, units in days.items():
        within |= Q(unit__in=units, occasion_day__gte=day - timedelta(days=30), occasion_day__lt=day)
    return Decision.objects.filter(within).values("unit", "reason").annotate(n=Count("id"))


def _messages(scope: Scope) -> QuerySet[Any, Any]:
    """What became of the invitations that were to leave in the last 30 days."""
    asks = Message.objects.filter(
        scope.within(last_30_days, time="due_at", unit="invitation__unit"), kind=Message.Kind.ASK
    )
    return asks.values("invitation__unit").annotate(
        handed_off=Count("pk", filter=Q(state=State.HANDED_OFF)),
        failed=Count("pk", filter=Q(state=State.FAILED)),
        unknown=Count("pk", filter=Q(state=State.UNKNOWN)),
        answered=Count("pk", filter=Q(invitation__response__isnull=False)),
    )
