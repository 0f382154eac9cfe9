"""The builder of conditions counts occasions: interactions of the last days, in the sight of whoever builds."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.utils import timezone

from common.conditions.places import Place, register
from crm.addresses import masked
from crm.models import ContactPoint, Interaction
from surveys.filters import OccasionFilter

SEEN = "crm.view_interaction"


def interactions_of(principal: Any) -> QuerySet[Interaction]:
    return Interaction.objects.visible_to(principal, SEEN)


def told(rows: list[Interaction]) -> list[list[str]]:
    """When, what, where, of whom, in two queries. Addresses are masked for everybody."""
    full = Interaction.objects.select_related("kind", "unit", "customer").in_bulk([row.pk for row in rows])
    points = ContactPoint.objects.filter(customer__in={row.customer_id for row in rows}).order_by("preferred", "pk")
    address = {point.customer_id: masked(point.channel, point.address) for point in points}
    return [
        [
            f"{timezone.localtime(row.occurred_at):%d %b, %H:%M}", row.kind.name, row.product, str(row.unit),
            str(row.customer), address.get(row.customer_id, ""),
        ]
        for row in (full[each.pk] for each in rows)
    ]  # fmt: skip


register(
    Place(
        name="occasions",
        vocabulary=OccasionFilter,
        function="surveys.view_programversion",
        noun="interaction",
        rows=interactions_of,
        columns=("When (UTC)", "What", "Product", "Where", "Customer", "Address"),
        sample=told,
        note="Of every kind, unless the condition names one: the kind that triggers the program narrows them.",
    )
)
