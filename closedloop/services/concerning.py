"""Whom an initiative's matter concerns, counted from what they told us."""

from __future__ import annotations

from datetime import datetime
from typing import Any, NamedTuple

from django.db.models import Count, Exists, OuterRef, Q, QuerySet
from django.db.models.functions import Coalesce

from closedloop.affected import AffectedFilter
from closedloop.models import CustomerSignal
from common.conditions import compile_condition
from crm.models import OrgUnit


class Concerned(NamedTuple):
    """Customers, each once, merged rows as one person; and signals of which nobody knows whose they are."""

    customers: int
    anonymous: int


def concerned(*, condition: Any, unit: OrgUnit, since: datetime, until: datetime) -> Concerned:
    """Who told us from `since` (included) to `until` at the unit or below it, as it stands at the end, what the
    condition says; an answer as it was last given. One statement. WrongCondition if the condition cannot be read."""
    rows = signals_under(unit, at=until).filter(at__gte=since, at__lt=until)
    rows = rows.filter(compile_condition(condition, AffectedFilter))
    person = Coalesce("customer__canonical", "customer")
    found = rows.aggregate(
        customers=Count(person, distinct=True), anonymous=Count("pk", filter=Q(customer__isnull=True))
    )
    return Concerned(**found)


def signals_under(unit: OrgUnit, *, at: datetime) -> QuerySet[CustomerSignal]:
    """Signals at or below the unit, of each answer the last revision alone."""
    later = CustomerSignal.objects.filter(
        kind=OuterRef("kind"), source_id=OuterRef("source_id"), revision__gt=OuterRef("revision")
    )
    below = OrgUnit.objects.under(unit, on=at.date())
    return CustomerSignal.objects.filter(~Exists(later), unit__in=below.values("pk"))
