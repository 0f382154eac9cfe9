"""What Ines of the named cast brings and is offered, by the services: for the walk and whatever looks at it."""

from __future__ import annotations

from datetime import timedelta

from crm.models import ProfileDetail
from crm.services.money.ingesting import ingest_acquisitions, ingest_financials, ingest_relationships
from crm.services.offers.ingesting import ingest_customer_offers, ingest_offers
from crm.services.offers.telling import record_learned, record_outcomes
from tests.factories.crm import customer
from tests.world import NOW, World

REFERRER = "Ottoline Quill"


def earn(world: World) -> None:
    """Money of last month, a relationship, how she came, an offer that she took, and a detail that she told; and at
    Station, from where nobody sees her, somebody whom she brought."""
    ines = world.ines.external_id
    record = {"customer": ines, "period": "2026-10", "currency": "EUR", "revenue": "412.50", "margin": "61.10"}
    offer = {"external_id": "gold", "name": "Gold card", "say": "It costs nothing in the first year.", "holdout": "0.1"}
    ProfileDetail.objects.create(code="birth", label="Year of birth", ask="When were you born?", place="zone")
    otto = customer(given_name="Otto", family_name="Vale", unit=world.station)
    at, since = NOW - timedelta(hours=2), {"acquired_on": "2019-03-04"}
    for ingest, item in (
        (ingest_financials, record),
        (ingest_relationships, {"customer": ines, "joined_on": "2019-03-04"}),
        (ingest_acquisitions, {"customer": ines, "how": "referral", "referrer": REFERRER} | since),
        (ingest_acquisitions, {"customer": otto.external_id, "how": "referral", "referred_by": ines} | since),
        (ingest_offers, offer),
        (ingest_customer_offers, {"customer": ines, "offer": "gold", "rank": 1}),
    ):
        (result,) = ingest([item], source="crm", at=at)
        assert result.status == "created", result.errors
    about = {"interaction": world.interaction, "source": "crm", "at": at}
    record_outcomes(items=[{"offer": "gold", "outcome": "accepted"}], **about)
    record_learned(items=[{"detail": "birth", "value": "1975"}], **about)
