"""What an alert rule has led to, counted."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db.models import Count

from closedloop.models import AlertRule, Raising
from crm.sight import Principal

DAYS = 30


@dataclass(frozen=True)
class Row:
    """How often a rule met a signal with this outcome, in words."""

    state: str
    why: str
    n: int


@dataclass(frozen=True)
class Became:
    """The outcomes of the last `days`; they add up to `total`, the meetings of the rule with a signal."""

    days: int = DAYS
    rows: list[Row] = field(default_factory=list)

    @property
    def total(self) -> int:
        return sum(row.n for row in self.rows)


def became_of(rule: AlertRule, *, principal: Principal, at: datetime) -> Became:
    """What became of the rule's meetings with signals in sight; one query."""
    seen = Raising.objects.visible_to(principal, "closedloop.view_alert").filter(rule=rule)
    counted = seen.filter(at__gt=at - timedelta(days=DAYS)).values_list("state", "why").annotate(n=Count("pk"))
    rows = [
        Row(Raising.State(state).label, str(Raising.Why(why).label), n)
        for state, why, n in sorted(counted, key=lambda row: (list(Raising.State).index(row[0]), -row[2]))
    ]
    return Became(rows=rows)
