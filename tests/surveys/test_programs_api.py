"""Programs and their versions over the API: to read, with their own scope, without the seed of the lot."""

from __future__ import annotations

import pytest
from django.test import Client

from crm.models import ApiKey
from tests.api import Caller
from tests.factories import crm as make
from tests.factories import surveys as ask
from tests.world import NOW, World


def test_a_program_tells_which_version_is_in_force(world: World):
    program = ask.version(program=ask.program(code="visits")).program
    ask.version(program=program, published=False, priority=7, decides="daily", decides_at="15:00")
    asking = Caller(world.crm_secret)
    assert asking.get("/programs/visits").json()["version"] == 1
    assert [row["code"] for row in asking.get("/programs").json()["results"]] == ["visits"]
    rows = asking.get("/programs/visits/versions").json()["results"]
    assert [(row["priority"], row["decides"], row["decides_at"]) for row in rows] == [
        (100, "at_once", None), (7, "daily", "15:00:00"),
    ]  # fmt: skip


def test_versions_are_read_with_their_state_and_without_their_seed(world: World):
    program = ask.version(
        program=ask.program(code="visits"), seed="a-secret-seed", interaction_kind=world.visit
    ).program
    ask.version(program=program)
    ask.version(program=program, published=False)
    said = Caller(world.crm_secret).get("/programs/visits/versions")
    rows = said.json()["results"]
    assert [(row["number"], row["state"]) for row in rows] == [(1, "replaced"), (2, "in_force"), (3, "draft")]
    assert (rows[0]["interaction_kind"], rows[1]["interaction_kind"]) == (world.visit.code, None)
    assert "seed" not in said.content.decode()


@pytest.mark.parametrize("path", ["/programs", "/programs/visits", "/programs/visits/versions"])
def test_a_key_needs_the_scope_and_a_person_the_function(world: World, path: str):
    ask.version(program=ask.program(code="visits"))
    _, secret = ApiKey.issue(name="Till", source="till", scopes=["interactions:write"], unit=world.head_office, at=NOW)
    assert Caller(secret).get(path).status_code == 403
    client = Client()
    client.force_login(world.helen.user)
    assert client.get(f"/api/v1{path}").status_code == 403
    analyst = make.employee(name="Ada", unit=world.station, role="analyst").user
    client.force_login(analyst)
    assert client.get(f"/api/v1{path}").status_code == (403 if "versions" in path else 200)


def test_a_code_that_nobody_knows_is_not_found(world: World):
    asking = Caller(world.crm_secret)
    for path in ("/programs/none", "/programs/none/versions"):
        assert asking.get(path).status_code == 404
    assert asking.get("/programs?colour=red").status_code == 422
