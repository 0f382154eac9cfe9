"""What the customer changes on their own page, and that it holds wherever it matters."""

import re
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.test import Client
from django.utils import timezone

from closedloop.services.raising import raise_signals
from closedloop.services.screening import screen
from closedloop.services.starting import set_up_defaults
from common.models import Event
from crm.models import Consent, ConsentWord, ContactPoint, Customer, Hold, Suppression
from crm.services.consenting import grant
from surveys.models import Answer, Decision, Invitation, InvitationToken, LanguageWish, Message, Refusal, Response
from surveys.models.dispositions import with_disposition
from surveys.services.explaining.sentences import explain
from surveys.services.own_page.links import end_links, person_behind
from surveys.services.own_page.wishing import choose_language, pause
from surveys.services.triggering.running import run_trigger
from tests.api import Caller
from tests.factories import crm as make_crm
from tests.factories import surveys as make
from tests.world import NOW

LONDON = ZoneInfo("Europe/London")  # where Ines' days begin and end


def untouched():
    rows = (Hold, LanguageWish, ConsentWord, Suppression)
    return [model.objects.count() for model in rows] == [0, 0, 2, 0]  # two words from the survey page


# --- pausing -------------------------------------------------------------------------------------------------------


def test_a_pause_stops_what_was_on_its_way_and_ends_on_its_day(world, answered, send, now):
    waiting = make.message(invitation=answered.invitation)
    assert send("pause", pause="91")["Location"].endswith("/?done=pause")
    held = Hold.objects.get()
    days = held.until.astimezone(LONDON).date() - now.astimezone(LONDON).date()
    assert (held.customer, held.kind, days) == (world.ines, "paused", timedelta(days=91))
    waiting.refresh_from_db()
    assert (waiting.state, waiting.reply) == ("cancelled", "the customer asked for a pause")


def test_a_paused_customer_is_not_asked_and_the_decision_says_so(world):
    make.version(interaction_kind=world.visit)
    pause(person=person_behind(world.ines.pk), until=NOW + timedelta(days=30), at=NOW)
    run_trigger(at=NOW)
    decision = Decision.objects.get()
    assert (decision.reason, explain(decision)) == ("on_hold", "The customer was on hold: paused by the customer.")
    assert not Message.objects.exists()


def test_until_further_notice_asks_once_more_and_changes_nothing_before(answered, send):
    page = send("pause", pause="ever")
    assert page.status_code == 200
    assert "Shall we not ask you until you say otherwise?" in page.content.decode()
    assert untouched()
    send("pause", pause="ever", sure="1")
    assert Hold.objects.get().until is None


def test_a_new_pause_takes_the_place_of_the_old_and_it_can_be_ended(answered, send, now):
    send("pause", pause="365")
    day = (now + timedelta(days=40)).date()
    send("pause", pause="day", day=str(day))
    assert Hold.objects.filter(released_at=None).get().until.astimezone(LONDON).date() == day
    send("resume")
    assert not Hold.objects.filter(kind="paused", released_at=None).exists()


@pytest.mark.parametrize("how", [{}, {"pause": "7"}, {"pause": "day"}])
@pytest.mark.parametrize("day", ["2020-01-01", "nonsense", "9999-12-31", ""])
def test_a_pause_that_is_none_is_refused_in_words(answered, send, how, day):
    page = send("pause", **how, day=day)
    assert page.status_code == 422
    assert 'role="alert"' in page.content.decode()
    assert untouched()


# --- language and address ------------------------------------------------------------------------------------------


def test_the_language_chosen_is_the_one_asked_in_whatever_the_source_says(world):
    make.version(interaction_kind=world.visit, wording={"en": {}, "fr": {}})
    choose_language(person=person_behind(world.ines.pk), language="fr", at=NOW)
    Customer.objects.filter(pk=world.ines.pk).update(language="en")
    run_trigger(at=NOW)
    assert Message.objects.get().invitation.language == "fr"


def test_the_language_is_a_row_each_time_it_changes(world, answered, send, token):
    send("language", language="ar")
    send("language", language="ar")
    assert [row.language for row in LanguageWish.objects.all()] == ["ar"]
    assert Event.objects.get(what="customer.language_chosen").data == {"language": "ar"}
    assert 'dir="rtl"' in Client().get(f"/me/{token}/").content.decode()
    assert send("language", language="tlh").status_code == 422


