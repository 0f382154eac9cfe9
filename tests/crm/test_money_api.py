"""Money and offers by the API: sent, read back, refused, out of sight."""

from __future__ import annotations

import json
from decimal import Decimal

import pytest
from django.urls import reverse

from common.models import Load
from crm.models import Acquisition, FinancialRecord, LearnedDetail, OfferOutcome, ProfileDetail
from crm.services.holding import hold
from tests.api import Caller, errors
from tests.factories import crm as make
from tests.house.test_routes import signed_in
from tests.world import NOW


@pytest.fixture
def crm(world):
    return Caller(world.crm_secret)


@pytest.fixture
def station(world):
    return Caller(world.station_secret)


def record(world, **fields):
    return {"customer": world.ines.external_id, "period": "2026-10", "currency": "EUR", "revenue": "12.50", **fields}


def test_a_record_is_sent_and_read_back_to_the_cent(world, crm, station):
    assert crm.post("/financials", record(world, share_of_wallet=0.25)).status_code == 201
    key = f"{world.ines.external_id}|2026-10-01|EUR"
    row = crm.get(f"/financials/{key}").json()
    assert (row["revenue"], row["margin"], row["share_of_wallet"]) == ("12.500", None, "0.250000")
    assert (row["starts_on"], row["ends_before"]) == ("2026-10-01", "2026-11-01")
    assert crm.put(f"/financials/{key}", record(world, revenue="13")).json()["status"] == "updated"
    assert station.get("/financials").json()["results"] == []
    assert station.get(f"/financials/{key}").status_code == 404


def test_a_record_with_a_long_id_is_found_where_its_answer_says(world, crm):
    made = crm.post("/financials", record(world, product="p" * 80, account="a" * 120))
    assert made.status_code == 201
    assert crm.get(made["Location"].removeprefix("/api/v1")).json()["account"] == "a" * 120


def test_a_load_agrees_with_its_control_totals_or_is_refused(world, crm):
    items = [record(world), record(world, period="2026-09", revenue="0.01")]
    refused = crm.post("/financial-loads", {"items": items, "control": {"revenue": "12.52"}})
    assert refused.status_code == 422
    assert errors(refused) == [("control_total", "control.revenue")]
    assert FinancialRecord.objects.count() == 0
    taken = crm.post("/financial-loads", {"items": items, "control": {"revenue": "12.51", "rows": 2}})
    assert [row["status"] for row in taken.json()["results"]] == ["created", "created"]
    assert [load.counts.get("created") for load in Load.objects.order_by("pk")] == [None, 2]


def test_an_amount_of_fifteen_digits_written_as_a_number_is_stored_to_the_cent(world, crm):
    def body(period: str, amount: str) -> str:
        return json.dumps(record(world, period=period, revenue=0)).replace('"revenue": 0', f'"revenue": {amount}')

    amount, finer = "900000000000000.07", "900000000000000.070000000000001"
    load = '{"items": [%s], "control": {"revenue": %s}}'
    assert crm.post("/financials", body("2026-10", amount).encode()).status_code == 201
    assert crm.post("/financial-loads", (load % (body("2026-09", amount), amount)).encode()).status_code == 200
    off = (load % (body("2026-08", amount), "900000000000000.08")).encode()
    assert errors(crm.post("/financial-loads", off)) == [("control_total", "control.revenue")]
    assert errors(crm.post("/financials", body("2026-08", finer).encode())) == [("invalid", "revenue")]
    assert [row.revenue for row in FinancialRecord.objects.all()] == [Decimal(amount)] * 2


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ([], None),
        ({"items": []}, "control"),
        ({"control": {"rows": 0}, "items": []}, "items"),
        ({"control": {"rows": {}}, "items": [{}]}, "control"),
        ({"control": {"rows": 1}, "items": [1]}, "items.0"),
        ({"control": {"rows": 1}, "items": [{}], "extra": 1}, "extra"),
    ],
)
def test_a_load_that_makes_no_sense_is_refused(world, crm, body, field):
    refused = crm.post("/financial-loads", body)
    assert refused.status_code == 422
    assert field in {place for _, place in errors(refused)}
    assert FinancialRecord.objects.count() == 0


