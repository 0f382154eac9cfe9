"""The builder of conditions counts customers for whoever writes an offer."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet

from common.conditions.places import Place, register
from crm.filters import CustomerFilter
from crm.models import Customer


def customers_of(principal: Any) -> QuerySet[Customer]:
    """Whom an offer can be given to: one row of each person."""
    return Customer.objects.visible_to(principal, "crm.view_customer").filter(canonical=None, erased_at=None)


def told(rows: list[Customer]) -> list[list[str]]:
    """Who, of which segment and language, at home where: one query."""
    full = Customer.objects.select_related("unit").in_bulk([row.pk for row in rows])
    return [[str(row), row.segment, row.language, str(row.unit or "")] for row in (full[each.pk] for each in rows)]


register(
    Place(
        name="customers",
        vocabulary=CustomerFilter,
        function="crm.change_offer",
        noun="customer",
        rows=customers_of,
        columns=("Customer", "Segment", "Language", "Home unit"),
        sample=told,
        at="",
    )
)
