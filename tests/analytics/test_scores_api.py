"""GET /api/v1/scores."""

from datetime import date

import pytest

from analytics.services.filling import fill
from tests.factories import analytics as make
from tests.world import NOW

DAY = date(2026, 10, 10)
OCTOBER = {"from": "2026-10-01", "to": "2026-10-31"}


@pytest.fixture
def answers(world):
    make.answers(unit=world.harbour, scores=[3] * 20 + [7] * 30 + [10] * 50, on=DAY)
    make.answers(unit=world.mill, scores=[10] * 4, on=DAY, channel="link")
    fill(at=NOW)


def ask(client, secret, **parameters):
    return client.get("/api/v1/scores", parameters, headers={"Authorization": f"Bearer {secret}"})


def test_a_key_reads_the_score_of_its_unit_with_everything_that_belongs_to_it(client, world, answers):
    body = ask(client, world.crm_secret, unit=world.harbour.external_id, **OCTOBER).json()
    (score,) = body["scores"]
    assert body["unit"] == {"source": "crm", "external_id": world.harbour.external_id, "name": "Harbour"}
    assert (score["n"], score["nps"], score["detractors"], score["loaded"]) == (100, 30.0, 20, 100)
    assert score["low"] == pytest.approx(14.0511, abs=1e-4)
    assert (score["response_rate"], score["coverage"], score["change"]) == (None, None, None)
    assert body["response_rate_is"].startswith("RR2")


@pytest.mark.parametrize(
    ("by", "expected"),
    [("unit", [("Harbour", 100), ("Mill", 4)]), ("channel", [("email", 100), ("link", 4)]),
     ("program", [("Branch visits", 104)]), ("month", [("Oct 2026", 104)])],
)  # fmt: skip
def test_a_unit_is_told_by_its_parts(client, world, answers, by, expected):
    body = ask(client, world.crm_secret, unit=world.north.external_id, by=by, **OCTOBER).json()
    assert [(score["label"], score["n"]) for score in body["scores"]] == expected


def test_four_answers_show_neither_score_nor_counts(client, world, answers):
    (score,) = ask(client, world.crm_secret, unit=world.mill.external_id, **OCTOBER).json()["scores"]
    assert (score["n"], score["shown"]) == (4, "nothing")
    assert {score[name] for name in ("nps", "low", "high", "promoters", "passives", "detractors")} == {None}


def test_without_a_unit_the_highest_in_sight_is_meant(client, world, answers):
    assert ask(client, world.station_secret).json()["unit"]["name"] == "Station"
    assert ask(client, world.crm_secret).json()["unit"]["name"] == "Head office"


def test_a_unit_out_of_sight_is_not_there(client, world, answers):
    response = ask(client, world.station_secret, unit=world.harbour.external_id)
    assert response.status_code == 404
    assert "Harbour" not in response.content.decode()


def test_people_signed_in_see_what_their_role_lets_them(client, world, answers):
    client.force_login(world.helen.user)
    assert client.get("/api/v1/scores", OCTOBER).json()["scores"][0]["n"] == 100
    client.force_login(world.elsa.user)
    assert client.get("/api/v1/scores", {"unit": world.harbour.external_id}).status_code == 404
    client.force_login(world.jonas.user)
    assert client.get("/api/v1/scores").status_code == 403


def test_nobody_signed_in_sees_nothing(client, world, answers):
    assert client.get("/api/v1/scores").status_code == 401


def test_a_key_without_the_scope_is_refused(client, world, answers):
    world.crm_key.scopes = ["interactions:write"]
    world.crm_key.save()
    assert ask(client, world.crm_secret).status_code == 403


@pytest.mark.parametrize(
    ("parameters", "field", "message"),
    [({"from": "yesterday"}, "from", "Give a date such as 2026-11-22."),
     ({"from": "2026-11-02", "to": "2026-11-01"}, "from", "The first day must not be after the last day."),
     ({"from": "1999-01-01"}, "from", "A period may have at most 3660 days."),
     ({"to": "0001-01-01"}, "from", "A period may have at most 3660 days."),
     ({"from": "9999-12-31"}, "from", "Give a day before the year 3000."),
     ({"known_at": "9999-12-31T23:59:59-14:00"}, "known_at", "This lies in the future."),
     ({"known_at": "0001-01-01T00:00:00+14:00"}, "known_at", "Nothing is known before 1900."),
     ({"to": "2026-02-30"}, "to", "Give a date such as 2026-11-22."),
     ({"by": "weekday"}, "by", "Give one of unit, program, channel, month."),
     ({"as_of": "will"}, "as_of", "Give was, is or day."),
     ({"program": "nope"}, "program", "There is no program with this code."),
     ({"unit": ["1", "2"]}, "unit", "Give this parameter once."),
     ({"unti": "1"}, "unti", "Unknown parameter.")],
)  # fmt: skip
def test_a_wrong_parameter_is_named(client, world, parameters, field, message):
    response = ask(client, world.crm_secret, **parameters)
    assert response.status_code == 422
    (error,) = response.json()["errors"]
    assert (error["type"], error["field"], error["message"]) == ("validation", field, message)


def test_an_id_that_two_sources_use_needs_its_source(client, world, answers):
    world.mill.source, world.mill.external_id = "hr", world.harbour.external_id
    world.mill.save()
    asked = {"unit": world.harbour.external_id}
    assert ask(client, world.crm_secret, **asked).json()["errors"][0]["field"] == "source"
    assert ask(client, world.crm_secret, source="hr", **asked).json()["unit"]["name"] == "Mill"
