"""Programs that decide once a day: what happens waits for their hour, and is decided about once."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from surveys.models import Decision, ProgramVersion, Turn
from surveys.services.triggering.running import run_trigger
from tests.factories import surveys as ask
from tests.world import NOW, World

DAILY = {"decides": ProgramVersion.Decides.DAILY, "decides_at": "15:00"}


@pytest.mark.parametrize(
    ("at", "due_at"),
    [
        (datetime(2026, 11, 24, 10, tzinfo=UTC), datetime(2026, 11, 24, 15, tzinfo=UTC)),
        (datetime(2026, 11, 24, 15, tzinfo=UTC), datetime(2026, 11, 24, 15, tzinfo=UTC)),
        (datetime(2026, 11, 24, 15, 1, tzinfo=UTC), datetime(2026, 11, 25, 15, tzinfo=UTC)),
    ],
)
def test_what_happens_waits_for_the_hour(world: World, at: datetime, due_at: datetime):
    program = ask.version(**DAILY).program
    run_trigger(at=at)
    turn = Turn.objects.get()
    assert (turn.program, turn.interaction, turn.customer) == (program, world.interaction, world.ines)
    assert (turn.unit, turn.employee, turn.occurred_at) == (world.harbour, world.jonas, world.interaction.occurred_at)
    assert (turn.key, turn.due_at) == (f"interaction:{world.interaction.pk}", due_at)
    if due_at > at:
        assert not Decision.objects.exists()


def test_at_the_hour_it_is_decided_about_once(world: World):
    ask.version(**DAILY)
    run_trigger(at=NOW)
    run_trigger(at=NOW + timedelta(hours=5))
    assert run_trigger(at=NOW + timedelta(hours=6)) == []
    decision = Decision.objects.get()
    assert (decision.occasion, decision.reason) == (f"turn:{Turn.objects.get().pk}", "asked")


def test_programs_that_decide_at_once_do_not_wait(world: World):
    ask.version(**DAILY)
    visits = ask.version().program
    run_trigger(at=NOW)
    assert Decision.objects.get().program == visits
    assert Turn.objects.count() == 1
