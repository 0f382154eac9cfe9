"""The builder of conditions counts signals for whoever writes alert rules."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.utils import timezone

from closedloop.filters import SignalFilter
from closedloop.models import CustomerSignal
from closedloop.services.trying import outcome_of
from common.conditions.places import Place, register
from common.text import number_of


def signals_of(principal: Any) -> QuerySet[CustomerSignal]:
    return CustomerSignal.objects.visible_to(principal, "closedloop.view_customersignal").heard()


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


def outcome(met: QuerySet[CustomerSignal]) -> str:
    """The dry run of a rule with this condition."""
    found = outcome_of(met)
    if found is None:
        return "How many alerts and tickets that makes was not counted: it would take too long."
    alerts, calls = number_of(found.alerts, "alert"), number_of(found.calls, "ticket")
    return f"A rule with this condition would have raised {alerts}, and opened {calls} at most if it opens tickets."


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
        shown=20,
        outcome=outcome,
        note="Alerts are one for each answer, however often it was changed; tickets one for each customer. The rule's"
        " program narrows this further.",
    )
)
