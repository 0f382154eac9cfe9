"""Scores by product, and of one product by unit: from the cells of products by month and the answers around them.

Response rate and coverage of a product stay unknown: an occasion that was not asked about is not tallied by product.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from analytics.maths.scorecards import Period, ScoreCard
from analytics.services.scoring import AS_WAS, View, in_sight
from analytics.services.tallying import Cut, Tally, products_tally
from crm.models import OrgUnit
from crm.sight import Principal


def scores_by_product(
    *, principal: Principal, unit: OrgUnit, period: Period, at: datetime, view: View = AS_WAS
) -> list[ScoreCard]:
    """A card for each product of the unit's answers, the most answers first; none out of sight."""
    if not in_sight(principal, [unit]):
        return []
    cut = Cut((unit.pk,), period, at.date(), view=view)
    found = products_tally(cut, "product", product__gt="")
    cards = [_card(product, product, cut, tally) for product, tally in found.items()]
    return sorted(cards, key=lambda card: (-card.n, card.label))


def scores_of_product(
    *, principal: Principal, product: str, units: Collection[OrgUnit], period: Period, at: datetime,
    view: View = AS_WAS,
) -> dict[int, ScoreCard]:  # fmt: skip
    """Cards of the product by unit id, in the order of `units`; units out of sight are left out."""
    seen = in_sight(principal, units)
    cut = Cut(tuple(seen), period, at.date(), view=view)
    found = products_tally(cut, "unit", product=product)
    return {pk: _card(str(pk), unit.name, cut, found.get(pk)) for pk, unit in seen.items()}


def _card(key: str, label: str, cut: Cut, found: Tally | None) -> ScoreCard:
    found = found or Tally()
    return ScoreCard(
        key=key, label=label, period=cut.period, counts=found.counts, loaded=found.loaded, previous=found.previous,
        running=cut.running,
    )  # fmt: skip
