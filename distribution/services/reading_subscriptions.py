"""What somebody's page says of the views that come to them by mail."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db.models import OuterRef, Subquery

from analytics.maths.nps import Counts, nps
from analytics.maths.rounding import signed
from analytics.maths.scorecards import SCORE_FROM
from common.models import User
from crm.sight import Principal
from distribution.models import Subscription, SubscriptionRun
from distribution.services.subscribing import spoken

MOST = 100  # of one person; the newest


@dataclass(frozen=True)
class Row:
    """A subscription, when it comes in words, and its newest time."""

    row: Subscription
    when: str
    run: SubscriptionRun | None

    @property
    def looked(self) -> str:
        """What the newest look found; empty if there was none."""
        return said_of(self.run) if self.run and self.run.look else ""


def own_subscriptions(reader: Principal) -> list[Row]:
    """Those of the reader, what has not ended first; two queries."""
    if not isinstance(reader, User):
        return []
    newest = SubscriptionRun.objects.filter(subscription=OuterRef("pk")).order_by("-day").values("pk")[:1]
    mine = Subscription.objects.filter(employee__user=reader).select_related("view")
    rows: list[Any] = list(mine.annotate(newest=Subquery(newest)).order_by("-pk")[:MOST])
    runs = SubscriptionRun.objects.in_bulk([row.newest for row in rows if row.newest])
    told = [Row(row, spoken(row), runs.get(row.newest or 0)) for row in rows]
    return sorted(told, key=lambda each: each.row.state == "ended")


def said_of(run: SubscriptionRun) -> str:
    look = run.look or {}
    before, now = Counts(**look["before"]), Counts(**look["now"])
    if look["p"] is None:
        return f"too few answers to compare: {now.n} since, {before.n} before; {SCORE_FROM} each are needed"
    figures = f"{signed(nps(before))} (n {before.n}) before, {signed(nps(now))} (n {now.n}) since"
    return f"changed: {figures}" if run.told else f"cannot be told from noise: {figures}"
