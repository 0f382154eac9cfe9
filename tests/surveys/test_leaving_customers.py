"""A program that has its answers in a unit leaves the customers there to others; an auditor finds the same."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from surveys.models import Decision, Program, ProgramVersion, TriggerRun
from surveys.partitions import ensure_partitions
from surveys.services.explaining import explain
from surveys.services.explaining.inputs import inputs_in_words
from surveys.services.triggering.replaying import replay
from surveys.services.triggering.running import run_trigger
from tests.factories import crm as make
from tests.factories import surveys as ask
from tests.world import NOW, World

WANTED = 3
DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def allocating(settings: Any) -> None:
    settings.ALLOCATE_CONTACTS = True


@pytest.fixture
def visits(world: World) -> ProgramVersion:
    return ask.version(program=ask.program(code="visits", name="Visits"), target=WANTED, quarantine_days=2)


@pytest.fixture
def calls(world: World, visits: ProgramVersion) -> ProgramVersion:
    """It could have asked somebody at Harbour two days ago."""
    version = ask.version(program=ask.program(code="calls", name="Calls"))
    came_by(version, world)
    return version


def came_by(version: ProgramVersion, world: World, *, days: int = 2) -> None:
    when = NOW - days * DAY
    who = make.customer()
    ensure_partitions([when.date()])
    run = TriggerRun.objects.create(at=when, finished_at=when)
    Decision.objects.create(
        program=version.program, version=version, run=run, occasion=f"interaction:-{who.pk}", customer=who,
        unit=world.harbour, occasion_day=when.date(), reason="not_drawn", probability="0.5", draw=0, decided_at=when,
    )  # fmt: skip


def answered(world: World, version: ProgramVersion, number: int, *, days: int = 3) -> None:
    """So many answers to questions of so many days ago; NOW is well within its month."""
    when = NOW - days * DAY
    for n in range(number):
        who = make.customer(email=f"{version.program.code}{n}@example.org")
        past = make.interaction(kind=world.visit, customer=who, unit=world.harbour, occurred_at=when, triggered_at=when)
        invitation = ask.invitation(interaction=past, version=version, created_at=when, expires_at=when + 30 * DAY)
        ask.response(invitation=invitation, unit=world.harbour, program=version.program, answered_at=when + DAY)


def decided(code: str) -> Decision:
    return Decision.objects.select_related("version__program").get(program__code=code, decided_at=NOW)


def counts() -> dict[str, dict[str, int]]:
    [run] = run_trigger(at=NOW)
    assert list(replay(run=run)) == []
    return dict(run.counts)


def test_a_program_that_has_its_answers_leaves_the_customer_to_one_that_lacks_them(
    world: World, visits: ProgramVersion, calls: ProgramVersion
):
    answered(world, visits, WANTED)
    assert counts() == {"visits": {"other_program": 1}, "calls": {"asked": 1}}
    left = decided("visits")
    assert (left.probability, left.inputs["allocation"]) == (0, {
        "own": {"program": "visits", "answers": WANTED, "wanted": WANTED},
        "lacking": [{"program": "calls", "answers": 0, "wanted": 102}],
    })  # fmt: skip
    assert explain(left) == (
        "The program wants 3 answers in this unit for the month and has 3."
        " It leaves the customers there to Calls, which has 0 of 102."
    )
    assert ("Answers of Calls there", "0; it wants 102") in inputs_in_words(left)


def test_a_program_that_needs_answers_itself_goes_in_its_order(
    world: World, visits: ProgramVersion, calls: ProgramVersion
):
    answered(world, visits, WANTED - 1)
    assert counts() == {"visits": {"asked": 1}, "calls": {"quarantined": 1}}


def test_by_order_alone_if_the_company_wants_it_so(
    world: World, visits: ProgramVersion, calls: ProgramVersion, settings: Any
):
    settings.ALLOCATE_CONTACTS = False
    answered(world, visits, WANTED)
    assert counts() == {"visits": {"not_drawn": 1}, "calls": {"asked": 1}}


@pytest.mark.parametrize(("allocating", "said"), [(True, "the allocator decided"), (False, "the one that goes first")])
def test_a_run_tells_who_decided_between_programs(
    world: World, visits: ProgramVersion, client: Client, settings: Any, allocating: bool, said: str
):
    settings.ALLOCATE_CONTACTS = allocating
    [run] = run_trigger(at=NOW)
    assert run.allocating is allocating
    assert world.olivia.user is not None
    client.force_login(world.olivia.user)
    page = client.get(reverse("admin:surveys_triggerrun_change", args=[run.pk])).content.decode()
    assert f"Where programs wanted the same person, {said}" in page


def test_the_customers_are_left_also_to_a_program_whose_occasions_are_still_to_come(
    world: World, visits: ProgramVersion
):
    loyalty = ask.version(program=ask.program(code="loyalty", kind=Program.Kind.RELATIONSHIP))
    came_by(loyalty, world)
    answered(world, visits, WANTED)
    assert counts() == {"visits": {"other_program": 1}}


@pytest.mark.parametrize(
    ("says", "days"),
    [
        ({"target": 1}, 2),  # has its own
        ({"quota": 1}, 2),  # asks no more
        ({}, 9),  # does not ask there
        ({"quarantine_days": 0, "program_quarantine_days": 0}, 2),  # is barred by nothing
        ({"quarantine_days": 0}, 2),  # is barred by questions of its own kind, which visits are not
    ],
)
def test_a_program_that_gains_nothing_by_it_holds_nobody_back(
    world: World, visits: ProgramVersion, says: dict[str, Any], days: int
):
    other = ask.version(program=ask.program(code="loyalty", kind=Program.Kind.RELATIONSHIP), **says)
    came_by(other, world, days=days)
    answered(world, visits, WANTED)
    answered(world, other, 1)
    assert "other_program" not in counts()["visits"]


def test_nobody_is_left_to_others_before_the_minimum_is_asked(world: World, visits: ProgramVersion):
    program = ask.program(code="talks", name="Talks")
    talks = ask.version(program=program, target=WANTED, minimum=WANTED + 2, period="month", quarantine_days=2)
    came_by(ask.version(program=ask.program(code="calls", name="Calls")), world)
    answered(world, talks, WANTED)
    answered(world, visits, WANTED)
    assert {code: set(each) & {"other_program"} for code, each in counts().items()} == {
        "talks": set(), "visits": {"other_program"}, "calls": set(),
    }  # fmt: skip


def test_answers_of_another_period_do_not_count(world: World, visits: ProgramVersion, calls: ProgramVersion):
    answered(world, visits, WANTED, days=NOW.day + 1)
    assert counts()["visits"] == {"asked": 1}


def test_who_could_not_be_asked_anyway_is_not_left_to_others(
    world: World, visits: ProgramVersion, calls: ProgramVersion
):
    answered(world, visits, WANTED)
    lately = NOW - DAY
    ask.reservation(customer=world.ines, program=calls.program, at=lately, state="handed_off", handed_off_at=lately)
    assert counts() == {"visits": {"quarantined": 1}, "calls": {"quarantined": 1}}


def met_by_another(world: World, version: ProgramVersion, other: ProgramVersion, number: int) -> None:
    """So many customers of yesterday at Harbour whom a question of `other` barred to `version`; one was free."""
    yesterday = NOW - DAY
    run = TriggerRun.objects.create(at=yesterday, finished_at=yesterday)
    ensure_partitions([yesterday.date()])
    for n in range(number + 1):
        who = make.customer()
        ask.reservation(customer=who, program=other.program, at=yesterday, state="handed_off", handed_off_at=yesterday)
        reason, probability = ("quarantined", "0") if n else ("asked", "1")
        Decision.objects.create(
            program=version.program, version=version, run=run, occasion=f"interaction:-{who.pk}", customer=who,
            unit=world.harbour, occasion_day=yesterday.date(), reason=reason, probability=probability, draw=0,
            decided_at=yesterday,
        )  # fmt: skip


def starving(world: World, **says: Any) -> tuple[ProgramVersion, ProgramVersion]:
    """Visits took whom calls would have asked yesterday; today 31 customers come to Harbour."""
    visits = ask.version(program=ask.program(code="visits", name="Visits"), quarantine_days=2, **says)
    calls = ask.version(program=ask.program(code="calls", name="Calls"), quarantine_days=2)
    came_by(visits, world)
    met_by_another(world, calls, visits, 60)
    for n in range(30):
        who = make.customer(email=f"guest{n}@example.org")
        make.interaction(kind=world.visit, customer=who, unit=world.harbour, occurred_at=NOW - DAY)
    return visits, calls


def test_customers_are_kept_by_lot_for_a_program_that_another_would_starve(world: World):
    visits, _ = starving(world)
    found = counts()
    of_visits = Decision.objects.filter(program=visits.program, decided_at=NOW)
    kept = of_visits.filter(reason="other_program")
    assert kept.count() == found["calls"]["asked"] == 31 - found["visits"]["asked"] > 0
    lots = kept[0].inputs["lots"]
    share = lots["needs"][1]["share"]
    assert lots["least"] == 0.001
    assert (lots["kept_for"], lots["bind"], lots["open"]) == ("calls", ["visits", "calls"], 1 - share / 100)
    assert {float(d.probability) for d in of_visits} == {lots["open"]}  # its rate is 1
    assert explain(kept[0]) == (
        f"Kept for Calls, which lacks 102 of 102 answers in this unit: {share} % of the customers there are kept for it"
        " this month, by lot, and this one is among them."
    )
    assert ("Kept by lot", "for Calls") in inputs_in_words(kept[0])


@pytest.mark.parametrize(
    ("says", "kept"),
    [
        ({"sampling_rate": "0.4"}, True),
        ({"quota": 9}, True),
        ({"target": 40}, True),
        ({"minimum": 3}, False),  # it is below it, and asks whomever it finds
    ],
)
def test_lots_go_with_every_way_of_sampling(world: World, says: dict[str, Any], kept: bool):
    visits, _ = starving(world, **says)
    assert ("other_program" in counts()["visits"]) is kept
    if "sampling_rate" in says:  # the others are drawn at a higher rate
        assert {str(d.probability) for d in Decision.objects.filter(program=visits.program, decided_at=NOW)} == {
            "0.400000"
        }
