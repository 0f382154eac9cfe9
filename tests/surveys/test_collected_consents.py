"""Permissions that came with answers collected elsewhere: kept with their evidence, or refused with a reason."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from common.models import Event
from crm.models import Consent, ConsentWord
from surveys.forms import BEST_TIMES
from surveys.models import Program, Response
from surveys.services.own_page.links import person_behind
from surveys.services.own_page.permitting import permit
from surveys.services.own_page.telling import Permission
from surveys.shapes import TIMES
from tests.api import Caller, errors
from tests.factories import crm as make_crm
from tests.factories import surveys as make
from tests.surveys.test_ingesting import item
from tests.world import World

SOON = (timezone.now() + timedelta(days=2)).isoformat()
SAID_AT = datetime(2026, 11, 20, 10, tzinfo=UTC)
QUOTE = {"purpose": "quote", "granted": True, "evidence": "Form 7"}
CALL = {"purpose": "callback", "granted": True, "evidence": "Recording 4711", "best_time": "morning"}


@pytest.fixture
def crm(world: World) -> Caller:
    make.program(code="bought", kind=Program.Kind.COLLECTED)
    return Caller(world.crm_secret)


def of_ines(world: World, *consents: dict[str, Any], **fields: Any) -> dict[str, Any]:
    return item(world, **{"customer": world.ines.external_id, "consents": list(consents), **fields})


def nothing_stored() -> bool:
    return not (Response.objects.exists() or ConsentWord.objects.exists() or Consent.objects.exists())


def test_what_was_allowed_stands_beside_the_answer_and_with_its_evidence_at_the_customer(world: World, crm: Caller):
    call = {**CALL, "phone": "020 7946 0958", "origin": "call", "wording": "script 3", "taken_by": "agent 12"}
    forward = {"purpose": "forward", "granted": False, "evidence": "Form 7", "at": "2026-11-20T10:05:00+00:00"}
    assert crm.post("/responses", of_ines(world, call, QUOTE, forward)).status_code == 201
    found = Response.objects.get()
    assert (found.callback, found.callback_phone, found.callback_time) == (True, "+442079460958", "morning")
    assert (found.may_quote, found.may_forward) == (True, False)
    steps = dict(found.answers.values_list("question", "value"))
    assert steps["callback"] == {"callback": True, "phone": "+442079460958", "time": "morning"}
    assert (steps["quote"], steps["may_forward"]) == (True, False)
    words = ConsentWord.objects.order_by("purpose").values_list(
        "customer", "channel", "purpose", "granted", "at", "origin", "wording", "source", "taken_by", "evidence"
    )
    assert [tuple(word) for word in words] == [
        (world.ines.pk, "phone", "callback", True, SAID_AT, "call", "script 3", "crm", "agent 12", "Recording 4711"),
        (world.ines.pk, "email", "forward", False, SAID_AT + timedelta(minutes=5), "import", "", "crm", "", "Form 7"),
        (world.ines.pk, "email", "quote", True, SAID_AT, "import", "", "crm", "", "Form 7"),
    ]
    assert sorted(Event.objects.filter(what__startswith="consent.").values_list("what", flat=True)) == [
        "consent.granted", "consent.granted", "consent.refused",
    ]  # fmt: skip
    row = crm.get("/responses/a-1").json()
    assert (row["callback"], row["may_quote"], row["may_forward"]) == (True, True, False)


def test_without_a_number_the_one_that_we_have_is_called(world: World, crm: Caller):
    assert crm.post("/responses", of_ines(world, CALL)).status_code == 201
    assert Response.objects.get().callback_phone == "+442079460471"


def test_the_same_again_is_unchanged_even_when_it_was_taken_back_since(world: World, crm: Caller):
    sent = of_ines(world, QUOTE)
    crm.post("/responses", sent)
    allowed = Permission("email", "quote", granted=True, said_at=None)
    permit(person=person_behind(world.ines.pk), permission=allowed, granted=False, at=timezone.now())  # type: ignore[arg-type]
    assert crm.post("/responses", sent).json()["status"] == "unchanged"
    assert Response.objects.get().may_quote is False
    assert Consent.objects.get().granted is False
    assert ConsentWord.objects.count() == 2


def test_another_permission_under_the_id_is_a_conflict(world: World, crm: Caller):
    crm.post("/responses", of_ines(world, QUOTE))
    for other in ([], [{**QUOTE, "granted": False}], [QUOTE, CALL]):
        assert errors(crm.post("/responses", of_ines(world, *other))) == [("conflict", "external_id")]
    assert Response.objects.get().may_quote is True
    assert ConsentWord.objects.count() == 1


def test_a_word_that_is_older_than_the_last_one_changes_nothing(world: World, crm: Caller):
    no = Permission("email", "quote", granted=True, said_at=None)
    permit(person=person_behind(world.ines.pk), permission=no, granted=False, at=SAID_AT + timedelta(days=1))  # type: ignore[arg-type]
    crm.post("/responses", of_ines(world, QUOTE))
    assert Consent.objects.get().granted is False
    assert ConsentWord.objects.count() == 2


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"customer": None}, ("required", "customer")),
        ({"consents": [QUOTE, QUOTE]}, ("invalid", "consents")),
        ({"consents": [{**QUOTE, "purpose": "survey"}]}, ("invalid_choice", "consents.0.purpose")),
        ({"consents": [{"purpose": "quote", "granted": True}]}, ("required", "consents.0.evidence")),
        ({"consents": [{**QUOTE, "evidence": ""}]}, ("blank", "consents.0.evidence")),
        ({"consents": [{**QUOTE, "granted": "yes"}]}, ("invalid", "consents.0.granted")),
        ({"consents": [{**QUOTE, "phone": "020 7946 0958"}]}, ("invalid", "consents.0.phone")),
        ({"consents": [{**CALL, "granted": False}]}, ("invalid", "consents.0.best_time")),
        ({"consents": [{**CALL, "best_time": "night"}]}, ("invalid_choice", "consents.0.best_time")),
        ({"consents": [QUOTE, {**CALL, "phone": "12"}]}, ("invalid", "consents.1.phone")),
        ({"consents": [{**QUOTE, "at": SOON}]}, ("future", "consents.0.at")),
        ({"consents": [{**QUOTE, "colour": "red"}]}, ("unknown", "consents.0.colour")),
    ],
)
def test_what_cannot_be_kept_is_refused_with_the_answer(world: World, crm: Caller, fields: Any, said: Any):
    reply = crm.post("/responses", of_ines(world, **({"consents": [QUOTE]} | fields)))
    assert (reply.status_code, errors(reply)) == (422, [said])
    assert nothing_stored()


def test_who_has_no_number_that_can_be_called_is_not_promised_a_call(world: World, crm: Caller):
    world.ines.contact_points.filter(channel__in=("phone", "sms")).delete()
    assert errors(crm.post("/responses", of_ines(world, CALL))) == [("invalid", "consents.0.phone")]
    assert nothing_stored()


def test_a_forward_that_the_further_question_contradicts_is_refused(world: World, crm: Caller):
    version = make.version(questions=[{"code": "pass-on", "kind": "forward"}])
    forward = {"purpose": "forward", "granted": True, "evidence": "Form 7"}
    sent = of_ines(world, forward, program=version.program.code, answers={"pass-on": False})
    assert errors(crm.post("/responses", sent)) == [("invalid", "consents.0.granted")]
    assert nothing_stored()
    assert crm.post("/responses", sent | {"answers": {"pass-on": True}}).status_code == 201
    assert Response.objects.get().may_forward is True


def test_a_list_costs_the_same_number_of_queries_for_ten_and_for_fifty(world: World, crm: Caller):
    crm.post("/responses", of_ines(world, CALL, QUOTE))
    people = [make_crm.customer(unit=world.harbour, phone=f"+4420794600{n:02}") for n in range(60)]
    counts = []
    for start, many in ((0, 10), (10, 50)):
        sent = [
            of_ines(world, CALL, QUOTE, external_id=f"b-{n}", customer=people[n].external_id)
            for n in range(start, start + many)
        ]
        with CaptureQueriesContext(connection) as queries:
            crm.post("/responses", sent)
        counts.append(len(queries))
    assert counts[0] == counts[1]
    assert Response.objects.filter(callback=True).count() == 61


def test_the_times_are_those_of_the_survey_page():
    assert tuple(code for code, _ in BEST_TIMES) == TIMES
