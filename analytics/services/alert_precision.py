"""How often alerts that were guesses were right, by rule, as whoever closed the tickets says: tickets that speech
analytics opened, or a rule that goes by words or topics. docs/algorithms/alerting.md."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, Q

from analytics.maths.intervals import Interval
from analytics.maths.proportions import wilson
from closedloop.models import AlertRule, Closure, CustomerSignal, Ticket
from crm.sight import Principal

FUNCTION = "closedloop.view_alert"
DAYS = 365
FEWEST = 10  # judged tickets; with fewer the page says so


@dataclass(frozen=True)
class Precision:
    """Tickets of a rule that were closed: `judged` with a word on whether the alert was right, `right` of them that it
    was, `unsaid` without such a word."""

    rule: str
    judged: int
    right: int
    unsaid: int

    @property
    def share(self) -> float | None:
        return self.right / self.judged if self.judged else None

    @property
    def interval(self) -> Interval | None:
        """95 %, Wilson's."""
        return wilson(self.right, self.judged) if self.judged else None

    @property
    def is_sure(self) -> bool:
        return self.judged >= FEWEST


def precision_by_rule(*, principal: Principal, at: datetime, days: int = DAYS) -> list[Precision]:
    """Of tickets in sight that were closed in the last `days` and not taken up again, the rule with the most judged
    first; two queries, and those of sight."""
    guessing = [rule.pk for rule in AlertRule.objects.only("pk", "condition") if rule.guesses]
    guessed = Q(ticket__rule__in=guessing) | Q(ticket__origin__kind=CustomerSignal.Kind.SPEECH)
    seen = Ticket.objects.visible_to(principal, FUNCTION)
    closed = Closure.objects.filter(guessed, reopened_at=None, at__gt=at - timedelta(days=days), at__lte=at)
    rows = (
        closed.filter(ticket__in=seen, ticket__rule__isnull=False)
        .values("ticket__rule__name")
        .annotate(
            judged=Count("pk", filter=Q(alert_was_right__isnull=False)),
            right=Count("pk", filter=Q(alert_was_right=True)),
            unsaid=Count("pk", filter=Q(alert_was_right__isnull=True)),
        )
        .order_by("-judged", "ticket__rule__name")
    )
    return [Precision(row["ticket__rule__name"], row["judged"], row["right"], row["unsaid"]) for row in rows]
