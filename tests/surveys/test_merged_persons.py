"""Asking people who are known twice: what counts from before and after a merge, at the decision and before sending."""

from __future__ import annotations

from datetime import timedelta

import pytest

from common.senders import Outcome, Reply
from crm.models import Hold
from crm.services.consenting import grant, refuse
from crm.services.holding import hold
from crm.services.merging import merge, undo
from surveys.models import Decision, Invitation, Message, Reason
from surveys.services.dispatching import dispatch_due
from surveys.services.rechecking import objection
from surveys.services.triggering.running import run_trigger
from surveys.services.voices import voices_of
from tests.factories import crm as make
from tests.factories import surveys as ask
from tests.world import NOW


def ago(**time):
    return NOW - timedelta(**time)


def reason():
    run_trigger(at=NOW)
    return Decision.objects.get().reason


@pytest.fixture
def merged(world):
    """Ines refused five days ago; her twin agreed four days ago; they were merged yesterday."""
    twin = make.customer(given_name="Inès")
    refuse(customer=world.ines, channel="email", purpose="survey", at=ago(days=5))
    grant(customer=twin, channel="email", purpose="survey", at=ago(days=4))
    ask.version()
    return merge(kept=world.ines, merged=twin, at=ago(days=1))


def test_of_words_from_before_the_merge_the_stricter_one_counts(merged):
    assert reason() == Reason.REFUSED


def test_what_is_said_after_the_merge_counts(merged):
    grant(customer=merged.merged, channel="email", purpose="survey", at=ago(hours=1))
    assert reason() == Reason.ASKED


def test_once_undone_each_has_their_own_word(merged, world):
    undo(merge=merged, at=ago(hours=1))
    grant(customer=world.ines, channel="email", purpose="survey", at=ago(minutes=30))
    refuse(customer=merged.merged, channel="email", purpose="survey", at=ago(minutes=10))
    assert reason() == Reason.ASKED


def test_a_merge_between_decision_and_hand_off_is_minded(world):
    twin = make.customer()
    grant(customer=world.ines, channel="email", purpose="survey", at=ago(days=1))
    refuse(customer=twin, channel="email", purpose="survey", at=ago(days=2))
    ask.version()
    assert reason() == Reason.ASKED
    message = Message.objects.get()
    assert objection(message=message, at=NOW) == ""
    row = merge(kept=twin, merged=world.ines, at=NOW)
    assert objection(message=message, at=NOW) == "the customer refused to be asked"
    undo(merge=row, at=NOW)
    hold(customer=world.ines, kind=Hold.Kind.LEGAL, cause="x", at=NOW, until=NOW + timedelta(hours=1))
    assert objection(message=message, at=NOW) == "on hold: Legal"
    assert objection(message=message, at=NOW + timedelta(hours=1)) == ""


def test_a_mailbox_written_to_under_a_merge_that_was_undone_is_not_written_to_again(world):
    world.ines.contact_points.filter(channel="email").delete()
    twin = make.customer(email="twin@example.org")
    row = merge(kept=world.ines, merged=twin, at=ago(days=2))
    ask.version()
    assert reason() == Reason.ASKED
    assert dispatch_due(at=NOW, hand_over=lambda mail: Reply(Outcome.ACCEPTED, "250")) == {"handed_off": 1}
    undo(merge=row, at=NOW)
    make.interaction(kind=world.visit, customer=twin, unit=world.mill)
    run_trigger(at=NOW)
    message = Message.objects.get(invitation__customer=twin)
    assert objection(message=message, at=NOW + timedelta(days=29)) == "asked recently about something else"
    assert objection(message=message, at=NOW + timedelta(days=90)) == "the invitation has expired"


def answered(world):
    at = ago(days=3)
    ask.response(unit=world.harbour, program=ask.program(), customer=world.ines, score=9, answered_at=at)


def test_the_packet_carries_the_details_that_count_for_the_person(world, settings):
    settings.SOURCE_RANKS = ["ledger", "crm"]
    twin = make.customer(source="ledger", given_name="Inès", language="fr", as_of=NOW + timedelta(minutes=1))
    merge(kept=world.ines, merged=twin, at=ago(days=1))
    ask.version(wording={"en": {}, "fr": {}})
    run_trigger(at=NOW)
    said = Invitation.objects.get().packet["customer"]
    assert said == {"given_name": "Inès", "language": "fr"}


# --- what the members of an account say ------------------------------------------------------------------------------


def test_an_account_whose_key_contacts_are_silent_is_flagged(world):
    account = make.account(members=[(world.ines, "user", 1), (make.customer(), "decision_maker", 3)])
    answered(world)
    (chorus,) = voices_of(accounts=[account], principal=world.operator, at=NOW)
    assert (chorus.members, chorus.answered, chorus.coverage) == (2, 1, 0.5)
    assert (chorus.answered_weight, chorus.weight) == (1, 4)
    assert (chorus.silent_key, chorus.single) == (True, True)
    assert [(voice.role, voice.score) for voice in chorus.voices] == [("decision_maker", None), ("user", 9)]


@pytest.mark.parametrize("member", ["kept", "merged", "third"])
def test_an_answer_counts_for_the_member_under_whichever_row_of_the_person_it_was_given(world, member):
    rows = {"kept": make.customer(), "merged": world.ines, "third": make.customer()}
    account = make.account(members=[(rows[member], "decision_maker", 3), (make.customer(), "user", 1)])
    answered(world)
    for name in ("merged", "third"):
        merge(kept=rows["kept"], merged=rows[name], at=ago(days=1))
    (chorus,) = voices_of(accounts=[account], principal=world.operator, at=NOW)
    assert (chorus.members, chorus.answered, chorus.silent_key) == (2, 1, False)
    assert [voice.score for voice in chorus.voices] == [9, None]


def test_members_out_of_sight_are_counted_and_not_named(world):
    account = make.account(members=[(world.ines, "holder", 1), (make.customer(unit=world.station), "user", 1)])
    answered(world)
    (chorus,) = voices_of(accounts=[account], principal=world.elsa.user, at=NOW)
    assert (chorus.members, chorus.answered, chorus.silent_key) == (2, 1, False)
    assert [voice.score for voice in chorus.voices] == [None]
