"""What the customer said, step by step."""

from base64 import urlsafe_b64decode
from datetime import timedelta
from functools import reduce
from hashlib import sha256
from operator import and_, or_
from threading import Barrier, Thread

import pytest
from django.db import connection

from common.models import Event
from crm.models import ContactPoint
from surveys.models import Answer, InvitationToken, Message, Response
from surveys.services.answering import AnswerRefused, find_invitation, record_comment, record_score
from surveys.services.finishing import finish
from surveys.services.permitting import record_consent
from tests.factories import crm as make_crm
from tests.factories import surveys as make
from tests.world import NOW, build_world

SURVEY, UNSUBSCRIBE = InvitationToken.Purpose.SURVEY, InvitationToken.Purpose.UNSUBSCRIBE


@pytest.fixture
def invitation(world):
    return make.invitation(interaction=world.interaction)


@pytest.fixture
def answered(invitation):
    return record_score(invitation=invitation, score=3, at=NOW)


def carried(response):
    """As if the stages above had taken the answer in."""
    Response.objects.filter(pk=response.pk).update(signalled_at=NOW, folded_at=NOW)


def consent(response, **fields):
    given = {"callback": True, "phone": "", "best_time": "any", "may_quote": False, "at": NOW, **fields}
    return record_consent(response=response, **given)


# --- links ---------------------------------------------------------------------------------------------------------


def test_a_survey_link_finds_its_invitation(invitation):
    assert find_invitation(token=make.token(invitation), purpose=SURVEY, at=NOW) == invitation


def test_a_link_holds_at_least_128_random_bits_of_which_only_the_hash_is_stored(invitation):
    tokens = [make.token(invitation) for _ in range(64)]
    bits = [int.from_bytes(urlsafe_b64decode(token + "=" * (-len(token) % 4))) for token in tokens]
    ever, always = reduce(or_, bits), reduce(and_, bits)
    assert (ever & ~always).bit_count() >= 128  # as many differ from link to link
    stored = InvitationToken.objects.values_list("hash", flat=True)
    assert set(stored) == {sha256(token.encode()).hexdigest() for token in tokens}
    rows = str(list(InvitationToken.objects.values()))
    assert not any(token in rows for token in tokens)


@pytest.mark.parametrize("altered", ["", "unknown", "é\x00", "x" * 5000])
def test_an_unknown_link_finds_nothing(invitation, altered):
    assert find_invitation(token=altered, purpose=SURVEY, at=NOW) is None


def test_a_link_with_one_letter_changed_finds_nothing(invitation):
    token = make.token(invitation)
    assert find_invitation(token=token[:-1] + ("A" if token[-1] != "A" else "B"), purpose=SURVEY, at=NOW) is None


def test_an_expired_survey_link_finds_nothing(invitation):
    assert find_invitation(token=make.token(invitation), purpose=SURVEY, at=invitation.expires_at) is None


def test_a_link_to_unsubscribe_opens_no_survey(invitation):
    assert find_invitation(token=make.token(invitation, UNSUBSCRIBE), purpose=SURVEY, at=NOW) is None


@pytest.mark.parametrize("purpose", [SURVEY, UNSUBSCRIBE])
def test_a_wish_not_to_be_asked_is_heard_after_the_survey_expired(invitation, purpose):
    late = invitation.expires_at + timedelta(days=365)
    assert find_invitation(token=make.token(invitation, purpose), purpose=UNSUBSCRIBE, at=late) == invitation


def test_finding_takes_one_query_whatever_the_link(invitation, django_assert_num_queries):
    for token in (make.token(invitation), "unknown", make.token(invitation, UNSUBSCRIBE)):
        with django_assert_num_queries(1):
            find_invitation(token=token, purpose=SURVEY, at=NOW)


# --- score ---------------------------------------------------------------------------------------------------------


def test_a_score_is_attributed_as_the_packet_says(world, invitation):
    world.interaction.product = "mortgage"  # changed since; the packet is what counts
    world.interaction.save()
    response = record_score(invitation=invitation, score=9, at=NOW)
    assert (response.score, response.category, response.revision, response.status) == (9, "promoter", 1, "partial")
    assert (response.unit, response.employee, response.customer) == (world.harbour, world.jonas, world.ines)
    assert (response.interaction, response.product, response.attributes) == (
        world.interaction,
        "current account",
        {"wait_minutes": 12},
    )
    assert (response.channel, response.language, response.answered_at) == ("email", "en", NOW)