def test_the_address_chosen_goes_first_and_stays_first_when_the_source_sends_its_list(world, answered, send, token):
    second = ContactPoint.objects.create(
        customer=world.ines, channel="email", address="i@b.example", normalized="i@b.example", address_hash="ab" * 32
    )
    page = Client().get(f"/me/{token}/").content.decode()
    assert re.findall(r'<option value="([0-9a-f]{16})"', page)
    send("address", address="ab" * 8)
    points = [{"channel": "email", "address": "ines@example.org", "preferred": True},
              {"channel": "email", "address": "i@b.example"}]  # fmt: skip
    row = {"external_id": world.ines.external_id, "as_of": "2026-11-30T10:00:00Z", "contact_points": points}
    assert Caller(world.crm_secret).post("/customers", [row]).status_code == 200
    second.refresh_from_db()
    first = ContactPoint.objects.get(customer=world.ines, normalized="ines@example.org")
    assert (second.preferred, first.preferred) == (True, False)
    assert send("address", address="0" * 16).status_code == 422


# --- permissions ---------------------------------------------------------------------------------------------------


def test_each_permission_is_taken_back_on_its_own_with_its_evidence(answered, send):
    send("permit", permission="quote:email:no")
    word = ConsentWord.objects.get(purpose="quote", granted=False)
    assert (word.origin, word.wording, word.evidence) == ("own_page", "own page 1", "the customer's own page")
    assert Consent.objects.get(purpose="callback").granted
    response = Response.objects.get()
    assert (response.may_quote, response.callback, response.revision) == (False, True, 4)
    assert Answer.objects.get(revision=4).value is False


def test_passing_words_on_is_shown_where_there_was_a_word_on_it_and_taken_back(answered, send, token, now):
    assert send("permit", permission="forward:email:no").status_code == 422
    grant(customer=answered.customer, channel="email", purpose="forward", at=now - timedelta(minutes=1))
    Response.objects.update(may_forward=True)
    assert "Pass my words on to your partners" in Client().get(f"/me/{token}/").content.decode()
    send("permit", permission="forward:email:no")
    assert (Consent.objects.get(purpose="forward").granted, Response.objects.get().may_forward) == (False, False)


def test_who_takes_back_the_call_is_not_called(world, answered, send, now):
    set_up_defaults()
    raise_signals(at=now)
    screen(at=now)
    ticket = answered.customer.tickets.get()
    assert ticket.phone
    send("permit", permission="callback:phone:no")
    raise_signals(at=now + timedelta(minutes=1))
    screen(at=now + timedelta(minutes=1))
    ticket.refresh_from_db()
    assert (ticket.do_not_call, ticket.phone) == (True, "")


def test_what_is_allowed_anew_does_not_reach_back_to_earlier_answers(answered, send):
    send("permit", permission="quote:email:no")
    send("permit", permission="quote:email:yes")
    assert Consent.objects.get(purpose="quote").granted
    assert Response.objects.get().may_quote is False


def test_being_asked_is_taken_back_after_a_second_click_and_given_again(world, answered, send):
    waiting = make.message(invitation=answered.invitation)
    assert send("permit", permission="survey:email:no").status_code == 200
    assert untouched()
    send("permit", permission="survey:email:no", sure="1")
    waiting.refresh_from_db()
    assert waiting.state == "cancelled"
    assert (Consent.objects.get(purpose="survey").granted, Suppression.objects.get().reason) == (False, "unsubscribed")
    send("permit", permission="survey:email:yes")
    assert Consent.objects.get(purpose="survey").granted
    assert not Suppression.objects.exists()


