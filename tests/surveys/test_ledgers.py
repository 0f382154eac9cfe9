"""The ledgers add up at any moment between two transactions."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connection, transaction

from crm.models import Interaction
from surveys.models import ContactLedger, Decision, Invitation, RunCount, Turn
from surveys.services.ledgers import Identity, check_identities
from surveys.services.triggering.running import decide_turns, run_trigger
from tests.factories import crm as make
from tests.factories import surveys as ask
from tests.world import NOW, World, build_world


def test_an_empty_house_adds_up(db):
    assert all(identity.holds for identity in check_identities())


def test_after_a_run_every_identity_holds_with_its_figures(world: World):
    ask.version()
    ask.version()
    make.interaction(kind=world.visit, customer=make.customer(email="a@example.org"), unit=world.harbour)
    run_trigger(at=NOW)
    found = check_identities()
    assert all(identity.holds for identity in found)
    assert found[0] == Identity("occasions (interactions × programs + turns) = decisions", 4, 4)
    assert found[2] == Identity("decisions to ask = invitations", 2, 2)


def test_a_lost_decision_shows(world: World):
    ask.version()
    run_trigger(at=NOW)
    Decision.objects.all().delete()
    assert [i.name for i in check_identities() if not i.holds] == [
        "occasions (interactions × programs + turns) = decisions",
        "decisions counted by the runs = decisions",
        "decisions to ask = invitations",
    ]


def test_an_occasion_that_was_put_off_and_lost_shows(world: World):
    delay = {"since": "answered", "days": 5, "then": "delay"}
    version = ask.version(contact_rules=[delay])
    ask.response(unit=world.mill, program=version.program, customer=world.ines, answered_at=NOW)
    run_trigger(at=NOW)
    assert all(identity.holds for identity in check_identities())
    Turn.objects.all().delete()
    assert [i.name for i in check_identities() if not i.holds] == [
        "occasions put off by the runs = times that turns were put off"
    ]


@pytest.mark.django_db(transaction=True)
def test_triggers_at_the_same_time_decide_each_occasion_once():
    world = build_world()
    ask.version(program=ask.program(code="visits"))
    ask.version(program=ask.program(code="accounts"))
    people = [make.customer(email=f"customer{number}@example.org") for number in range(15)]
    for person in people * 4:
        make.interaction(kind=world.visit, customer=person, unit=world.harbour)

    def drain(_: int) -> int:
        try:
            return sum(run.interactions for runs in iter(lambda: run_trigger(at=NOW, limit=7), []) for run in runs)
        finally:
            connection.close()

    with ThreadPoolExecutor(3) as pool:
        assert sum(pool.map(drain, range(3))) == 61
    assert Interaction.objects.filter(triggered_at__isnull=True).count() == 0
    assert Decision.objects.count() == 122
    assert Invitation.objects.count() == ContactLedger.objects.count() == 16  # everybody once, in whichever program
    assert all(identity.holds for identity in check_identities())


@pytest.mark.django_db(transaction=True)
def test_a_run_about_the_same_program_and_hour_waits_for_no_other():
    world = build_world()
    version = ask.version()
    visits = [
        make.interaction(kind=world.visit, customer=make.customer(email=f"{n}@example.org"), unit=world.harbour)
        for n in range(2)
    ]
    Interaction.objects.filter(pk=visits[1].pk).update(triggered_at=NOW)
    soon = NOW + timedelta(minutes=20)
    ask.turn(
        program=version.program, customer=visits[1].customer, unit=world.harbour, interaction=visits[1], due_at=soon
    )

    def decide_aside() -> int:
        try:
            with connection.cursor() as cursor:
                cursor.execute("SET lock_timeout = 100")
            return sum(run.turns for run in decide_turns(version=version, at=soon))
        finally:
            connection.close()

    with transaction.atomic(), ThreadPoolExecutor(1) as pool:
        assert [run.interactions for run in run_trigger(at=NOW)] == [2]
        assert pool.submit(decide_aside).result() == 1
    counted = RunCount.objects.order_by("number").values_list("source", "hour", "reason", "number")
    assert list(counted) == [("crm", NOW, "asked", number) for number in (1, 2)]
