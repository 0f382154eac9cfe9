"""Post-call programs: what the caller allowed before being served decides, and nothing that came later."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core.mail import EmailMessage
from django.core.management import call_command

from common.senders import Outcome, Reply
from crm.models import Consent
from crm.services.consenting import refuse
from surveys.models import Decision, Message, PreConsent, Program
from surveys.services.dispatching import dispatch_due
from surveys.services.explaining import explain
from surveys.services.rechecking import objection
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


def handed_off() -> list[str]:
    sent: list[str] = []

    def carry(mail: EmailMessage) -> Reply:
        sent.extend(mail.to)
        return Reply(Outcome.ACCEPTED, "250")

    dispatch_due(at=NOW, hand_over=carry)
    return sent


@pytest.mark.parametrize("required", [True, False])
def test_who_agreed_before_the_call_is_asked_and_the_mail_is_handed_off(world: World, required: bool):
    caller_said(world, True)
    assert decided(consent_required=required).reason == "asked"
    assert handed_off() == ["ines@example.org"]


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


def test_who_refuses_the_channel_after_the_decision_is_not_written_to(world: World):
    caller_said(world, True)
    decided(consent_required=True)
    refuse(customer=world.ines, channel="email", purpose="survey", at=NOW)
    assert handed_off() == []
    assert Message.objects.get().reply == "the customer refused to be asked"


def test_without_the_word_of_its_call_a_question_does_not_leave(world: World):
    """Whatever made it: the last look knows the rule by itself."""
    version = ask.version(program=ask.program(kind="post_call"), consent_required=True)
    message = ask.message(invitation=ask.invitation(interaction=world.interaction, version=version))
    caller_said(world, True, late=True)
    assert objection(message=message, at=NOW) == "the customer refused to be asked"


def test_other_programs_do_not_hear_it(world: World):
    caller_said(world, False)
    assert decided(consent_required=False, kind=Program.Kind.TRANSACTIONAL).reason == "asked"
    assert handed_off() == ["ines@example.org"]


def test_a_replay_finds_the_same(world: World):
    caller_said(world, False)
    run = decided(consent_required=True).run_id
    call_command("trigger", replay=run)
