"""Journeys: one turn for every episode that ends, whatever comes late, out of order or twice."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from crm.models import Interaction, InteractionKind
from surveys.models import Decision, Program, ProgramVersion, Turn
from surveys.services.triggering.running import run_trigger
from tests.factories import crm as make
from tests.factories import surveys as ask
from tests.world import NOW, World

HOUR = timedelta(hours=1)


@pytest.fixture(autouse=True)
def nothing_yet(world: World) -> None:
    Interaction.objects.all().delete()


@pytest.fixture
def settled(world: World) -> InteractionKind:
    return make.interaction_kind(code="settled", name="Claim settled")


def journey(**fields: Any) -> ProgramVersion:
    return ask.version(program=ask.program(code="claims", kind=Program.Kind.JOURNEY), **fields)


def happens(world: World, hours: float, *, run: float | None = None, **fields: Any) -> Interaction:
    """An interaction of Ines so many hours after NOW, seen by a run at `run` (at once unless said)."""
    fields = {"kind": world.visit, "customer": world.ines, "unit": world.harbour, **fields}
    row = make.interaction(occurred_at=NOW + hours * HOUR, **fields)
    trigger(hours if run is None else run)
    return row


def trigger(hours: float) -> None:
    run_trigger(at=NOW + hours * HOUR)


def told() -> list[tuple[int | None, datetime]]:
    return [(turn.interaction_id, turn.due_at) for turn in Turn.objects.order_by("due_at")]


def test_an_episode_ends_when_nothing_more_happens_for_so_long(world: World):
    journey(ends_after_hours=48)
    happens(world, 0)
    last = happens(world, 40, employee=world.jonas, unit=world.mill)
    turn = Turn.objects.get()
    assert (turn.interaction, turn.customer, turn.unit, turn.employee) == (last, world.ines, world.mill, world.jonas)
    assert turn.occurred_at == turn.due_at == NOW + 88 * HOUR
    trigger(87)
    assert not Decision.objects.exists()
    trigger(88)
    assert Decision.objects.get().occasion == f"turn:{turn.pk}"


def test_what_happens_after_the_silence_is_another_episode(world: World):
    journey(ends_after_hours=48)
    first, second = happens(world, 0), happens(world, 49)
    assert told() == [(first.pk, NOW + 48 * HOUR), (second.pk, NOW + 97 * HOUR)]


def test_an_episode_ends_with_the_kind_that_ends_it(world: World, settled: InteractionKind):
    journey(ends_with=settled, ends_after_hours=480)
    happens(world, 0)
    end = happens(world, 5, kind=settled)
    trigger(5)  # the task goes on until nothing is left
    assert told() == [(end.pk, NOW + 5 * HOUR)]
    assert Decision.objects.get().reason == "asked"
    begun = happens(world, 6)
    assert told()[1:] == [(begun.pk, NOW + 486 * HOUR)]


def test_without_a_silence_nothing_waits_until_the_end_comes(world: World, settled: InteractionKind):
    journey(ends_with=settled)
    happens(world, 0)
    assert told() == []
    end = happens(world, 500, kind=settled)
    assert told() == [(end.pk, NOW + 500 * HOUR)]


def test_what_comes_late_belongs_to_the_episode_in_which_it_happened(world: World):
    journey(ends_after_hours=48)
    last = happens(world, 30)
    happens(world, 10, run=31)
    assert told() == [(last.pk, NOW + 78 * HOUR)]
    trigger(78)
    happens(world, 20, run=90)  # the episode was decided about
    happens(world, 60, run=91)  # within the silence after its last one
    assert Turn.objects.count() == Decision.objects.count() == 1


def test_what_comes_late_between_two_episodes_makes_them_one(world: World):
    journey(ends_after_hours=24)
    happens(world, 0)
    last = happens(world, 40, run=20)
    assert Turn.objects.count() == 2
    happens(world, 21, run=22)
    assert told() == [(last.pk, NOW + 64 * HOUR)]


def test_an_end_that_comes_late_ends_the_episode_when_it_happened(world: World, settled: InteractionKind):
    journey(ends_with=settled, ends_after_hours=48)
    after = happens(world, 10)
    end = happens(world, 5, kind=settled, run=11)
    assert told() == [(end.pk, NOW + 5 * HOUR), (after.pk, NOW + 58 * HOUR)]


def test_an_attribute_names_the_episode_however_long_it_pauses(world: World, settled: InteractionKind):
    journey(ends_with=settled, episode_attribute="topic")
    happens(world, 0, attributes={"topic": "claim 7"})
    happens(world, 1, attributes={"topic": "claim 8"})
    happens(world, 2, attributes={})  # belongs to none
    end = happens(world, 900, kind=settled, attributes={"topic": "claim 7"})
    assert told() == [(end.pk, NOW + 900 * HOUR)]


def test_a_case_closed_four_times_is_one_episode(world: World, settled: InteractionKind):
    journey(ends_with=settled, episode_attribute="topic")
    for hours in (0, 30, 60, 90):
        happens(world, hours, kind=settled, attributes={"topic": "claim 7"})
        trigger(hours)
    assert Turn.objects.count() == Decision.objects.count() == 1


def test_a_case_reopened_before_the_decision_waits_for_its_next_end(world: World, settled: InteractionKind):
    journey(ends_with=settled, episode_attribute="topic", ends_after_hours=240)
    make.interaction(
        kind=settled, customer=world.ines, unit=world.harbour, occurred_at=NOW, attributes={"topic": "claim 7"}
    )
    reopened = happens(world, 1, attributes={"topic": "claim 7"})
    assert told() == [(reopened.pk, NOW + 241 * HOUR)]
    end = happens(world, 30, kind=settled, attributes={"topic": "claim 7"})
    assert told() == [(end.pk, NOW + 30 * HOUR)]


def test_episodes_of_one_name_are_each_persons_own(world: World, settled: InteractionKind):
    journey(ends_with=settled, episode_attribute="topic")
    other = make.customer(unit=world.mill)
    happens(world, 0, kind=settled, attributes={"topic": "unknown"})
    happens(world, 1, kind=settled, attributes={"topic": "unknown"}, customer=other)
    assert set(Turn.objects.values_list("customer", flat=True)) == {world.ines.pk, other.pk}


def test_merged_persons_have_one_episode(world: World):
    journey(ends_after_hours=48)
    twin = make.customer(unit=world.harbour)
    happens(world, 0, customer=twin)
    twin.canonical = world.ines
    twin.save()
    last = happens(world, 10)
    assert told() == [(last.pk, NOW + 58 * HOUR)]


def test_only_the_programs_kind_and_the_one_that_ends_it_belong_to_an_episode(world: World, settled: InteractionKind):
    journey(interaction_kind=world.visit, ends_with=settled, ends_after_hours=48)
    visit = happens(world, 0)
    happens(world, 40, kind=make.interaction_kind(code="newsletter"))
    assert told() == [(visit.pk, NOW + 48 * HOUR)]


def test_what_happened_before_the_program_is_no_episode_of_its_own(world: World):
    happens(world, -30)
    journey(ends_after_hours=24)
    first = happens(world, 0)
    assert told() == [(first.pk, NOW + 24 * HOUR)]


def test_a_journey_that_decides_once_a_day_waits_for_its_hour(world: World):
    journey(ends_after_hours=48, decides="daily", decides_at="09:00")
    happens(world, 0)  # 10:00
    turn = Turn.objects.get()
    assert (turn.occurred_at, turn.due_at) == (NOW + 48 * HOUR, NOW + 71 * HOUR)
