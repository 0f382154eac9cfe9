"""Post-call programs: what the caller allowed before being served decides, and nothing that came later."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core.management import call_command

from crm.models import Consent
from surveys.models import Decision, PreConsent, Program
from surveys.services.explaining import explain
from surveys.services.triggering.running import run_trigger
from tests.factories import surveys as ask
from tests.world import NOW, World


def caller_said(world: World, granted: bool, *, late: bool = False) -> None:
    call = world.interaction
    at = call.received_at + (timedelta(seconds=1) if late else timedelta(minutes=-5))
    PreConsent.objects.create(source=call.source, call=call.external_id, granted=granted, asked_at=at, received_at=at)


def decided(*, consent_required: bool, kind: str = Program.Kind.POST_CALL) -> Decision:
    version = ask.version(program=ask.program(kind=kind), consent_required=consent_required)
    run_trigger(at=NOW)
    return Decision.objects.get(program=version.program)


@pytest.mark.parametrize("required", [True, False])
def test_who_agreed_before_the_call_is_asked_and_who_refused_is_not(world: World, required: bool):
    caller_said(world, True)
    assert decided(consent_required=required).reason == "asked"


@pytest.mark.parametrize("required", [True, False])
def test_who_refused_before_the_call_is_not_asked(world: World, required: bool):
    caller_said(world, False)
    decision = decided(consent_required=required)
    assert (decision.reason, decision.inputs["pre_consent"]) == ("refused", False)
    assert explain(decision) == "The caller did not want to be asked, and said so before anybody served them."


def test_where_consent_is_needed_only_the_word_before_the_call_gives_it(world: World):
    Consent.objects.create(customer=world.ines, channel="email", purpose="survey", granted=True, at=NOW)
    decision = decided(consent_required=True)
    assert decision.reason == "refused"
    assert "agreed before anybody served them" in explain(decision)


def test_a_word_that_came_after_the_call_counts_for_nothing(world: World):
    caller_said(world, True, late=True)
    decision = decided(consent_required=True)
    assert (decision.reason, "pre_consent" in decision.inputs) == ("refused", False)


def test_who_refused_the_channel_is_not_asked_whatever_the_machine_heard(world: World):
    Consent.objects.create(customer=world.ines, channel="email", purpose="survey", granted=False, at=NOW)
    caller_said(world, True)
    assert decided(consent_required=True).reason == "refused"


def test_other_programs_do_not_hear_it(world: World):
    caller_said(world, False)
    assert decided(consent_required=False, kind=Program.Kind.TRANSACTIONAL).reason == "asked"


def test_a_replay_finds_the_same(world: World):
    caller_said(world, False)
    run = decided(consent_required=True).run_id
    call_command("trigger", replay=run)
