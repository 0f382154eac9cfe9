"""An auditor replays a selection from what is stored."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from django.core.management import CommandError, call_command

from crm.models import Consent, ContactPoint, Hold, Interaction
from surveys.models import Decision, TriggerRun
from surveys.services.triggering.replaying import Difference, replay
from surveys.services.triggering.running import run_trigger
from tests.factories import crm as make
from tests.factories import surveys as ask
from tests.world import NOW, World


def many_people(world: World) -> TriggerRun:
    """Sixty occasions of forty persons for which every kind of reason is found."""
    for number in range(40):
        person = make.customer(email=f"customer{number}@example.org")
        for _ in range(1 + number % 2):
            at = NOW - timedelta(days=number % 9)
            make.interaction(kind=world.visit, customer=person, unit=world.harbour, occurred_at=at, attributes={})
        if number % 10 == 3:
            Hold.objects.create(customer=person, kind="legal", since=NOW)
        if number % 10 == 5:
            ContactPoint.objects.filter(customer=person).update(unusable_since=NOW)
        if number % 10 == 7:
            Consent.objects.create(customer=person, channel="email", purpose="survey", granted=False, at=NOW)
        if number % 10 == 9:
            ask.reservation(
                customer=person,
                program=ask.program(active=False),
                state="handed_off",
                handed_off_at=NOW - timedelta(days=1),
            )
    Interaction.objects.filter(customer=world.ines).update(product="mortgage")
    condition = {"not": {"filter": "product", "value": "mortgage"}}
    ask.version(sampling_rate=Decimal("0.4"), condition=condition)
    ask.version(sampling_rate=Decimal("0.9"))
    [run] = run_trigger(at=NOW)
    return run


def test_every_decision_follows_from_its_inputs(world: World):
    run = many_people(world)
    assert len(set(Decision.objects.values_list("reason", flat=True))) == 9
    assert list(replay(run=run)) == []


def test_a_decision_that_was_tampered_with_is_reported(world: World):
    ask.version(sampling_rate=Decimal(0))
    [run] = run_trigger(at=NOW)
    Decision.objects.update(reason="asked")
    decision = Decision.objects.get()
    assert list(replay(run=run)) == [Difference(decision.pk, decision.occasion, "reason", "asked", "not_drawn")]


def test_the_command_decides_and_replays(world: World, capsys):
    ask.version(program=ask.program(code="visits"), max_age_days=30_000)
    call_command("trigger")
    run = TriggerRun.objects.get()
    call_command("trigger", "--replay", str(run.pk))
    assert capsys.readouterr().out == (
        f"run {run.pk}, visits: asked 1\n1 interactions and 0 turns decided.\nRun {run.pk} replays exactly.\n"
    )


def test_the_command_fails_on_differences(world: World):
    ask.version()
    [run] = run_trigger(at=NOW)
    Decision.objects.update(draw=1)
    with pytest.raises(CommandError, match="1 differences"):
        call_command("trigger", "--replay", str(run.pk))
