"""What became of an offer, said by one of our own people on the card."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from crm.models import Employee, Interaction, Offer
from crm.services.arriving import ItemResult
from crm.services.card.building import Card
from crm.services.card.proposing import Chance
from crm.services.offers.telling import record_outcomes

FUNCTION = "crm.add_offeroutcome"
SOURCE = "console"  # of what people say on our own pages
MEETINGS = 5


def chances_of(card: Card) -> tuple[Sequence[Offer], Sequence[Interaction]]:
    """Offers that the card proposes, best first, and the last conversations in sight in which one may have been made;
    both empty for who may not record it, or if there is none of either."""
    subject = card.subject
    codes = [offer.code for data in (chapter.data for chapter in card.chapters) if isinstance(data, Chance)
             for offer in data.offers]  # fmt: skip
    if not codes or not subject.within(FUNCTION, "offers:write"):
        return (), ()
    seen = Interaction.objects.visible_to(subject.principal, subject.function(FUNCTION))
    rows = seen.filter(customer__in=subject.rows).select_related("kind", "unit")
    meetings = list(rows.order_by("-occurred_at", "-pk")[:MEETINGS])
    offers = Offer.objects.in_force(subject.at.date()).filter(external_id__in=codes)
    best_first = sorted(offers, key=lambda offer: codes.index(offer.external_id)) if meetings else []
    return best_first, meetings


def note_outcome(*, interaction: Interaction, offer: Offer, outcome: str, by: Any, at: datetime) -> ItemResult:
    """`by`: the user who proposed it  on our pages; whoever served the customer, if no employee signs in as them."""
    who = Employee.objects.filter(user=by.pk).first()
    item = {"offer": _ref(offer), "outcome": outcome, **({"employee": _ref(who)} if who else {})}
    (result,) = record_outcomes(interaction=interaction, items=[item], source=SOURCE, at=at)
    return result


def _ref(row: Offer | Employee) -> dict[str, str]:
    return {"source": row.source, "external_id": row.external_id}
