"""Occasions that are one program's own: a turn in a wave, an episode's end, a wish of staff, a day's batch."""

from __future__ import annotations

from datetime import timedelta

import pytest

from surveys.models import Decision, Invitation, Program, ProgramVersion, Reason, Turn
from surveys.services.explaining import explain
from surveys.services.ledgers import check_identities
from surveys.services.triggering.replaying import replay
from surveys.services.triggering.running import run_trigger
from tests.factories import crm as make
from tests.factories import surveys as ask
from tests.world import NOW, World


@pytest.fixture
def wave(world: World) -> Program:
    run_trigger(at=NOW)  # what has happened so far is no program's occasion
    program = ask.program(code="yearly", kind=Program.Kind.RELATIONSHIP)
    ask.version(program=program)
    return program


def test_a_turn_is_asked_about_without_an_interaction(world: World, wave: Program):
    turn = ask.turn(program=wave, customer=world.ines, unit=world.harbour)
    [run] = run_trigger(at=NOW)
    assert (run.turns, run.interactions, run.counts) == (1, 0, {"yearly": {"asked": 1}})
    invitation = Invitation.objects.get()
    assert (invitation.turn, invitation.interaction, invitation.unit) == (turn, None, world.harbour)
    assert invitation.packet == {
        "customer": {"given_name": "Ines", "language": "en"},
        "unit": {"name": "Harbour"},
        "employee": {"name": ""},
    }
    assert Decision.objects.get().occasion == f"turn:{turn.pk}"
    turn.refresh_from_db()
    assert turn.triggered_at == NOW
    assert all(identity.holds for identity in check_identities())
    assert list(replay(run=run)) == []


def test_a_turn_about_an_interaction_carries_it_in_the_packet(world: World, wave: Program):
    ask.turn(program=wave, customer=world.ines, unit=world.mill, interaction=world.interaction)
    run_trigger(at=NOW)
    invitation = Invitation.objects.get()
    assert (invitation.interaction, invitation.unit) == (world.interaction, world.mill)
    assert invitation.packet["interaction"]["occurred_at"] == "2026-11-23T10:00:00+00:00"


def test_a_turn_is_nobody_elses_occasion(world: World, wave: Program):
    ask.version(program=ask.program(code="visits"))
    ask.turn(program=wave, customer=world.ines, unit=world.harbour)
    [run] = run_trigger(at=NOW)
    assert run.counts == {"yearly": {"asked": 1}}


def test_an_interaction_is_no_occasion_of_a_program_that_has_turns(world: World):
    ask.version(program=ask.program(code="yearly", kind=Program.Kind.RELATIONSHIP))
    ask.version(program=ask.program(code="evenings"), decides=ProgramVersion.Decides.DAILY)
    ask.version(program=ask.program(code="calls", kind=Program.Kind.POST_CALL))
    [run] = run_trigger(at=NOW)
    assert run.counts == {"calls": {"asked": 1}}


@pytest.mark.parametrize(
    ("limit", "first", "counts"),
    [
        (3, "turn", [{"yearly": {"asked": 3}}, {"visits": {"asked": 1, "quarantined": 1}}]),
        (2, "interaction", [{"visits": {"asked": 2}}, {"yearly": {"asked": 1, "quarantined": 1}}]),
    ],
)
def test_what_has_just_happened_does_not_wait_until_a_wave_is_through(
    world: World, wave: Program, limit: int, first: str, counts: list[dict[str, dict[str, int]]]
):
    """Three turns, which are no wave to a run of three; Ines has a turn and comes to Harbour, as does Ada."""
    ask.version(program=ask.program(code="visits"))
    people = [make.customer(email=f"t{n}@example.org") for n in range(3)]
    for who in (world.ines, *people[:2]):
        ask.turn(program=wave, customer=who, unit=world.harbour)
    for who in (world.ines, people[2]):
        make.interaction(kind=world.visit, customer=who, unit=world.harbour, occurred_at=NOW)
    runs = run_trigger(at=NOW, limit=limit)
    assert [run.counts for run in runs] == counts
    asked = Decision.objects.get(customer=world.ines, reason="asked")
    assert asked.occasion.partition(":")[0] == first
    assert sum(run.turns for run in run_trigger(at=NOW, limit=limit)) == 3 - runs[first == "interaction"].turns
    assert run_trigger(at=NOW, limit=limit) == []


def test_a_turn_waits_until_it_is_due(world: World, wave: Program):
    turn = ask.turn(program=wave, customer=world.ines, unit=world.harbour, due_at=NOW + timedelta(seconds=1))
    assert run_trigger(at=NOW) == []
    [run] = run_trigger(at=turn.due_at)
    assert run.turns == 1


@pytest.mark.parametrize("window", [{"active": False}, {"active_from": NOW + timedelta(seconds=1)}])
def test_a_turn_waits_while_its_program_is_not_in_force(world: World, wave: Program, window: dict):
    turn = ask.turn(program=wave, customer=world.ines, unit=world.harbour)
    Program.objects.filter(pk=wave.pk).update(**window)
    assert run_trigger(at=NOW) == []
    assert Turn.objects.get(triggered_at=None) == turn
    assert not Decision.objects.exists()


@pytest.mark.parametrize("active", [True, False])
def test_what_waits_when_the_programs_window_ends_is_decided_and_nobody_is_asked(
    world: World, wave: Program, active: bool
):
    turn = ask.turn(program=wave, customer=world.ines, unit=world.harbour, due_at=NOW + timedelta(days=2))
    Program.objects.filter(pk=wave.pk).update(active_until=NOW + timedelta(days=1), active=active)
    [run] = run_trigger(at=turn.due_at)
    assert (run.counts, run.turns) == ({"yearly": {"program_over": 1}}, 1)
    decision = Decision.objects.get(occasion=f"turn:{turn.pk}")
    assert explain(decision) == "The program's time was over on 2026-11-25, before it was to decide."
    assert (list(replay(run=run)), Invitation.objects.count()) == ([], 0)
    assert all(identity.holds for identity in check_identities())
    assert run_trigger(at=turn.due_at + timedelta(days=1)) == []


def test_outside_its_window_a_program_decides_about_no_interaction(world: World):
    ask.version(program=ask.program(code="autumn", active_until=NOW))
    ask.version(program=ask.program(code="winter", active_from=NOW))
    [run] = run_trigger(at=NOW)
    assert run.counts == {"winter": {"asked": 1}}


def test_the_condition_of_a_program_holds_for_its_turns(world: World):
    wealthy = make.customer(email="a@example.org", segment="private")
    condition = {"all": [{"filter": "segment", "value": "private"}, {"not": {"filter": "kind", "value": "call"}}]}
    version = ask.version(program=ask.program(kind=Program.Kind.RELATIONSHIP), condition=condition)
    for customer in (world.ines, wealthy):
        ask.turn(program=version.program, customer=customer, unit=world.harbour)
    run_trigger(at=NOW)
    reasons = dict(Decision.objects.filter(program=version.program).values_list("customer", "reason"))
    assert reasons == {world.ines.pk: Reason.NOT_ELIGIBLE, wealthy.pk: Reason.ASKED}
