"""GET /api/v1/decisions: the ledger for machines, within the key's sight."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from crm.services.merging import merge
from surveys.services.triggering.running import run_trigger
from tests.factories import crm as make
from tests.factories import surveys as ask
from tests.world import NOW, World


def get(secret: str, **query: Any) -> Any:
    return Client(headers={"authorization": f"Bearer {secret}"}).get("/api/v1/decisions", query)


@pytest.fixture
def decided(world: World) -> World:
    ask.version(program=ask.program(code="visits"))
    make.interaction(kind=world.visit, customer=make.customer(email="b@example.org"), unit=world.station)
    run_trigger(at=NOW)
    return world


def test_a_decision_is_told_with_its_sentence_and_its_chance(decided: World):
    [row] = get(decided.crm_secret, customer=decided.ines.external_id, customer_source=decided.ines.source).json()[
        "results"
    ]
    assert row["why"] == "Asked: nothing spoke against it, and the program asks everybody."
    assert (row["program"], row["version"], row["occasion"], row["probability"]) == ("visits", 1, "interaction", 1.0)
    assert row["interaction"]["external_id"] == decided.interaction.external_id
    assert row["employee"]["external_id"] == decided.jonas.external_id


def test_filters_narrow_it(decided: World):
    secret = decided.crm_secret
    day = decided.interaction.occurred_at.date().isoformat()
    assert len(get(secret).json()["results"]) == 2
    assert len(get(secret, program="visits", reason="asked").json()["results"]) == 2
    assert get(secret, program="other").json()["results"] == []
    assert get(secret, reason="on_hold").json()["results"] == []
    assert len(get(secret, **{"from": day, "to": day}).json()["results"]) == 2
    assert get(secret, to="2020-01-01").json()["results"] == []
    one = {"interaction": decided.interaction.external_id, "interaction_source": decided.interaction.source}
    assert len(get(secret, **one).json()["results"]) == 1
    assert get(secret, customer="nobody").json()["results"] == []


def test_a_key_sees_its_own_subtree_alone(decided: World):
    assert [row["unit"]["external_id"] for row in get(decided.station_secret).json()["results"]] == [
        decided.station.external_id
    ]
    about = {"interaction": decided.interaction.external_id, "interaction_source": decided.interaction.source}
    assert get(decided.station_secret, **about).json()["results"] == []


@pytest.mark.parametrize(
    ("query", "field"), [({"reason": "tired"}, "reason"), ({"from": "then"}, "from"), ({"x": "1"}, "x")]
)
def test_what_cannot_be_read_is_refused(decided: World, query: dict[str, str], field: str):
    reply = get(decided.crm_secret, **query)
    assert (reply.status_code, reply.json()["errors"][0]["field"]) == (422, field)


def test_another_row_of_the_person_finds_them_too(decided: World):
    twin = make.customer(email="twin@example.org", unit=decided.harbour)
    merge(kept=decided.ines, merged=twin, at=NOW)
    assert len(get(decided.crm_secret, customer=twin.external_id, customer_source=twin.source).json()["results"]) == 1


def test_pages_follow_each_other_in_the_same_number_of_queries(decided: World):
    counts = []
    for number in (10, 60):
        for _ in range(number):
            make.interaction(kind=decided.visit, customer=decided.ines, unit=decided.harbour)
        run_trigger(at=NOW)
        get(decided.crm_secret, limit="5")
        with CaptureQueriesContext(connection) as queries:
            get(decided.crm_secret, limit="50")
        counts.append(len(queries))
    assert counts[0] == counts[1]
    page, seen = get(decided.crm_secret, limit="50").json(), 0
    while True:
        seen += len(page["results"])
        if page["next"] is None:
            break
        page = Client(headers={"authorization": f"Bearer {decided.crm_secret}"}).get(page["next"]).json()
    assert seen == 72
