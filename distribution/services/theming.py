"""The part of a digest that says what customers talk about: one theme, or that none stands out."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from functools import partial
from typing import Any

from django.db.models import Count, F, Q

from distribution.mornings import Morning
from distribution.services.scoping import Scope
from distribution.themes import BEFORE, DAYS, Part, Talk, Theme, theme_of
from surveys.models import PassageTopic, Response
from surveys.scoring import Category

Rows = Iterable[dict[str, Any]]


def theme(scope: Scope) -> dict[int, dict[str, Any]]:
    """{"days", "before_days", "n", "before_n", "topics", "found"}: answers with words in the days told of and in those
    before, how many topics were compared, and the theme {"kind", "code", "name", "hits", "n", "other_hits", "other_n"}
    or None. Two queries."""
    answers = Response.objects.promoter_scale().filter(_both(scope, ""), passage__isnull=False)
    worded = scope.deal(_counted(scope, answers.values(where=F("unit")), ""), lambda row: row["where"])
    spoken = PassageTopic.objects.filter(
        _both(scope, "passage__response__"), removed=False, topic__active=True,
        passage__response__in=Response.objects.promoter_scale(),
    )  # fmt: skip
    by_topic = spoken.values("topic__code", "topic__name", where=F("passage__response__unit"))
    hits = scope.deal(_counted(scope, by_topic, "passage__response__"), lambda row: row["where"])
    return {m.unit_id: _told(worded[m.unit_id], hits[m.unit_id]) for m in scope.mornings}


def _now(morning: Morning) -> tuple[datetime, datetime]:
    return morning.last(DAYS)


def _earlier(morning: Morning) -> tuple[datetime, datetime]:
    return morning.last(DAYS + BEFORE)[0], morning.last(DAYS)[0]


def _whole(morning: Morning) -> tuple[datetime, datetime]:
    return morning.last(DAYS + BEFORE)


def _both(scope: Scope, path: str) -> Q:
    return scope.within(_whole, time=f"{path}answered_at", unit=f"{path}unit")


def _counted(scope: Scope, rows: Any, path: str) -> Any:
    within = partial(scope.within, time=f"{path}answered_at", unit=f"{path}unit")
    now, unhappy = within(_now), Q(**{f"{path}category": Category.DETRACTOR})
    return rows.annotate(
        now=Count("pk", filter=now),
        detractors=Count("pk", filter=now & unhappy),
        before=Count("pk", filter=within(_earlier)),
    ).order_by()


def _told(worded: Rows, hits: Rows) -> dict[str, Any]:
    now, detractors, before = _sums(worded)
    by_topic: dict[tuple[str, str], list[dict[str, Any]]] = defaultdict(list)
    for row in hits:
        by_topic[row["topic__code"], row["topic__name"]].append(row)
    talks = [
        Talk(code, name, Part(here, now), Part(unhappy, detractors), Part(earlier, before))
        for (code, name), rows in by_topic.items()
        for here, unhappy, earlier in [_sums(rows)]
    ]
    found, topics = theme_of(talks)
    told = {"days": DAYS, "before_days": BEFORE, "n": now, "before_n": before, "topics": topics}
    return told | {"found": _found(found) if found else None}


def _sums(rows: Rows) -> tuple[int, int, int]:
    """In the days told of, by detractors among these, and in the days before."""
    rows = list(rows)
    now, detractors, before = (sum(row[name] for row in rows) for name in ("now", "detractors", "before"))
    return now, detractors, before


def _found(theme: Theme) -> dict[str, Any]:
    return {
        "kind": theme.kind,
        "code": theme.code,
        "name": theme.name,
        "hits": theme.part.hits,
        "n": theme.part.n,
        "other_hits": theme.other.hits,
        "other_n": theme.other.n,
    }