def test_not_being_asked_ends_what_may_still_be_answered_as_refused(world, answered, send, now):
    def asked(*, days=30, state="handed_off", channel="email"):
        visit = make_crm.interaction(kind=world.visit, customer=world.ines, unit=world.harbour)
        row = make.invitation(
            interaction=visit, version=answered.version, created_at=now - timedelta(days=40),
            expires_at=now + timedelta(days=days), channel=channel,
        )  # fmt: skip
        make.message(invitation=row, state=state)
        return row

    rows = {
        "open": asked(), "nobody knows": asked(state="unknown"), "expired": asked(days=-1),
        "not sent": asked(state="pending"), "another channel": asked(channel="sms"), "answered": answered.invitation,
    }  # fmt: skip
    send("permit", permission="survey:email:no", sure="1")
    found = dict(with_disposition(Invitation.objects.all(), at=timezone.now()).values_list("pk", "disposition"))
    assert {name: found[row.pk] for name, row in rows.items()} == {
        "open": "refused", "nobody knows": "refused", "expired": "silent", "not sent": "not_asked",
        "another channel": "open", "answered": "partial",
    }  # fmt: skip
    assert set(Refusal.objects.values_list("how", flat=True)) == {"own_page"}
    send("permit", permission="survey:email:no", sure="1")
    assert Refusal.objects.count() == 2


@pytest.mark.parametrize("said", [{"permission": "survey:sms:no"}, {"permission": "x:no"},
                                  {"permission": "quote:email:maybe"}, {}])  # fmt: skip
def test_a_permission_that_is_not_on_the_page_is_refused(answered, send, said):
    assert send("permit", **said).status_code == 422
    assert untouched()


# --- the rest ------------------------------------------------------------------------------------------------------


def test_changing_an_answer_leads_to_the_survey_page(answered, send):
    there = send("answer", answer=str(answered.public_id))
    assert there.status_code == 303
    page = Client().get(there["Location"]).content.decode()
    assert "Your answer so far is <b>2</b>" in page
    assert InvitationToken.objects.count() == 1


def test_an_answer_of_somebody_else_or_past_its_window_cannot_be_changed(world, answered, send):
    stranger = make.response(unit=world.harbour, program=answered.program)
    for public_id in (stranger.public_id, "x"):
        assert send("answer", answer=str(public_id)).status_code == 422
    Response.objects.filter(pk=answered.pk).update(answered_at=datetime(2025, 1, 1, tzinfo=UTC))
    assert send("answer", answer=str(answered.public_id)).status_code == 422
    assert not InvitationToken.objects.exists()


def test_ending_all_links_asks_once_more_and_then_closes_the_page(answered, send, token):
    assert send("end").status_code == 200
    assert Client().get(f"/me/{token}/").status_code == 200
    assert "Nobody can open your page" in send("end", sure="1").content.decode()
    assert Client().get(f"/me/{token}/").status_code == 404


def test_once_all_links_are_ended_a_survey_link_that_was_sent_before_leads_to_the_page_no_more(answered, now):
    def own_page_from_thanks(issued_at):
        token = InvitationToken.issue(answered.invitation, "survey", at=issued_at)
        thanks = Client().get(f"/s/{token}/thanks/").content.decode()
        return Client().get(re.search(r'href="[^"]*(/me/[^"]+)"', thanks)[1]).status_code

    assert own_page_from_thanks(now - timedelta(hours=2)) == 200
    end_links(person=person_behind(answered.customer_id), at=now - timedelta(hours=1))
    assert own_page_from_thanks(now - timedelta(hours=2)) == 404
    assert own_page_from_thanks(now) == 200


@pytest.mark.parametrize("nonce", [None, "", "x", "page:1abc:forged"])
def test_without_a_page_of_this_link_before_it_no_post_changes_anything(answered, send, nonce):
    for what, fields in (("pause", {"pause": "30"}), ("language", {"language": "fr"}), ("resume", {}),
                         ("permit", {"permission": "quote:email:no"}), ("end", {"sure": "1"})):  # fmt: skip
        assert send(what, **{**fields, "nonce": nonce}).status_code == 422
    assert untouched()


def test_a_verb_that_does_not_exist_leads_back_to_the_page(answered, send, token):
    assert send("erase")["Location"] == f"/me/{token}/"
    assert untouched()


def test_the_token_is_nowhere_in_the_history_of_consent(answered, send, token):
    send("permit", permission="quote:email:no")
    (context,) = {event.pgh_context.metadata["url"] for event in Consent.pgh_event_model.objects.filter(granted=False)}
    assert context == "/me/<str:token>/change/"
