"""The time machine decides as the trigger would have, and leaves nothing but its row."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import connection

from common.models import Event
from crm.models import Customer, Interaction
from surveys.models import ContactLedger, Decision, Invitation, Message, Program, ProgramVersion, Rehearsal, Turn
from surveys.services.rehearsing.counting import count
from surveys.services.rehearsing.requesting import last_quarter, rehearse, remind, request_rehearsal
from surveys.services.rehearsing.running import arms_of, drop_all, run_days
from surveys.services.triggering.running import run_trigger
from surveys.services.triggering.tables import execute
from tests.factories import crm as make
from tests.factories import surveys as ask
from tests.world import NOW, World

MONDAY = NOW - timedelta(days=8)  # 16 November
FIRST, LAST = date(2026, 11, 16), date(2026, 11, 22)


@pytest.fixture
def crowd(world: World) -> list[Customer]:
    Interaction.objects.all().delete()
    return [make.customer(email=f"c{n}@example.org", unit=world.harbour) for n in range(12)]


def visits(world: World, people: list[Customer], at: Any = MONDAY, unit: Any = None) -> None:
    for who in people:
        make.interaction(kind=world.visit, customer=who, unit=unit or world.harbour, occurred_at=at)


def rehearsed(world: World, version: ProgramVersion, first: date = FIRST, last: date = LAST) -> Rehearsal:
    request_rehearsal(version=version, first=first, last=last, at=NOW, by=world.operator)
    found = rehearse(at=NOW, clock=lambda: NOW)
    assert found is not None
    found.refresh_from_db()
    return found


def test_it_counts_whom_the_version_would_have_asked_and_why_not_the_others(world: World, crowd: list[Customer]):
    visits(world, crowd[:10])
    visits(world, crowd[:4], MONDAY + timedelta(days=2), world.mill)
    make.customer()  # never came
    nobody = make.customer()
    visits(world, [nobody])
    done = rehearsed(world, ask.version(published=False))
    assert (done.state, done.days_done, done.failure) == ("done", 7, "")
    arm = done.result["arms"]["proposed"]
    assert arm["reasons"] == {"asked": 10, "quarantined": 4, "no_address": 1}
    assert arm["windows"] == {"30 days after a question in any program": 4}
    assert [(one["asked"], one["left"]) for one in arm["rivals"]] == [(4, 0)]  # the program itself
    assert {unit["name"]: (unit["occasions"], unit["asked"]) for unit in arm["units"]} == {
        "Harbour": (11, 10), "Mill": (4, 0),
    }  # fmt: skip
    assert arm["times"] == {"0": 1, "1": 10}


def test_nothing_is_left_but_the_row_and_what_waits_still_waits(world: World, crowd: list[Customer]):
    visits(world, crowd)
    version = ask.version()
    rehearsed(world, version)
    left = [model.objects.count() for model in (Decision, ContactLedger, Invitation, Message, Turn)]
    assert left == [0, 0, 0, 0, 0]
    assert Interaction.objects.filter(triggered_at=None).count() == 12
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_class WHERE relname LIKE 'shadow%%'")
        assert cursor.fetchone() == (0,)


def test_the_machine_and_the_trigger_decide_alike(world: World, crowd: list[Customer]):
    visits(world, crowd)
    version = ask.version(sampling_rate="0.5", max_age_days=30)
    run_trigger(at=MONDAY + timedelta(hours=1))
    done = rehearsed(world, version)
    assert done.result["arms"]["proposed"]["reasons"] == done.result["really"]["reasons"]
    assert set(done.result["really"]["reasons"]) == {"asked", "not_drawn"}


def test_a_draft_is_run_beside_what_is_in_force(world: World, crowd: list[Customer]):
    visits(world, crowd)
    in_force = ask.version(interaction_kind=world.visit)
    draft = ask.version(program=in_force.program, published=False, quota=5)
    arms = rehearsed(world, draft).result["arms"]
    assert (arms["proposed"]["asked"], arms["in_force"]["asked"]) == (5, 12)
    assert arms["proposed"]["reasons"]["over_quota"] == 7


def test_contacts_from_before_the_first_day_count(world: World, crowd: list[Customer]):
    other = ask.program(active=False)
    for who in crowd[:3]:
        ContactLedger.objects.create(
            customer=who, program=other, program_kind=other.kind, state="handed_off",
            reserved_at=MONDAY - timedelta(days=5), handed_off_at=MONDAY - timedelta(days=5),
        )  # fmt: skip
    visits(world, crowd)
    done = rehearsed(world, ask.version())
    assert done.result["arms"]["proposed"]["reasons"] == {"asked": 9, "quarantined": 3}
    assert ContactLedger.objects.count() == 3


@pytest.mark.parametrize("kind", [Program.Kind.MANUAL, Program.Kind.RECOVERY])
def test_programs_whose_turns_people_make_go_with_those_that_they_really_had(
    world: World, crowd: list[Customer], kind: str
):
    talks = ask.version(program=ask.program(name="Talks", kind=kind))
    fields = {"program": talks.program, "unit": world.harbour, "triggered_at": MONDAY}
    for who, at in ((crowd[0], MONDAY), (crowd[1], MONDAY + timedelta(days=7))):  # the second when all is over
        ask.turn(**fields, customer=who, occurred_at=at, due_at=at, created_at=at)
    visits(world, crowd, MONDAY + timedelta(days=2))
    version = ask.version(program=ask.program(name="Visits"))
    arm = rehearsed(world, version).result["arms"]["proposed"]
    assert arm["reasons"] == {"asked": 11, "quarantined": 1}
    assert [(one["name"], one["asked"]) for one in arm["rivals"]] == [("Talks", 1)]
    assert {one["name"]: one["asked"] for one in arm["programs"]} == {"Talks": 1, "Visits": 11}
    with pytest.raises(ValidationError, match="the time machine cannot know"):
        request_rehearsal(version=talks, first=FIRST, last=LAST, at=NOW, by=world.operator)
    assert Rehearsal.objects.count() == 1


def test_whose_question_spared_a_person_is_counted_by_program(world: World, crowd: list[Customer]):
    """Three were asked by one program before, and two more by another, which a further rule counts by its kind; one of
    the three shares a household with somebody whom nobody asked: that one is in no program's count."""
    first, second = ask.program(code="first", name="First", active=False), ask.program(code="second", active=False)
    for who, program, days in [(who, first, 5) for who in crowd[:3]] + [(who, second, 8) for who in crowd[3:5]]:
        ContactLedger.objects.create(
            customer=who, program=program, program_kind=program.kind, state="handed_off",
            reserved_at=MONDAY - timedelta(days=days), handed_off_at=MONDAY - timedelta(days=days),
        )  # fmt: skip
    make.account(members=[(crowd[0], "member", 1), (crowd[5], "member", 1)], kind="household")
    visits(world, crowd)
    rules = [
        {"since": "asked", "days": 9, "per": "person", "among": "kind", "then": "block"},
        {"since": "asked", "days": 7, "per": "household", "among": "any", "then": "block"},
    ]
    version = ask.version(quarantine_days=7, program_quarantine_days=0, contact_rules=rules)
    arm = rehearsed(world, version).result["arms"]["proposed"]
    assert arm["reasons"] == {"asked": 6, "quarantined": 6}
    assert arm["windows"] == {
        "7 days after a question in any program": 3,
        "9 days after a question in a program of its kind": 2,
        "7 days after a question in any program, of anybody of the household": 1,
    }
    assert [(one["code"], one["asked"], one["left"]) for one in arm["rivals"]] == [("first", 3, 0), ("second", 2, 0)]


