"""Relationship programs: everybody's turn comes round once in a cycle, evenly, and never twice."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest

from common.models import Event
from crm.models import Customer, OrgUnit
from surveys.models import Decision, Program, ProgramVersion, Turn
from surveys.services.occasions.coming_round import turns_come_round
from surveys.services.triggering.running import run_trigger
from tests.factories import crm as make
from tests.factories import surveys as ask
from tests.world import NOW, World

CROWD = 210
OCTOBER, NOVEMBER, DECEMBER = (datetime(2026, month, 1, 4, tzinfo=UTC) for month in (10, 11, 12))


@pytest.fixture
def monthly(world: World) -> ProgramVersion:
    return ask.version(program=ask.program(code="loyalty", kind=Program.Kind.RELATIONSHIP), wave_months=1)


def crowd(unit: OrgUnit, name: str = "crowd", number: int = CROWD) -> list[Customer]:
    return Customer.objects.bulk_create(
        Customer(source="crm", external_id=f"{name}-{n}", unit=unit, as_of=NOW) for n in range(number)
    )


def days_through(first: datetime, days: int) -> None:
    for day in range(days):
        turns_come_round(at=first + timedelta(days=day))


def republish(version: ProgramVersion, **changed: object) -> ProgramVersion:
    return ask.version(program=version.program, **{"published_at": NOW, **changed})


def _cycle(at: datetime, months: int) -> int:
    return (at.year * 12 + at.month - 1) // months


def test_everybody_gets_one_turn_a_cycle_spread_over_its_working_days(world: World, monthly: ProgramVersion):
    crowd(world.harbour)
    days_through(NOVEMBER, 30)
    turns = Turn.objects.all()
    assert turns.count() == CROWD + 1  # and Ines
    assert turns.values("customer").distinct().count() == CROWD + 1
    by_day = Counter(turn.due_at.date() for turn in turns)
    assert len(by_day) == 21
    assert {day.weekday() for day in by_day} == {0, 1, 2, 3, 4}
    assert max(by_day.values()) <= 32  # ten are expected; one run in twenty million has a day with more


def test_a_turn_stands_at_the_home_unit_and_is_due_when_it_comes_round(world: World, monthly: ProgramVersion):
    republish(monthly, wave_months=1, decides="daily", decides_at="06:30", published_at=monthly.published_at)
    days_through(NOVEMBER, 30)
    turn = Turn.objects.get()
    assert (turn.customer, turn.unit, turn.employee, turn.interaction) == (world.ines, world.harbour, None, None)
    assert turn.key == f"wave:2026-11-01:{world.ines.pk}"
    assert turn.due_at == turn.occurred_at == turn.created_at.replace(hour=6, minute=30)


def test_turns_are_decided_about_by_their_program(world: World, monthly: ProgramVersion):
    days_through(NOVEMBER, 30)
    run_trigger(at=NOVEMBER + timedelta(days=30))
    assert Decision.objects.get(program=monthly.program).occasion == f"turn:{Turn.objects.get().pk}"


def test_the_same_day_again_makes_nobody_a_second_turn(world: World, monthly: ProgramVersion):
    crowd(world.harbour)
    made = turns_come_round(at=NOVEMBER + timedelta(days=1))
    assert made == Turn.objects.count() > 0
    assert turns_come_round(at=NOVEMBER + timedelta(days=1, hours=3)) == 0
    assert Event.objects.filter(what="program.turns_came_round").count() == 2


def test_days_on_which_nothing_ran_are_made_up_for(world: World, monthly: ProgramVersion):
    crowd(world.harbour)
    days_through(NOVEMBER, 10)
    turns_come_round(at=NOVEMBER + timedelta(days=19))
    days_through(NOVEMBER + timedelta(days=20), 10)
    assert Turn.objects.values("customer").distinct().count() == Turn.objects.count() == CROWD + 1


def test_who_joins_in_mid_cycle_gets_a_turn_within_one_cycle(world: World, monthly: ProgramVersion):
    days_through(NOVEMBER, 14)
    joined = crowd(world.harbour)
    days_through(NOVEMBER + timedelta(days=14), 16)
    now = set(Turn.objects.filter(customer__in=joined).values_list("customer", flat=True))
    assert CROWD * 0.37 < len(now) < CROWD * 0.78  # 12 of 21 working days were left: 120, and one run in 10^8 beyond
    days_through(DECEMBER, 14)
    assert Turn.objects.filter(customer__in=joined).values("customer").distinct().count() == CROWD
    assert not Turn.objects.filter(customer__in=now, due_at__lt=DECEMBER).exclude(key__contains="2026-11").exists()


@pytest.mark.parametrize(("before", "after"), [(3, 1), (1, 3), (12, 3), (1, 12), (6, 1)])
def test_another_cadence_gives_nobody_two_turns_in_one_cycle(world: World, before: int, after: int):
    version = ask.version(program=ask.program(kind=Program.Kind.RELATIONSHIP), wave_months=before)
    crowd(world.harbour, number=60)
    days_through(OCTOBER, 45)
    had = dict(Turn.objects.values_list("customer", "due_at"))
    republish(version, wave_months=after)
    days_through(OCTOBER + timedelta(days=45), 60)
    shortest = timedelta(days=30 * after - 15)
    for customer, at in had.items():
        later = Turn.objects.filter(customer=customer, due_at__gt=at, created_at__gte=OCTOBER + timedelta(days=45))
        cycle = [
            t
            for t in later
            if (t.due_at.year * 12 + t.due_at.month - 1) // after == (at.year * 12 + at.month - 1) // after
        ]
        assert cycle == []
        assert all(turn.due_at - at >= shortest for turn in later)


def test_the_turn_waits_until_a_cycle_has_passed_since_the_last_question(world: World, monthly: ProgramVersion):
    quarterly = republish(monthly, wave_months=3)
    asked_at = datetime(2026, 8, 20, 9, tzinfo=UTC)
    other = ask.program(kind=Program.Kind.RELATIONSHIP, active=False)
    ask.reservation(customer=world.ines, program=other, at=asked_at, state="handed_off", handed_off_at=asked_at)
    days_through(OCTOBER, 92)
    turn = Turn.objects.get(program=quarterly.program)
    assert turn.due_at >= datetime(2026, 11, 6, 9, tzinfo=UTC)  # three months, less a fortnight


def test_merged_persons_have_one_turn(world: World, monthly: ProgramVersion):
    days_through(NOVEMBER, 30)
    turn = Turn.objects.get()
    twin = make.customer(unit=world.harbour)
    world.ines.canonical = twin
    world.ines.save()
    days_through(NOVEMBER, 30)  # whatever the twin's own place: the person has had the month's turn
    assert Turn.objects.get() == turn


@pytest.mark.parametrize("why", ["erased", "homeless", "off", "no cadence"])
def test_who_is_not_in_the_frame_has_no_turn(world: World, monthly: ProgramVersion, why: str):
    if why == "erased":
        Customer.objects.update(erased_at=NOW)
    elif why == "homeless":
        Customer.objects.update(unit=None)
    elif why == "off":
        Program.objects.update(active=False)
    else:
        republish(monthly, wave_months=None)
    days_through(NOVEMBER, 30)
    assert not Turn.objects.exists()
