"""The shopkeeper's card: what it tells, to whom, on the page and by the API alike."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from crm.cards import sections
from crm.models import ApiKey, Hold, ProfileDetail
from crm.services.card.building import card_of
from crm.services.card.proposing import Chance
from crm.services.holding import hold
from crm.services.merging import merge
from crm.services.money.ingesting import ingest_financials
from crm.services.offers.ingesting import ingest_customer_offers, ingest_offers
from crm.services.offers.telling import record_learned
from tests.api import Caller, errors
from tests.factories import crm as make
from tests.house.test_routes import signed_in
from tests.walk import WORDS
from tests.world import NOW

LATER = NOW + timedelta(days=1)
OFFERS = "Offers: they are waiting for us to put something right."


@pytest.fixture
def world(walked):
    return walked[0]


@pytest.fixture
def found(walked):
    return walked[1]


def card(world, principal, customer=None, at=LATER):
    customer = customer or world.ines
    return card_of(source=customer.source, external_id=customer.external_id, principal=principal, at=at)


def told(card, name):
    return next(chapter.data for chapter in card.chapters if chapter.section.name == name)


def page(world, person):
    return signed_in(person).get(f"/customers/{world.ines.reference}/card/")


def answer(world, secret):
    return Caller(secret).get(f"/customers/{world.ines.external_id}/card")


def test_it_tells_the_last_words_and_what_was_promised(world, found):
    shown = card(world, world.helen.user)
    said, promised = told(shown, "voice").said[0], told(shown, "care").promises[0]
    assert (said.words, said.score, said.unit) == (WORDS, 2, "Harbour")
    assert (promised.reference, promised.owner, promised.asked_to_be_called) == (
        str(found.ticket.public_id), "Helen", True,
    )  # fmt: skip
    assert told(shown, "meetings").latest[0].employee == "Jonas"


def test_an_open_ticket_means_no_offer(world, found):
    assert OFFERS in card(world, world.helen.user).avoid


def test_page_and_api_say_the_same(world, found):
    shown, said = page(world, world.helen).content.decode(), answer(world, world.crm_secret).json()
    assert said["sections"]["voice"]["said"][0]["words"] == WORDS
    assert said["withheld"] == []
    for text in (WORDS, *said["do"], *said["avoid"], "ines@example.org", "Helen"):
        assert text.replace("'", "&#x27;") in shown


def test_every_registered_section_is_in_the_answer(world, found):
    assert list(answer(world, world.crm_secret).json()["sections"]) == [section.name for section in sections()]


@pytest.mark.parametrize("person", ["olivia", "rosa", "helen", "operator"])
def test_who_calls_customers_sees_all_of_it(world, found, person):
    user = getattr(getattr(world, person), "user", getattr(world, person))
    shown = card(world, user)
    assert shown.withheld == []
    assert {a.address for a in told(shown, "contact").addresses} == {"ines@example.org", "+442079460471"}


@pytest.mark.parametrize("role", ["analyst", "executive", "auditor"])
def test_who_only_reads_sees_addresses_masked(world, found, role):
    reader = make.employee(name=f"Reader {role}", unit=world.north, role=role)
    shown = card(world, reader.user)
    assert {a.address for a in told(shown, "contact").addresses} == {"i…@example.org", "… 71"}
    assert b"ines@example.org" not in page(world, reader).content


def test_an_employee_sees_whom_they_served_and_what_is_their_own(world, found):
    shown = card(world, world.jonas.user)
    assert told(shown, "voice").said[0].words == WORDS
    assert told(shown, "contact").addresses[0].address == "i…@example.org"
    other = make.employee(name="Mia", unit=world.harbour, role="employee")
    assert card(world, other.user) is None


def test_elsewhere_there_is_no_such_card(world, found):
    assert page(world, world.elsa).status_code == 404
    assert answer(world, world.station_secret).status_code == 404
    assert Client().get(f"/customers/{world.ines.reference}/card/").status_code == 302
    assert Caller().get(f"/customers/{world.ines.external_id}/card").status_code == 401


def test_a_key_without_the_scope_gets_none_and_without_the_tickets_none_of_those(world, found):
    _, none = ApiKey.issue(name="A", source="crm", scopes=["customers:write"], unit=world.head_office, at=NOW)
    key, some = ApiKey.issue(name="B", source="crm", scopes=["cards:read"], unit=world.head_office, at=NOW)
    assert errors(answer(world, none)) == [("permission_denied", None)]
    said = answer(world, some).json()
    assert (said["sections"]["care"], said["withheld"]) == (None, ["care", "worth"])
    assert said["sections"]["voice"]["said"][0]["words"] == WORDS
    assert OFFERS in card(world, key).avoid


def test_of_a_person_who_is_known_twice_each_branch_sees_its_own_part(world, found):
    twin = make.customer(given_name="Inès", unit=world.station, email="twin@example.org")
    make.interaction(kind=world.visit, customer=twin, unit=world.station, product="savings")
    merge(kept=twin, merged=world.ines, at=NOW)
    theirs = card(world, world.elsa.user, twin)
    assert told(theirs, "voice").said == []
    assert told(theirs, "care").promises == []
    assert [row.product for row in told(theirs, "meetings").latest] == ["savings"]
    assert [row.address for row in told(theirs, "contact").addresses] == ["twin@example.org"]
    assert OFFERS in theirs.avoid  # a hold counts whoever set it
    assert card(world, world.elsa.user, world.ines) is None
    ours = card(world, world.olivia.user, world.ines)
    assert {row.product for row in told(ours, "meetings").latest} == {"savings", "current account"}


@pytest.fixture
def twin(world, found):
    """A row of Ines at Station, with an address and money there."""
    row = make.customer(given_name="Inès", unit=world.station, email="twin@example.org")
    merge(kept=world.ines, merged=row, at=NOW)
    record = {"customer": row.external_id, "period": "2026-10", "currency": "EUR", "revenue": "1000"}
    assert ingest_financials([record], source="crm", at=NOW)[0].status == "created"
    return row


def test_an_address_is_whole_only_on_the_rows_for_which_that_is_theirs_to_see(world, twin):
    reader = make.employee(name="Asta", unit=world.head_office, role="analyst")
    make.assignment(reader, unit=world.station, role="branch")
    shown = {a.address for a in told(card(world, reader.user), "contact").addresses}
    assert shown == {"i…@example.org", "… 71", "twin@example.org"}
    assert b"ines@example.org" not in page(world, reader).content


def test_money_under_a_row_out_of_sight_is_not_added_up(world, twin):
    (ours,) = told(card(world, world.helen.user), "worth").amounts
    (theirs,) = told(card(world, world.elsa.user, twin), "worth").amounts
    (all_of_it,) = told(card(world, world.olivia.user), "worth").amounts
    assert [ours.revenue, theirs.revenue, all_of_it.revenue] == [Decimal("412.50"), Decimal(1000), Decimal("1412.50")]


def test_nothing_about_us_is_asked_while_there_has_been_a_death(world, found):
    asking = "Listen first: they gave 2 on 24 November. Ask whether it has been put right."
    before = card(world, world.helen.user).do
    hold(customer=world.ines, kind=Hold.Kind.BEREAVEMENT, cause="desk", at=NOW)
    assert card(world, world.helen.user).do == [line for line in before if line != asking] != before


def test_a_call_that_they_asked_for_stands_instead_of_the_channel_that_is_usually_best(world, found):
    shown = card(world, world.helen.user)
    assert "Call them: they asked for it." in shown.do
    assert not [line for line in shown.do if line.startswith("Reach them")]
    found.ticket.close(outcome="no_action", summary="said so", by=None, at=LATER)
    assert "Reach them by telephone." in card(world, world.helen.user, at=LATER + timedelta(minutes=1)).do


def test_what_they_told_us_in_a_conversation_stands_on_the_card_and_the_customers_page(world, found):
    detail = ProfileDetail.objects.create(code="birth_year", label="Year of birth", ask="In which year?")
    item = {"detail": "birth_year", "value": "1971"}
    record_learned(interaction=world.interaction, items=[item], source="crm", at=NOW)
    shown = told(card(world, world.helen.user), "learned").details
    known = next(row for row in shown if row.detail == "birth_year")
    assert (known.detail, known.label, known.value, known.at) == (detail.code, "Year of birth", "1971", NOW)
    assert "1971" in page(world, world.helen).content.decode()
    console = signed_in(world.olivia).get(f"/admin/crm/customer/{world.ines.pk}/change/").content.decode()
    assert "Year of birth" in console
    assert "1971" in console


def test_an_offer_is_told_unless_a_ticket_is_open(world, found):
    assert told(card(world, world.helen.user), "offer") == Chance("open_ticket")
    found.ticket.close(outcome="no_action", summary="said so", by=None, at=LATER)
    ingest_offers([{"external_id": "safe", "name": "Safe box", "say": "It is free."}], source="crm", at=NOW)
    ingest_customer_offers([{"customer": world.ines.external_id, "offer": "safe"}], source="crm", at=NOW)
    later = card(world, world.helen.user, at=LATER + timedelta(minutes=1))
    best = told(later, "offer").offers[0]
    assert (best.code, f"Next best offer: {best.name}." in later.do) == ("safe", True)


def test_worth_is_told_to_whom_it_concerns_and_unknown_is_not_zero(world, found):
    assert told(card(world, world.helen.user), "worth").known
    assert told(card(world, world.jonas.user), "worth") is None
    stranger = make.customer(unit=world.harbour)
    nothing = told(card(world, world.helen.user, stranger), "worth")
    assert (nothing.known, nothing.amounts) == (False, [])
    assert "unknown" in signed_in(world.helen).get(f"/customers/{stranger.reference}/card/").content.decode()


def test_the_number_of_queries_does_not_follow_the_history(world, found):
    def queries():
        with CaptureQueriesContext(connection) as ran:
            assert card(world, world.crm_key).withheld == []
        return len(ran)

    few = queries()
    for number in range(60):
        make.interaction(kind=world.visit, customer=world.ines, unit=world.harbour, external_id=f"more-{number}")
    assert queries() == few
    assert few <= 20


@pytest.mark.parametrize("named", ["nobody", "crm:", ":", "crm:c-0", "crm:\x01"])
def test_an_address_that_names_nobody_is_not_found(world, named):
    assert signed_in(world.olivia).get(f"/customers/{named}/card/").status_code == 404