def test_whom_the_allocator_leaves_to_another_program_is_counted_there(
    world: World, crowd: list[Customer], settings: Any
):
    settings.ALLOCATE_CONTACTS = True
    version = ask.version(priority=1, target=1)
    who, before = make.customer(unit=world.harbour), MONDAY - timedelta(days=5)
    asked = ask.invitation(
        interaction=make.interaction(kind=world.visit, customer=who, unit=world.harbour, occurred_at=before),
        version=version, created_at=before,
    )  # fmt: skip
    ask.response(
        unit=world.harbour, program=version.program, invitation=asked, customer=who, answered_at=before,
        source="", external_id="",
    )  # fmt: skip
    ask.version(program=ask.program(code="calls", name="Calls"))
    visits(world, crowd[:6])
    visits(world, crowd[6:], MONDAY + timedelta(days=1))
    arm = rehearsed(world, version).result["arms"]["proposed"]
    assert arm["reasons"]["other_program"] == 6  # since Calls met somebody on the first day, and lacks its answers
    assert [(one["code"], one["asked"], one["left"]) for one in arm["rivals"]] == [("calls", 0, 6)]


def test_weeks_are_counted_from_the_first_day_with_data_and_a_cold_start_is_known(world: World, crowd: list[Customer]):
    visits(world, crowd)
    version = ask.version()
    result = rehearsed(world, version, date(2026, 9, 14)).result
    assert (result["weeks"], result["weeks_of_data"], result["data_from"]) == (10, 1, "2026-11-16")
    arm = result["arms"]["proposed"]
    assert arm["detractors_a_week"] == sum(unit["detractors_a_week"] for unit in arm["units"]) > 0.2
    assert result["asked_before"] is False
    ask.reservation(
        customer=crowd[0], program=version.program, state="handed_off", handed_off_at=NOW - timedelta(days=90)
    )
    assert rehearsed(world, version).result["asked_before"] is True


def test_turns_of_relationship_programs_come_round_in_it(world: World, crowd: list[Customer]):
    program = ask.program(code="loyalty", kind=Program.Kind.RELATIONSHIP)
    done = rehearsed(world, ask.version(program=program, wave_months=1), date(2026, 10, 1), date(2026, 10, 31))
    arm = done.result["arms"]["proposed"]
    assert arm["asked"] == 13  # the crowd and Ines, each once in the month
    assert not Turn.objects.exists()


