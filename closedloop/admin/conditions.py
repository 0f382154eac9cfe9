"""The builder of conditions counts signals for whoever writes alert rules."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.utils import timezone

from closedloop.filters import SignalFilter
from closedloop.models import CustomerSignal
from common.conditions.places import Place, register


def signals_of(principal: Any) -> QuerySet[CustomerSignal]:
    return CustomerSignal.objects.visible_to(principal, "closedloop.view_customersignal")


def told(rows: list[CustomerSignal]) -> list[list[str]]:
    """When, the score, where, of whom: one query."""
    full = CustomerSignal.objects.select_related("unit", "customer").in_bulk([row.pk for row in rows])
    return [
        [
            f"{timezone.localtime(row.at):%d %b, %H:%M}", "" if row.score is None else str(row.score),
            row.text[:80], str(row.unit or ""), str(row.customer or ""),
        ]
        for row in (full[each.pk] for each in rows)
    ]  # fmt: skip


register(
    Place(
        name="signals",
        vocabulary=SignalFilter,
        function="closedloop.change_alertrule",
        noun="signal",
        rows=signals_of,
        columns=("When (UTC)", "Score", "Words", "Where", "Customer"),
        sample=told,
        at="at",
    )
)
