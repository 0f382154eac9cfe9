"""The API of asking by hand and of what callers allowed before they were served."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from common.models import Event
from surveys.models import PreConsent, Program, Turn
from tests.api import Caller, errors
from tests.factories import surveys as ask
from tests.world import World


@pytest.fixture
def wished(world: World) -> dict:
    program = ask.program(code="after-care", kind=Program.Kind.MANUAL)
    ask.version(program=program)
    return {"program": "after-care", "interaction": world.interaction.external_id, "why": "She came back to thank us."}


def test_a_system_asks_for_its_staff_and_the_key_is_kept(world: World, wished: dict):
    response = Caller(world.crm_secret).post("/turns", wished)
    assert (response.status_code, response.json()["key"]) == (201, f"wish:interaction:{world.interaction.pk}")
    assert Turn.objects.get().by is None
    assert Event.objects.get(what="turn.wished").data["via"] == f"apikey:{world.crm_key.pk}"


def test_wished_again_the_first_wish_is_the_answer(world: World, wished: dict):
    Caller(world.crm_secret).post("/turns", wished)
    response = Caller(world.crm_secret).post("/turns", {**wished, "why": "Ask her!"})
    assert (response.status_code, response.json()["why"]) == (200, "She came back to thank us.")


def test_a_person_with_the_function_asks_with_their_session(world: World, wished: dict):
    client = Client()
    client.force_login(world.jonas.user)
    about = {"source": "crm", "external_id": world.interaction.external_id}
    response = client.post("/api/v1/turns", {**wished, "interaction": about}, content_type="application/json")
    assert response.status_code == 201, response.content
    assert Turn.objects.get().by == world.jonas.user


@pytest.mark.parametrize(
    ("changed", "error"),
    [
        ({"interaction": "nothing"}, ("unknown", "interaction")),
        ({"program": "parcels"}, ("unknown", "program")),
        ({"customer": "c-1"}, ("invalid", "interaction")),
        ({"why": " "}, ("blank", "why")),
        ({"colour": 1}, ("unknown", "colour")),
    ],
)
def test_what_cannot_be_wished_is_refused_by_field(world: World, wished: dict, changed: dict, error: tuple):
    response = Caller(world.crm_secret).post("/turns", {**wished, **changed})
    assert response.status_code == 422
    assert errors(response) == [error]
    assert not Turn.objects.exists()


def test_a_key_of_another_unit_asks_nobody_here(world: World, wished: dict):
    response = Caller(world.station_secret).post("/turns", wished)
    assert (response.status_code, errors(response)) == (422, [("unknown", "interaction")])
    assert not Turn.objects.exists()


def caller(**changed: object) -> dict:
    return {"call": "call-77", "granted": True, "asked_at": timezone.now().isoformat(), **changed}


def test_what_a_caller_allowed_is_kept_with_its_moments(world: World):
    response = Caller(world.crm_secret).post("/pre-consents", caller())
    word = PreConsent.objects.get()
    assert response.status_code == 201
    assert (word.source, word.call, word.granted) == ("crm", "call-77", True)
    assert word.asked_at <= word.received_at
    assert Event.objects.get(what="pre_consent.heard").data == {"granted": True, "via": "crm"}


def test_the_first_word_about_a_call_stands(world: World):
    Caller(world.crm_secret).post("/pre-consents", caller(granted=False))
    response = Caller(world.crm_secret).post("/pre-consents", caller())
    assert (response.status_code, response.json()["granted"]) == (200, False)
    assert PreConsent.objects.get().granted is False
    assert Event.objects.filter(what="pre_consent.heard").count() == 1


@pytest.mark.parametrize(
    ("changed", "error"),
    [
        ({"granted": "perhaps"}, ("invalid", "granted")),
        ({"asked_at": (timezone.now() + timedelta(hours=1)).isoformat()}, ("future", "asked_at")),
        ({"call": ""}, ("blank", "call")),
    ],
)
def test_a_word_that_cannot_be_is_refused(world: World, changed: dict, error: tuple):
    response = Caller(world.crm_secret).post("/pre-consents", caller(**changed))
    assert (response.status_code, errors(response)) == (422, [error])
    assert not PreConsent.objects.exists()