def test_a_referrer_out_of_sight_is_named_to_nobody(world, crm, station):
    mine = make.customer(given_name="Otto", unit=world.station)
    said = {"how": "referral", "referred_by": world.ines.external_id, "acquired_on": "2026-03-04"}
    assert crm.post("/acquisitions", {"customer": mine.external_id, **said}).status_code == 201
    assert crm.get(f"/acquisitions/{mine.external_id}").json()["referred_by"]["external_id"] == world.ines.external_id
    told = station.get(f"/acquisitions/{mine.external_id}").json()
    assert (told["how"], told["referred_by"]) == ("referral", None)
    assert world.ines.external_id not in station.get("/acquisitions").content.decode()
    row = Acquisition.objects.get()
    for page in (reverse("admin:crm_acquisition_changelist"), reverse("admin:crm_acquisition_change", args=[row.pk])):
        named = ["Moreau" in signed_in(who).get(page).content.decode() for who in (world.elsa, world.olivia)]
        assert named == [False, True]


def test_relationships_and_acquisitions_come_and_are_read(world, crm):
    ines = world.ines.external_id
    assert crm.post("/relationships", {"customer": ines, "joined_on": "2019-03-04"}).status_code == 201
    assert crm.post("/acquisitions", {"customer": ines, "how": "press", "acquired_on": "2019-03-04"}).status_code == 201
    assert crm.get(f"/relationships/{ines}").json()["joined_on"] == "2019-03-04"
    assert crm.get(f"/acquisitions/{ines}").json()["how"] == "press"
    assert errors(crm.post("/acquisitions", {"customer": ines})) == [("required", "acquired_on")]


@pytest.fixture
def gold(world, crm):
    crm.post("/offers", {"external_id": "gold", "name": "Gold card", "say": "It costs nothing in the first year."})
    crm.post("/customer-offers", {"customer": world.ines.external_id, "offer": "gold", "rank": 1})


def test_what_may_be_proposed_is_served_and_nothing_while_a_ticket_is_open(world, crm, station, gold):
    ProfileDetail.objects.create(code="birth", label="Year of birth", ask="When were you born?", place="zone")
    path = f"/customers/{world.ines.external_id}/offers"
    found = crm.get(path).json()
    assert [each["offer"]["external_id"] for each in found["proposals"]] == ["gold"]
    assert found["proposals"][0]["say"] == "It costs nothing in the first year."
    assert [each["code"] for each in found["details"]] == ["birth"]
    assert station.get(path).status_code == 404
    hold(customer=world.ines, cause="ticket:1", at=NOW.replace(year=2020))
    assert crm.get(path).json() == {"proposals": [], "details": [], "held_because": "open_ticket"}


def test_outcomes_and_what_was_learned_are_told_about_the_interaction(world, crm, station, gold):
    ProfileDetail.objects.create(code="birth", label="Year of birth", ask="When were you born?")
    place = f"/interactions/{world.interaction.external_id}"
    at = "2026-11-20T10:00:00+00:00"
    for status in ("created", "unchanged"):
        sent = crm.post(f"{place}/offer-outcomes", [{"offer": "gold", "outcome": "accepted", "at": at}])
        assert [row["status"] for row in sent.json()["results"]] == [status]
        sent = crm.post(f"{place}/learned-details", [{"detail": "birth", "value": "1975", "at": at}])
        assert [row["status"] for row in sent.json()["results"]] == [status]
    (row,) = crm.get(f"{place}/offer-outcomes").json()
    assert (row["offer"]["external_id"], row["outcome"]) == ("gold", "accepted")
    assert row["employee"]["external_id"] == world.jonas.external_id
    assert [row["value"] for row in crm.get(f"{place}/learned-details").json()] == ["1975"]
    assert station.post(f"{place}/offer-outcomes", [{"offer": "gold", "outcome": "declined"}]).status_code == 404
    assert (OfferOutcome.objects.get().outcome, LearnedDetail.objects.count()) == ("accepted", 1)
    assert errors(crm.post(f"{place}/offer-outcomes", {"offer": "gold"})) == [("not_a_list", None)]


def test_missing_details_are_told_in_a_list(world, crm):
    ProfileDetail.objects.create(code="income", label="Income", ask="What do you earn?")
    assert [row["code"] for row in crm.get("/profile-details").json()["results"]] == ["income"]
    item = {"customer": world.ines.external_id, "details": ["income"]}
    assert crm.post("/missing-details", [item]).json()["results"][0]["status"] == "created"
    path = f"/customers/{world.ines.external_id}/offers"
    assert [each["code"] for each in crm.get(path).json()["details"]] == ["income"]
