"""Answers collected elsewhere, sent to the API."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from common.models import Load
from crm.models import ApiKey
from crm.services.merging import merge
from surveys.models import Answer, Message, Program, Response
from tests.api import Caller, errors
from tests.factories import crm as make
from tests.factories import surveys as ask
from tests.world import NOW, World


@pytest.fixture
def crm(world: World) -> Caller:
    ask.program(code="bought", kind=Program.Kind.COLLECTED)
    return Caller(world.crm_secret)


def item(world: World, **fields: Any) -> dict[str, Any]:
    return {
        "external_id": "a-1", "program": "bought", "unit": world.harbour.external_id, "score": 9, "channel": "kiosk",
        "answered_at": "2026-11-20T10:00:00+00:00", **fields,
    }  # fmt: skip


def test_an_answer_is_stored_with_what_it_refers_to(world: World, crm: Caller):
    sent = item(
        world, comment="Fine.", customer=world.ines.external_id, interaction=world.interaction.external_id,
        employee={"source": "hr", "external_id": "jonas"}, attributes={"till": 4, "note": None},
    )  # fmt: skip
    reply = crm.post("/responses", sent)
    assert (reply.status_code, reply.json()["status"]) == (201, "created")
    found = Response.objects.get()
    assert (found.source, found.external_id, found.score, found.category) == ("crm", "a-1", 9, "promoter")
    assert (found.customer, found.interaction, found.employee) == (world.ines, world.interaction, world.jonas)
    assert (found.comment, found.attributes, found.signalled_at) == ("Fine.", {"till": 4}, None)
    assert Answer.objects.count() == 2


def test_who_answered_is_not_asked_or_reminded_about_the_same_any_more(world: World, crm: Caller):
    visit = make.interaction(kind=world.visit, customer=world.ines, unit=world.harbour)
    about, other = (ask.invitation(interaction=each) for each in (world.interaction, visit))
    for invitation in (about, other):
        ask.message(invitation=invitation, kind="reminder")
    crm.post("/responses", item(world, customer=world.ines.external_id, interaction=world.interaction.external_id))
    assert list(Message.objects.order_by("pk").values_list("invitation", "state", "reply")) == [
        (about.pk, "cancelled", "the customer has answered by another way"),
        (other.pk, "pending", ""),
    ]


def test_answers_of_a_person_are_found_by_any_of_their_ids(world: World, crm: Caller):
    twin = make.customer(source="crm", external_id="twin", unit=world.harbour, email="i@example.org")
    crm.post("/responses", item(world, customer=world.ines.external_id))
    crm.post("/responses", item(world, external_id="a-2", customer="twin"))
    merge(kept=world.ines, merged=twin, at=NOW)
    for known in (world.ines.external_id, "twin"):
        found = crm.get("/responses", customer=known).json()["results"]
        assert sorted(row["external_id"] for row in found) == ["a-1", "a-2"]
    assert crm.get("/responses", customer="nobody").json()["results"] == []


def test_the_same_again_is_unchanged_and_another_answer_refused(world: World, crm: Caller):
    crm.post("/responses", item(world))
    reply = crm.post("/responses", item(world))
    assert (reply.status_code, reply.json()["status"]) == (200, "unchanged")
    reply = crm.post("/responses", item(world, score=2))
    assert (reply.status_code, errors(reply)) == (422, [("conflict", "external_id")])
    assert [r.score for r in Response.objects.all()] == [9]


def test_a_source_that_is_kept_for_public_links_is_refused_and_nothing_lost(world: World, crm: Caller):
    ApiKey.objects.update(source="public-link:0123")
    reply = crm.post("/responses", item(world))
    assert (reply.status_code, errors(reply)[0]) == (422, ("invalid", "source"))
    reply = crm.post("/responses", [item(world), item(world, external_id="a-2")])
    assert [row["status"] for row in reply.json()["results"]] == ["rejected", "rejected"]
    assert not Response.objects.exists()


@pytest.mark.parametrize("score", [11, -1, "9", True, 9.5, 9.0, None])
def test_scores_are_strict(world: World, crm: Caller, score: Any):
    reply = crm.post("/responses", item(world, score=score))
    assert (reply.status_code, errors(reply)[0][1]) == (422, "score")
    assert not Response.objects.exists()


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"program": "sold"}, "program"),
        ({"unit": "moon"}, "unit"),
        ({"answered_at": "2999-01-01T00:00:00+00:00"}, "answered_at"),
        ({"answered_at": "2026-11-20T10:00:00"}, "answered_at"),
        ({"category": "promoter"}, "category"),
        ({"external_id": ""}, "external_id"),
        ({"scale": {"low": 5, "high": 5}}, "scale.high"),
        ({"attributes": {"a": {"b": 1}}}, "attributes"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_stored(world: World, crm: Caller, fields: dict[str, Any], field: str):
    reply = crm.post("/responses", item(world, **fields))
    assert (reply.status_code, errors(reply)[0][1]) == (422, field)
    assert not Response.objects.exists()


def test_another_scale_has_no_category(world: World, crm: Caller):
    assert crm.post("/responses", item(world, score=5, scale={"low": 1, "high": 5})).status_code == 201
    found = Response.objects.get()
    assert (found.scale_min, found.scale_max, found.category) == (1, 5, "")


def test_a_list_is_taken_item_by_item_and_leaves_a_load(world: World, crm: Caller):
    sent = [item(world), item(world, external_id="a-2", score=11), item(world, external_id="a-3", score=3)]
    reply = crm.post("/responses", sent)
    assert [row["status"] for row in reply.json()["results"]] == ["created", "rejected", "created"]
    assert Load.objects.get().counts == {"received": 3, "created": 2, "rejected": 1}


def test_a_list_costs_the_same_number_of_queries_for_ten_and_for_two_hundred(world: World, crm: Caller):
    crm.post("/responses", item(world))  # notes the use of the key
    counts = []
    for start, many in ((0, 10), (1000, 200)):
        sent = [item(world, external_id=f"b-{start + number}") for number in range(many)]
        with CaptureQueriesContext(connection) as queries:
            crm.post("/responses", sent)
        counts.append(len(queries))
    assert counts[0] == counts[1]


def test_a_key_reaches_only_its_own_units(world: World, crm: Caller):
    crm.post("/responses", item(world))
    station = Caller(world.station_secret)
    assert errors(station.post("/responses", item(world, external_id="a-9"))) == [("unknown", "unit")]
    assert station.get("/responses").json()["results"] == []
    assert station.get("/responses/a-1").status_code == 404
    assert Response.objects.count() == 1


def test_answers_are_read_back(world: World, crm: Caller):
    crm.post("/responses", item(world))
    row = crm.get("/responses/a-1").json()
    assert (row["program"], row["unit"]["external_id"], row["score"]) == ("bought", world.harbour.external_id, 9)
    assert crm.get("/responses").json()["results"] == [row]


def test_without_the_scope_nothing_is_taken(world: World, crm: Caller):
    world.crm_key.scopes = ["scores:read"]
    world.crm_key.save()
    assert crm.post("/responses", item(world)).status_code == 403
    assert not Response.objects.exists()
