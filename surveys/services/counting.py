"""How many occasions of a unit were decided which way lately: by reason, and by employee."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import date, timedelta

from django.db.models import Count, QuerySet

from surveys.models import Decision, Reason

DAYS = 30


@dataclass(frozen=True)
class Counted:
    """`by_reason`: {program: {reason: n}}. `by_employee`: {name: {reason: n}}, "" for whoever is not known."""

    since: date
    by_reason: dict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    by_employee: dict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))


def count_reasons(decisions: QuerySet[Decision], *, today: date, days: int = DAYS) -> Counted:
    """Of `decisions` about what happened within `days`, in one statement. Occasions outside a program's condition do
    not count: they say nothing about how it asks."""
    counted = Counted(today - timedelta(days=days))
    recent = decisions.filter(occasion_day__gte=counted.since).exclude(reason=Reason.NOT_ELIGIBLE).order_by()
    rows = recent.values_list("program__name", "employee__name", "reason").annotate(Count("pk"))
    for program, employee, reason, n in rows:
        counted.by_reason[program][reason] += n
        counted.by_employee[employee or ""][reason] += n
    return counted