def test_an_answer_by_a_link_came_by_the_channel_that_asked(world):
    invitation = make.invitation(interaction=world.interaction, channel="sms")
    assert record_score(invitation=invitation, score=9, at=NOW).channel == "sms"


def test_a_score_leaves_an_answer_and_an_event(answered):
    assert list(answered.answers.values_list("revision", "question", "value")) == [(1, "score", 3)]
    event = Event.objects.about(answered).get()
    assert (event.what, event.data) == ("response.scored", {"score": 3, "revision": 1})


def test_an_answer_nudges_the_closed_loop(invitation, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks() as nudges:
        record_score(invitation=invitation, score=3, at=NOW)
    assert len(nudges) == 1


def test_the_same_score_again_is_no_new_revision(invitation, answered):
    carried(answered)
    again = record_score(invitation=invitation, score=3, at=NOW + timedelta(hours=1))
    assert (again.pk, again.revision, again.signalled_at) == (answered.pk, 1, NOW)
    assert Answer.objects.count() == Event.objects.count() == 1


def test_a_changed_score_is_a_revision_that_travels_up_again(invitation, answered):
    carried(answered)
    later = NOW + timedelta(days=2)
    changed = record_score(invitation=invitation, score=8, at=later)
    assert (changed.pk, changed.score, changed.category, changed.revision) == (answered.pk, 8, "passive", 2)
    assert (changed.answered_at, changed.updated_at) == (NOW, later)
    changed.refresh_from_db()
    assert changed.signalled_at is None
    assert changed.folded_at is None
    assert list(changed.answers.order_by("revision").values_list("value", flat=True)) == [3, 8]


def test_a_score_cannot_change_after_the_edit_window(world):
    invitation = make.invitation(interaction=world.interaction, version=make.version(edit_days=2))
    record_score(invitation=invitation, score=3, at=NOW)
    with pytest.raises(AnswerRefused) as refusal:
        record_score(invitation=invitation, score=8, at=NOW + timedelta(days=2))
    assert refusal.value.code == "closed"
    assert Response.objects.get().score == 3
    assert Answer.objects.count() == 1


def test_an_expired_invitation_takes_no_score(invitation):
    with pytest.raises(AnswerRefused):
        record_score(invitation=invitation, score=3, at=invitation.expires_at)
    assert not Response.objects.exists()


@pytest.mark.parametrize("score", [-1, 11, True])
def test_a_score_off_the_scale_stores_nothing(invitation, score):
    with pytest.raises(AnswerRefused):
        record_score(invitation=invitation, score=score, at=NOW)
    assert not Response.objects.exists()


def test_an_answer_on_another_scale_has_no_category(world):
    invitation = make.invitation(interaction=world.interaction, version=make.version(scale_min=1, scale_max=5))
    response = record_score(invitation=invitation, score=5, at=NOW)
    assert (response.scale_min, response.scale_max, response.category) == (1, 5, "")


def test_an_answer_cancels_what_is_still_to_be_sent(invitation):
    sent = make.message(invitation=invitation, state="handed_off")
    reminder = make.message(invitation=invitation, kind="reminder")
    record_score(invitation=invitation, score=3, at=NOW)
    assert list(
        Message.objects.filter(pk__in=[sent.pk, reminder.pk]).order_by("pk").values_list("state", flat=True)
    ) == [
        "handed_off",
        "cancelled",
    ]


def test_a_script_that_changes_an_answer_endlessly_is_stopped(invitation, answered):
    Response.objects.update(revision=200)
    with pytest.raises(AnswerRefused):
        record_score(invitation=invitation, score=8, at=NOW)
    assert Response.objects.get().score == 3


# --- words ---------------------------------------------------------------------------------------------------------


def test_a_comment_is_stored_cleaned_as_the_next_revision(answered):
    carried(answered)
    response = record_comment(response=answered, text=" Waited\x00 an hour \u202e😀\r\n", at=NOW)
    assert (response.comment, response.comment_truncated, response.revision) == ("Waited an hour 😀", False, 2)
    assert Response.objects.get().signalled_at is None
    assert list(Answer.objects.filter(revision=2).values_list("question", "value")) == [
        ("comment", "Waited an hour 😀")
    ]


def test_the_same_comment_again_is_no_new_revision(answered):
    record_comment(response=answered, text="Slow", at=NOW)
    assert record_comment(response=answered, text="Slow ", at=NOW).revision == 2


def test_a_very_long_comment_is_cut_and_says_so(answered):
    response = record_comment(response=answered, text="a" * 10_000_000, at=NOW)
    assert (len(response.comment), response.comment_truncated) == (10_000, True)


def test_the_trail_of_a_comment_holds_no_words_of_it(answered):
    record_comment(response=answered, text="Waited an hour", at=NOW)
    assert Event.objects.get(what="response.commented").data == {"revision": 2}


def test_a_comment_after_the_edit_window_changes_nothing(answered):
    with pytest.raises(AnswerRefused):
        record_comment(response=answered, text="Late", at=NOW + timedelta(days=30))
    assert Response.objects.get().comment == ""


# --- permissions ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("written", ["020 7946 0999", "+44 20 7946 0999", "(020) 79460999"])
def test_a_number_is_read_with_the_country_of_the_branch(answered, written):
    response = consent(answered, phone=written, best_time="afternoon", may_quote=True)
    assert (response.callback, response.callback_phone, response.callback_time) == (True, "+442079460999", "afternoon")
    assert (response.may_quote, response.revision) == (True, 2)


def test_an_empty_number_means_the_one_we_have(answered):
    assert consent(answered).callback_phone == "+442079460471"


def test_the_number_we_have_may_stand_in_any_row_of_the_person(answered, world):
    ContactPoint.objects.filter(channel="phone").delete()
    make_crm.customer(phone="+442079460999", canonical=world.ines, canonical_since=NOW)
    assert consent(answered).callback_phone == "+442079460999"


@pytest.mark.parametrize("written", ["12", "call me", "+1 000 000 0000", "\x00"])
def test_what_is_no_number_is_refused_and_nothing_changes(world, answered, written):
    ContactPoint.objects.filter(channel="phone").delete()
    with pytest.raises(AnswerRefused) as refusal:
        consent(answered, phone=written)
    assert refusal.value.code == "phone"
    response = Response.objects.get()
    assert (response.callback, response.callback_phone, response.revision) == (None, "", 1)


def test_who_wants_no_call_leaves_no_number(answered):
    consent(answered, phone="020 7946 0999")
    response = consent(answered, callback=False, phone="020 7946 0999")
    assert (response.callback, response.callback_phone, response.callback_time) == (False, "", "")


def test_the_same_permissions_again_are_no_new_revision(answered):
    assert [consent(answered).revision for _ in range(3)] == [2, 2, 2]


def test_permissions_reach_the_customers_consents(answered, world):
    consent(answered, may_quote=True)
    assert dict(world.ines.consents.values_list("purpose", "granted")) == {"callback": True, "quote": True}
    consent(answered, callback=False, may_quote=False)
    assert dict(world.ines.consents.values_list("purpose", "granted")) == {"callback": False, "quote": False}


def test_a_box_left_empty_is_no_refusal(answered, world):
    consent(answered, may_quote=False)
    assert dict(world.ines.consents.values_list("purpose", "granted")) == {"callback": True}


def test_finishing_counts_once_and_is_no_revision(answered):
    finish(response=answered, at=NOW)
    response = finish(response=answered, at=NOW + timedelta(hours=1))
    assert (response.status, response.completed_at, response.revision) == ("complete", NOW, 1)


# --- race ----------------------------------------------------------------------------------------------------------


def in_parallel(times, work):
    """Run `work(number)` in `times` real threads, each with a connection of its own, started together."""
    start, failures = Barrier(times), []

    def run(number):
        try:
            start.wait()
            work(number)
        except Exception as error:  # noqa: BLE001 - reported below
            failures.append(error)
        finally:
            connection.close()

    threads = [Thread(target=run, args=[number]) for number in range(times)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []


@pytest.mark.django_db(transaction=True)
def test_fifty_scores_at_once_make_one_response():
    invitation = make.invitation(interaction=build_world().interaction)
    in_parallel(50, lambda _: record_score(invitation=invitation, score=3, at=NOW))
    assert (Response.objects.count(), Answer.objects.count(), Event.objects.count()) == (1, 1, 1)


@pytest.mark.django_db(transaction=True)
def test_two_devices_at_once_leave_every_revision_in_order():
    invitation = make.invitation(interaction=build_world().interaction)
    in_parallel(11, lambda number: record_score(invitation=invitation, score=number, at=NOW))
    response = Response.objects.get()
    values = list(response.answers.order_by("revision").values_list("revision", "value"))
    assert [revision for revision, _ in values] == list(range(1, 12))
    assert values[-1][1] == response.score


def test_a_permission_not_asked_for_is_neither_given_nor_refused(answered):
    response = consent(answered, callback=None, may_quote=None, best_time="morning")
    assert response.may_quote is None
    assert not response.answers.filter(question="quote").exists()
