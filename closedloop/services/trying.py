"""A dry run: what an alert rule would have done with signals of the past, counted by the database within its time."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Count, Q, QuerySet, Value
from django.db.models.functions import Coalesce, Concat

from closedloop.models import CustomerSignal
from common.conditions.counting import PATIENCE, TookTooLong, bounded

NAMELESS = Q(customer__isnull=True) & ~Q(response__callback_phone="") & Q(response__isnull=False)


@dataclass(frozen=True)
class Outcome:
    """`alerts`: one for each answer or observation, however often it was revised. `calls`: at most so many tickets, one
    for each customer, and one for each unknown person who left a number; a customer whose ticket was closed meanwhile
    would have had another."""

    alerts: int
    calls: int


def outcome_of(met: QuerySet[CustomerSignal], *, patience: int = PATIENCE) -> Outcome | None:
    """Of the signals that met a condition; None where counting takes longer than `patience` (ms)."""
    source = Concat("kind", Value(":"), "source_id")
    try:
        with bounded(patience):
            found = met.order_by().aggregate(
                alerts=Count(source, distinct=True),
                people=Count(Coalesce("customer__canonical", "customer"), distinct=True),
                nameless=Count(source, distinct=True, filter=NAMELESS),
            )
    except TookTooLong:
        return None
    return Outcome(found["alerts"], found["people"] + found["nameless"])
