"""A condition that can no longer be read stops its own program alone, and nothing is lost meanwhile."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.test import Client

from common.models import Event
from crm.models import OrgUnit
from surveys.models import Decision, ProgramVersion, SetAside, Turn
from surveys.services.designing.approving import decide, request_approval
from surveys.services.designing.publishing import publish
from surveys.services.explaining.answering import why_person
from surveys.services.rehearsing.requesting import request_rehearsal
from surveys.services.triggering.running import run_trigger
from tests.factories import crm as make
from tests.factories import surveys as ask
from tests.world import NOW, World

MINUTE = timedelta(minutes=1)


def at_harbour(world: World) -> dict[str, object]:
    return {"filter": "unit", "value": world.harbour.external_id}


def twin(world: World) -> OrgUnit:
    """Another system brings a unit with Harbour's id."""
    return make.unit(name="Twin", source="till", external_id=world.harbour.external_id)


def test_publishing_names_units_and_employees_by_their_source(world: World):
    condition = {"any": [at_harbour(world), {"filter": "employee", "value": [world.jonas.external_id]}]}
    part = {"name": "Harbour", "rate": "1", "condition": {"not": at_harbour(world)}}
    draft = ask.version(published=False, condition=condition, strata=[part])
    asked = request_approval(version=draft, at=NOW, by=world.olivia.user)
    twin(world)
    decide(approval=asked, granted=True, at=NOW, by=world.operator)
    publish(version=ProgramVersion.objects.get(pk=draft.pk), at=NOW)
    draft.refresh_from_db()
    unit, employee = (f"{row.source}/{row.external_id}" for row in (world.harbour, world.jonas))
    assert draft.condition == {"any": [{"filter": "unit", "value": unit}, {"filter": "employee", "value": [employee]}]}
    assert draft.strata[0]["condition"] == {"not": {"filter": "unit", "value": unit}}
    [run] = run_trigger(at=NOW)
    assert run.counts == {draft.program.code: {"asked": 1}}
    assert not SetAside.objects.exists()


def test_a_program_that_cannot_be_read_is_set_aside_while_the_others_go_on_and_comes_back(world: World):
    broken = ask.version(program=ask.program(code="broken"), condition=at_harbour(world))
    wave = ask.version(program=ask.program(code="wave", kind="relationship"), condition=at_harbour(world))
    turn = ask.turn(program=wave.program, customer=make.customer(email="w@example.org"), unit=world.harbour)
    ask.version(program=ask.program(code="sound"), quarantine_days=0, program_quarantine_days=0)
    other = twin(world)
    [run] = run_trigger(at=NOW)
    assert run.counts == {"sound": {"asked": 1}}
    assert run_trigger(at=NOW + MINUTE) == []  # and it is said once
    waiting = Turn.objects.get(program=broken.program)
    assert (waiting.interaction, waiting.triggered_at) == (world.interaction, None)
    assert {row.program.code for row in SetAside.objects.filter(ended_at=None)} == {"broken", "wave"}
    assert Event.objects.filter(what="program.set_aside").count() == 2
    told = why_person(world.ines, principal=world.operator, at=NOW + MINUTE).waiting
    assert [each.sentence for each in told] == [
        "No decision yet: waits until the condition of the program can be read again."
    ]
    day = (NOW - timedelta(days=2)).date()
    with pytest.raises(ValidationError, match="several units"):
        request_rehearsal(version=broken, first=day, last=day, at=NOW, by=world.operator)
    OrgUnit.objects.filter(pk=other.pk).update(external_id="till-7")
    run_trigger(at=NOW + 2 * MINUTE)
    turn.refresh_from_db()
    assert turn.triggered_at == NOW + 2 * MINUTE
    assert Decision.objects.get(program=broken.program).occasion == f"turn:{waiting.pk}"
    assert not SetAside.objects.filter(ended_at=None).exists()
    assert Event.objects.filter(what="program.taken_up_again").count() == 2


def test_the_console_warns_of_a_program_that_is_set_aside(world: World):
    version = ask.version(program=ask.program(name="Visits"), condition=at_harbour(world))
    ask.version(program=ask.program(name="Calls"))
    twin(world)
    run_trigger(at=NOW)
    client = Client()
    client.force_login(world.operator)
    assert "program is set aside: its condition cannot be read any more" in client.get("/admin/").content.decode()
    listed = client.get("/admin/surveys/program/", {"aside": "yes"}).content.decode()
    assert ("Visits" in listed, "Calls" in listed) == (True, False)
    page = client.get(f"/admin/surveys/program/{version.program_id}/change/").content.decode()
    assert "Set aside: it decides about nothing" in page
    assert "several units: write SOURCE/EXTERNAL_ID" in page
