"""What became of an offer, said on the shopkeeper's card by who may."""

from __future__ import annotations

from datetime import timedelta

import pytest

from crm.models import Offer, OfferOutcome
from crm.services.offers.ingesting import ingest_customer_offers, ingest_offers
from tests.factories import crm as make
from tests.house.test_routes import signed_in
from tests.world import NOW


@pytest.fixture
def offered(world):
    """Ines may be proposed a safe box."""
    ingest_offers([{"external_id": "safe", "name": "Safe box", "say": "It is free."}], source="crm", at=NOW)
    ingest_customer_offers([{"customer": world.ines.external_id, "offer": "safe"}], source="crm", at=NOW)
    return Offer.objects.get(external_id="safe")


def address(world, more=""):
    return f"/customers/{world.ines.reference}/card/{more}"


def say(world, person, offered, **said):
    data = {"offer": offered.pk, "outcome": "accepted", "meeting": world.interaction.pk, **said}
    return signed_in(person).post(address(world, "outcomes/"), data)


def test_whoever_works_there_records_it_with_the_conversation(world, offered):
    assert b"Record it" in signed_in(world.helen).get(address(world)).content
    assert say(world, world.helen, offered).status_code == 302
    row = OfferOutcome.objects.get()
    assert (row.offer, row.interaction, row.outcome) == (offered, world.interaction, "accepted")
    assert (row.employee, row.source) == (world.helen, "console")
    assert b"No offer for them." in signed_in(world.helen).get(address(world)).content


def test_who_only_reads_may_not_say(world, offered):
    reader = make.employee(name="Reader", unit=world.north, role="analyst")
    assert b"Record it" not in signed_in(reader).get(address(world)).content
    assert say(world, reader, offered).status_code == 403
    assert say(world, world.elsa, offered).status_code == 404
    assert OfferOutcome.objects.count() == 0


@pytest.mark.parametrize("said", [{"outcome": ""}, {"outcome": "bought"}, {"offer": 0}, {"meeting": 0}])
def test_what_is_missing_or_unknown_records_nothing_and_says_so(world, offered, said):
    answer = say(world, world.helen, offered, **said)
    assert (answer.status_code, b'class="err"' in answer.content) == (200, True)
    assert OfferOutcome.objects.count() == 0


def test_only_conversations_of_the_customer_in_sight_are_offered(world, offered):
    other = make.customer(unit=world.harbour)
    theirs = make.interaction(kind=world.visit, customer=other, unit=world.harbour)
    elsewhere = make.interaction(
        kind=world.visit, customer=world.ines, unit=world.station, occurred_at=NOW - timedelta(hours=2)
    )
    for meeting in (theirs, elsewhere):
        assert say(world, world.helen, offered, meeting=meeting.pk).status_code == 200
    assert OfferOutcome.objects.count() == 0
