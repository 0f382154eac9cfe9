"""What other systems notice: a heard call, a failure of our own."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from closedloop.models import Alert, CustomerSignal, Observation, Ticket
from closedloop.services.observing import ingest_speech
from closedloop.services.starting import set_up_defaults
from common.models import Event
from tests.api import Caller, errors
from tests.factories import closedloop as make
from tests.world import NOW, World

HEARD = {"filter": "kind", "value": "speech"}


def call(**changed: object) -> dict:
    return {
        "external_id": "call-1", "reason": "unresolved", "words": "The third call about it.", "confidence": "0.870",
        "occurred_at": (timezone.now() - timedelta(minutes=5)).isoformat(), "interaction": "%s",
        "recording": "https://calls.example.org/1", **changed,
    }  # fmt: skip


@pytest.fixture
def heard(world: World) -> dict:
    make.rule(code="heard", name="A call went wrong", condition=HEARD)
    return call(interaction=world.interaction.external_id)


def listen() -> None:
    make.listen(timezone.now())


def test_a_heard_call_opens_a_ticket_that_a_later_poor_score_joins(world: World, heard: dict):
    make.rule(code="poor", condition={"filter": "score__lte", "value": 6})
    response = Caller(world.crm_secret).post("/speech-signals", heard)
    listen()
    ticket = Ticket.objects.get()
    assert response.status_code == 201
    assert (ticket.customer, ticket.unit, ticket.owner) == (world.ines, world.harbour, world.helen)
    assert ticket.origin.observation.confidence == Decimal("0.870")
    assert ticket.brief["noticed"]["reason"] == "unresolved"
    assert ticket.brief["answer"]["score"] is None
    assert ticket.brief["say"][0].startswith("Say why you call")
    make.answer(world.interaction, score=3, comment="Nobody listens.", answered_at=timezone.now())
    listen()
    ticket = Ticket.objects.get()
    assert ticket.ticket_signals.count() == 2
    assert (ticket.brief["answer"]["score"], ticket.brief["noticed"]["reason"]) == (3, "unresolved")
    assert {alert.ticket for alert in Alert.objects.all()} == {ticket}
    page = Caller(world.crm_secret).get("/speech-signals/call-1").json()
    assert (page["ticket"], page["employee"]["external_id"]) == (str(ticket.public_id), world.jonas.external_id)
    assert Event.objects.get(what="observation.received").data == {"kind": "speech"}


def test_a_call_is_told_once(world: World, heard: dict):
    caller = Caller(world.crm_secret)
    statuses = [caller.post("/speech-signals", heard).json()["status"] for _ in range(2)]
    other = caller.post("/speech-signals", {**heard, "confidence": "0.100"})
    assert statuses == ["created", "unchanged"]
    assert (other.status_code, errors(other)) == (422, [("conflict", "external_id")])
    assert Observation.objects.get().confidence == Decimal("0.870")
    assert CustomerSignal.objects.count() == 1


def test_a_failure_of_ours_opens_the_same_kind_of_ticket(world: World):
    make.rule(
        condition={"all": [{"filter": "reason", "value": "late-payment"}, {"filter": "severity", "value": "major"}]}
    )
    failure = {
        "external_id": "f-1", "reason": "late-payment", "customer": world.ines.external_id,
        "unit": world.harbour.external_id, "occurred_at": timezone.now().isoformat(),
    }  # fmt: skip
    assert Caller(world.crm_secret).post("/operational-failures", failure).status_code == 201
    listen()
    assert Ticket.objects.get().origin.kind == "failure"


def test_a_new_house_calls_for_failures_and_for_calls_it_is_sure_of(world: World):
    set_up_defaults()
    at = {"unit": world.harbour.external_id, "interaction": None}
    for own, confidence in (("unsure", "0.699"), ("sure", "0.700")):
        Caller(world.crm_secret).post("/speech-signals", call(external_id=own, confidence=confidence, **at))
    listen()
    alert = Alert.objects.get()
    assert (alert.rule.code, alert.signal.observation.external_id, alert.ticket) == ("noticed", "sure", None)


def test_what_is_old_when_it_arrives_is_kept_and_alerts_nobody(world: World, heard: dict):
    item = {**heard, "occurred_at": (NOW - timedelta(days=8)).isoformat()}
    assert [result.status for result in ingest_speech([item], source="crm", at=NOW)] == ["created"]
    assert Observation.objects.exists()
    assert not CustomerSignal.objects.exists()


@pytest.mark.parametrize(
    ("changed", "error"),
    [
        ({"confidence": 0.87}, ("invalid", "confidence")),
        ({"confidence": "1.001"}, ("max_value", "confidence")),
        ({"interaction": None}, ("required", "unit")),
        ({"interaction": "nowhere"}, ("unknown", "interaction")),
        ({"occurred_at": "2099-01-01T00:00:00Z"}, ("future", "occurred_at")),
        ({"mood": "angry"}, ("unknown", "mood")),
    ],
)
def test_what_cannot_be_is_refused(world: World, heard: dict, changed: dict, error: tuple):
    response = Caller(world.crm_secret).post("/speech-signals", {**heard, **changed})
    assert (response.status_code, errors(response)) == (422, [error])
    assert not Observation.objects.exists()


def test_a_key_of_another_unit_neither_tells_nor_reads(world: World, heard: dict):
    other = Caller(world.station_secret)
    assert errors(other.post("/speech-signals", heard)) == [("unknown", "interaction")]
    Caller(world.crm_secret).post("/speech-signals", heard)
    assert other.get("/speech-signals/call-1").status_code == 404
    assert other.get("/speech-signals").json()["results"] == []