def test_few_answers_are_expected_from_the_share_of_all(world: World, crowd: list[Customer]):
    visits(world, crowd)
    [unit] = rehearsed(world, ask.version()).result["arms"]["proposed"]["units"]
    assert (unit["rate"], unit["answers"], unit["known_from"]) == (0.2, 2.4, 0)
    assert unit["half_width"] == 65.9  # 196 * sqrt(.61 / 5.4)


def test_asking_twice_gives_the_same_rehearsal(world: World):
    version = ask.version()
    asked = [request_rehearsal(version=version, first=FIRST, last=LAST, at=NOW, by=world.operator) for _ in "ab"]
    assert asked[0] == asked[1]
    assert Event.objects.filter(what="program.rehearsal_requested").count() == 1


@pytest.mark.parametrize(("first", "last"), [(FIRST, NOW.date()), (LAST, FIRST), (date(2025, 1, 1), LAST)])
def test_days_that_are_not_over_or_too_many_are_refused(world: World, first: date, last: date):
    with pytest.raises(ValidationError):
        request_rehearsal(version=ask.version(), first=first, last=last, at=NOW, by=world.operator)
    assert not Rehearsal.objects.exists()


def test_a_rehearsal_whose_worker_was_lost_is_begun_again_and_given_up_after_three_tries(world: World):
    row = Rehearsal.objects.create(
        version=ask.version(), first_day=FIRST, last_day=LAST, requested_at=NOW, state="running", tries=1, days_done=3,
        moved_at=NOW - timedelta(hours=1),
    )  # fmt: skip
    rehearse(at=NOW, clock=lambda: NOW)
    row.refresh_from_db()
    assert (row.state, row.tries, row.days_done) == ("done", 2, 7)
    Rehearsal.objects.update(state="running", tries=3)
    remind(at=NOW + timedelta(days=1))
    row.refresh_from_db()
    assert (row.state, row.failure) == ("failed", "Its worker stopped three times.")


def test_a_rehearsal_in_other_hands_is_left_alone(world: World):
    Rehearsal.objects.create(
        version=ask.version(), first_day=FIRST, last_day=LAST, requested_at=NOW, state="running", tries=1, moved_at=NOW
    )
    assert rehearse(at=NOW, clock=lambda: NOW) is None


def test_last_quarter():
    assert last_quarter(date(2026, 11, 22)) == (date(2026, 7, 1), date(2026, 9, 30))
    assert last_quarter(date(2026, 1, 2)) == (date(2025, 10, 1), date(2025, 12, 31))


FREE = {"quarantine_days": 0, "program_quarantine_days": 0}


def reasons_of(version: ProgramVersion, score: int) -> dict[str, int]:
    """Where everybody whom the machine asks answers, with that score."""

    def known() -> None:
        execute("UPDATE shadow_rate SET rate = 1")
        execute(
            "UPDATE shadow_score SET above = 0, upto = CASE score WHEN %(score)s THEN 1 ELSE 0 END", {"score": score}
        )

    arms = arms_of(version, [])
    run_days(arms, first=FIRST, last=LAST, now=NOW, known=known)
    found: dict[str, int] = count(arms, version, first=FIRST, last=LAST)["arms"]["proposed"]["reasons"]
    drop_all(arms)
    return found


def test_conditions_look_back_at_what_the_machine_itself_asked(world: World, crowd: list[Customer]):
    for day in (0, 3):
        visits(world, crowd, MONDAY + timedelta(days=day))
    lately = {"filter": "days_since_asked", "value": {"op": "lt", "value": 30}}
    version = ask.version(published=False, condition={"not": lately}, **FREE)
    for who in crowd[:5]:  # really asked in these days, by what would not have been in force
        ask.reservation(customer=who, program=version.program, at=MONDAY - timedelta(hours=6),
                        state="handed_off", handed_off_at=MONDAY - timedelta(hours=6))  # fmt: skip
    done = rehearsed(world, version)
    assert done.result["arms"]["proposed"]["reasons"] == {"asked": 12, "not_eligible": 12}


@pytest.mark.parametrize(("score", "asked"), [(3, 24), (9, 12)])
def test_conditions_look_back_at_the_answers_that_the_machine_expects(
    world: World, crowd: list[Customer], score: int, asked: int
):
    for day in (0, 3):
        visits(world, crowd, MONDAY + timedelta(days=day))
    happy = {"filter": "previous_category", "value": ["promoter"]}
    version = ask.version(published=False, condition={"not": happy}, **FREE)
    assert reasons_of(version, score).get("asked") == asked


def test_conditions_look_back_farther_than_the_contacts_that_the_machine_copies(world: World, crowd: list[Customer]):
    visits(world, crowd)
    program = ask.program(kind="collected")
    for days, who in ((600, crowd[0]), (900, crowd[1])):
        ask.response(unit=world.harbour, program=program, customer=who, score=2, answered_at=NOW - timedelta(days=days))
    said = {"filter": "previous_score", "value": {"op": "lte", "value": 6}}
    version = ask.version(published=False, condition=said, **FREE)
    assert rehearsed(world, version).result["arms"]["proposed"]["reasons"] == {"not_eligible": 11, "asked": 1}
