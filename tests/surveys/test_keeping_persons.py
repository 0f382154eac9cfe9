"""Programs that want the same person: who asks, why, and that an auditor finds the same."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from crm.models import ContactPoint
from surveys.allocating import worth
from surveys.models import Decision, Invitation, Program, ProgramVersion, TriggerRun, Turn
from surveys.precision import answers_for
from surveys.services.explaining import explain
from surveys.services.triggering.replaying import replay
from surveys.services.triggering.running import run_trigger
from tests.factories import crm as make
from tests.factories import surveys as ask
from tests.world import NOW, World


@pytest.fixture(autouse=True)
def allocating(settings: Any) -> None:
    settings.ALLOCATE_CONTACTS = True


@pytest.fixture
def visits(world: World) -> ProgramVersion:
    return ask.version(program=ask.program(code="visits", name="Visits"))


@pytest.fixture
def calls(world: World, visits: ProgramVersion) -> ProgramVersion:
    return ask.version(program=ask.program(code="calls", name="Calls"))


def asked_already(world: World, version: ProgramVersion, number: int, answered: int) -> None:
    for n in range(number):
        who = make.customer(email=f"{version.program.code}{n}@example.org")
        done = NOW - timedelta(days=20)
        past = make.interaction(kind=world.visit, customer=who, unit=world.harbour, occurred_at=done, triggered_at=done)
        invitation = ask.invitation(
            interaction=past, version=version, created_at=done, expires_at=NOW + timedelta(days=30)
        )
        if n < answered:
            ask.response(
                invitation=invitation, unit=world.harbour, program=version.program, answered_at=done + timedelta(days=1)
            )


def decided(code: str) -> Decision:
    return Decision.objects.select_related("version__program").get(program__code=code)


def test_the_program_whose_score_is_less_certain_asks(world: World, visits: ProgramVersion, calls: ProgramVersion):
    asked_already(world, visits, 10, 5)
    [run] = run_trigger(at=NOW)
    assert {code: dict(counts) for code, counts in run.counts.items()} == {
        "visits": {"other_program": 1}, "calls": {"asked": 1},
    }  # fmt: skip
    kept = decided("visits")
    assert kept.probability == 0
    assert explain(kept) == "Calls wanted to ask the customer too, and an answer is worth more to it in this unit."
    assert list(replay(run=run)) == []


def test_the_worth_in_the_decision_is_that_of_the_pure_rule(
    world: World, visits: ProgramVersion, calls: ProgramVersion
):
    ask.version(program=visits.program, priority=50)
    asked_already(world, visits, 10, 10)
    run_trigger(at=NOW)
    wanted = answers_for()
    assert decided("visits").inputs["allocation"] == {
        "for": "calls",
        "wishes": [
            {
                "program": "visits", "now": True, "starves": False,
                "worth": pytest.approx(worth(answers=10, wanted=wanted, rate=0.6, priority=50)),
            },
            {
                "program": "calls", "now": True, "starves": False,
                "worth": pytest.approx(worth(answers=0, wanted=wanted, rate=0.2, priority=100)),
            },
        ],
    }  # fmt: skip


def test_where_nothing_is_known_the_first_program_asks(world: World, visits: ProgramVersion, calls: ProgramVersion):
    [run] = run_trigger(at=NOW)
    assert run.counts == {"visits": {"asked": 1}, "calls": {"other_program": 1}}


def test_by_order_alone_if_the_company_wants_it_so(
    world: World, visits: ProgramVersion, calls: ProgramVersion, settings: Any
):
    settings.ALLOCATE_CONTACTS = False
    asked_already(world, visits, 10, 5)
    [run] = run_trigger(at=NOW)
    assert run.counts == {"visits": {"asked": 1}, "calls": {"quarantined": 1}}


def test_whom_a_program_would_not_ask_it_does_not_take_from_others(world: World, visits: ProgramVersion):
    asked_already(world, visits, 10, 5)
    ask.version(program=ask.program(code="calls"), sampling_rate=0)
    [run] = run_trigger(at=NOW)
    assert run.counts == {"visits": {"asked": 1}, "calls": {"quarantined": 1}}


@pytest.mark.parametrize(("days", "reason"), [(10, "other_program"), (40, "asked")])
def test_a_person_is_kept_for_a_turn_that_is_due_within_the_window(
    world: World, visits: ProgramVersion, days: int, reason: str
):
    asked_already(world, visits, 10, 5)
    wave = ask.version(program=ask.program(code="loyalty", name="Loyalty", kind=Program.Kind.RELATIONSHIP))
    due = NOW + timedelta(days=days)
    ask.turn(program=wave.program, customer=world.ines, unit=world.harbour, due_at=due, occurred_at=due)
    [run] = run_trigger(at=NOW)
    assert run.counts == {"visits": {reason: 1}}
    if reason == "other_program":
        told = "Loyalty will soon want to ask the customer, and an answer is worth more to it in this unit."
        assert explain(decided("visits")) == told
        assert list(replay(run=run)) == []
        [run] = run_trigger(at=due)
        assert run.counts == {"loyalty": {"asked": 1}}


ANSWERED = [{"since": "answered", "days": 40, "per": "person", "among": "any", "then": "block"}]


@pytest.mark.parametrize(
    ("rule", "days", "reason"),
    [
        ({"channel": "sms"}, 10, "asked"),  # no number
        ({"consent_required": True}, 10, "asked"),
        ({"condition": {"filter": "segment", "value": "business"}}, 10, "asked"),
        ({"sampling_rate": 0}, 10, "asked"),  # the draw is known
        ({"max_age_days": 5}, 10, "asked"),  # too old by then
        ({"contact_rules": ANSWERED}, 10, "asked"),  # within 40 days of an answer
        ({"contact_rules": ANSWERED}, 25, "other_program"),  # after them
    ],
)
def test_a_person_is_kept_only_for_a_turn_about_which_the_program_could_ask(
    world: World, visits: ProgramVersion, rule: dict[str, Any], days: int, reason: str
):
    asked_already(world, visits, 10, 5)
    long_ago = NOW - timedelta(days=20)
    ask.response(unit=world.harbour, program=visits.program, customer=world.ines, answered_at=long_ago)
    ContactPoint.objects.filter(channel="sms").update(unusable_since=long_ago)
    loyalty = ask.program(code="loyalty", kind=Program.Kind.RELATIONSHIP)
    ask.version(program=loyalty, **{"max_age_days": 90, **rule})
    due = NOW + timedelta(days=days)
    ask.turn(program=loyalty, customer=world.ines, unit=world.harbour, due_at=due, occurred_at=NOW)
    [run] = run_trigger(at=NOW)
    assert run.counts == {"visits": {reason: 1}}
    assert list(replay(run=run)) == []


def test_a_person_is_kept_for_a_round_that_comes_within_the_window(world: World, visits: ProgramVersion):
    asked_already(world, visits, 10, 5)
    ask.version(program=ask.program(code="loyalty", kind=Program.Kind.RELATIONSHIP), wave_months=1)
    [run] = run_trigger(at=NOW)
    assert not Turn.objects.exists()
    assert run.counts["visits"] in ({"other_program": 1}, {"asked": 1})
    assert Invitation.objects.filter(created_at=NOW).count() == run.counts["visits"].get("asked", 0)


@pytest.mark.parametrize(("rate", "reason"), [(0.4, "asked"), (0.6, "other_program")])
def test_a_program_that_starved_has_first_claim_only_for_a_turn_that_likely_asks(
    world: World, visits: ProgramVersion, rate: float, reason: str
):
    ask.version(
        program=ask.program(code="loyalty", kind=Program.Kind.RELATIONSHIP), priority=10_000,
        sampling_rate=rate, wave_months=1, weekdays=[2],  # her Wednesday of a month comes within 30 days
    )  # fmt: skip
    counts = {"loyalty": {"asked": 2, "other_program": 30}, "visits": {"asked": 30, "other_program": 5}}
    TriggerRun.objects.create(at=NOW - timedelta(days=3), finished_at=NOW - timedelta(days=3), counts=counts)
    [run] = run_trigger(at=NOW)
    assert run.counts["visits"] == {reason: 1}


def test_a_program_that_starved_has_first_claim(world: World, visits: ProgramVersion, calls: ProgramVersion):
    asked_already(world, visits, 10, 5)
    counts = {"visits": {"asked": 2, "other_program": 30}, "calls": {"asked": 30, "other_program": 5}}
    TriggerRun.objects.create(at=NOW - timedelta(days=3), finished_at=NOW - timedelta(days=3), counts=counts)
    [run] = run_trigger(at=NOW)
    assert run.counts == {"visits": {"asked": 1}, "calls": {"other_program": 1}}
    kept = decided("calls")
    assert explain(kept) == "Visits wanted to ask the customer too, and it had got less than its share."
