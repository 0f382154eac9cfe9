"""What the customer hears, in their language and at an hour that suits; letters that repeat others; replies."""

import html
import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
import time_machine
from django.conf import settings
from django.core import mail
from django.test import Client

from closedloop.errors import LooksCanned, TicketRefused
from closedloop.models import CustomerReply, Letter, Ticket
from closedloop.services.corresponding import hear_reply
from closedloop.services.lettering import send_letters
from closedloop.services.noting import read_notes
from common.models import Event
from common.models.outgoing import State
from crm.models import ContactPoint, Hold, Suppression
from surveys.models import ContactLedger, Passage, Topic
from surveys.services.classifying.editing import set_rule
from surveys.services.own_page.links import person_behind, token_for
from surveys.services.own_page.wishing import choose_language
from tests.api import Caller, errors
from tests.factories import closedloop as make
from tests.factories import crm
from tests.world import NOW

LATER = NOW + timedelta(hours=2)
NIGHT = datetime(2026, 11, 24, 23, 30, tzinfo=UTC)
WORDS = "I am sorry that you waited for an hour. We open the second counter at noon from Monday on."
OTHER = "Your fee of 12.50 is back on your account. The machine that took it twice has been repaired."


def write(ticket, by=None, text=WORDS, at=LATER, **more) -> Letter:
    return ticket.write_letter(text=text, by=by, at=at, **more)


def ticket_of_another(world) -> Ticket:
    """Of another customer of Harbour."""
    other = crm.customer(given_name="Omar", unit=world.harbour, email="omar@example.org")
    return make.ticket(make.answer(crm.interaction(kind=world.visit, customer=other, unit=world.harbour)))


def refused(message, ticket, **said) -> None:
    before = Letter.objects.count(), Event.objects.count()
    with pytest.raises(TicketRefused, match=message):
        write(ticket, **said)
    assert (Letter.objects.count(), Event.objects.count()) == before


# --- writing and sending ---------------------------------------------------------------------------------------------


def test_a_letter_goes_out_with_what_was_done_and_what_they_wrote(world, ticket):
    letter = write(ticket, world.helen.user)
    assert send_letters(at=LATER) == {"handed_off": 1}
    letter.refresh_from_db()
    assert (letter.state, letter.by, letter.language) == (State.HANDED_OFF, world.helen.user, "en")
    (sent,) = mail.outbox
    assert (sent.to, sent.subject) == (["ines@example.org"], f"What we did about your answer to {settings.COMPANY}")
    page = sent.alternatives[0][0]
    for body in (sent.body, html.unescape(page)):
        for part in (
            "Dear Ines,",
            WORDS,
            "Helen, Harbour",
            "You wrote on 24 November 2026:",
            "I waited an hour.",
            "/me/",
        ):
            assert part in body
    assert "List-Unsubscribe" not in sent.extra_headers


def test_a_letter_that_went_out_after_the_attempts_is_the_written_note(ticket):
    write(ticket, text=OTHER)  # before anybody tried
    send_letters(at=LATER)
    day = timedelta(days=1)
    for number in range(3):
        ticket.record_attempt(outcome="no_answer", note="", by=None, at=LATER + number * day)
    late = LATER + 2 * day
    write(ticket, at=late)
    with pytest.raises(TicketRefused, match="only after a written note"):  # it has not gone out
        ticket.close(outcome="unreached", summary="", by=None, at=late)
    send_letters(at=late)
    ticket.close(outcome="unreached", summary="", by=None, at=late)
    assert ticket.closure.outcome == "unreached"


def test_it_is_sent_once(ticket):
    write(ticket)
    send_letters(at=LATER)
    assert send_letters(at=LATER) == {}
    assert len(mail.outbox) == 1


def test_the_frame_speaks_the_customers_language(world, ticket):
    choose_language(person=person_behind(world.ines.pk), language="fr", at=NOW)
    assert write(ticket).language == "fr"
    send_letters(at=LATER)
    (sent,) = mail.outbox
    assert sent.subject == f"Ce que nous avons fait de votre réponse à {settings.COMPANY}"
    for part in ("Ines,", "Vous avez écrit le 24 novembre 2026", WORDS):
        assert part in sent.body


def test_a_language_we_do_not_speak_falls_back_on_the_houses(world, ticket):
    world.ines.language = "pl"
    world.ines.save()
    assert write(ticket).language == "en"


def test_it_waits_for_the_end_of_the_quiet_hours(ticket):
    write(ticket, at=NIGHT)
    assert send_letters(at=NIGHT) == {"pending": 1}
    assert Letter.objects.get().state == State.PENDING
    assert send_letters(at=datetime(2026, 11, 25, 9, tzinfo=UTC)) == {"handed_off": 1}


def test_it_is_no_contact_under_the_contact_rules(ticket):
    write(ticket)
    send_letters(at=LATER)
    assert not ContactLedger.objects.exists()


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda world, point: ContactPoint.objects.update(unusable_since=NOW), "no address"),
        (
            lambda world, point: Suppression.objects.create(
                channel="email", address_hash=point.address_hash, reason="complained", at=NOW
            ),
            "the address is suppressed: Complained",
        ),
        (
            lambda world, point: Hold.objects.create(customer=world.ines, kind="bereavement", since=NOW),
            "on hold: Bereavement",
        ),
    ],
    ids=["unusable", "suppressed", "bereavement"],
)
def test_what_bars_a_letter_bars_it_when_it_is_written_and_when_it_leaves(world, ticket, spoil, message):
    letter = write(ticket)
    spoil(world, ContactPoint.objects.get(channel="email", customer=world.ines))
    refused(message, ticket, text=OTHER)
    tally = send_letters(at=LATER)
    letter.refresh_from_db()
    assert (dict(tally), letter.state, mail.outbox) == ({"cancelled": 1}, State.CANCELLED, [])
    assert message.rpartition(": ")[2] in letter.reply


def test_an_open_ticket_or_a_pause_of_asking_bars_no_letter(world, ticket):
    Hold.objects.create(customer=world.ines, kind="paused", since=NOW)
    write(ticket)
    assert send_letters(at=LATER) == {"handed_off": 1}


def test_nobody_known_cannot_be_written_to(world):
    nameless = make.answer(world.interaction, callback_phone="+442079460472", callback=True, customer=None)
    ticket = make.ticket(nameless)
    refused("nobody knows who", ticket)


def test_an_empty_letter_is_refused(ticket):
    refused("in your own words", ticket, text=" ")


# --- letters that repeat others --------------------------------------------------------------------------------------


def test_nearly_the_letter_to_somebody_else_is_refused_with_the_earlier_one(world, ticket):
    write(ticket_of_another(world), text=WORDS)
    with pytest.raises(LooksCanned, match=r"nearly the letter of 24 November.*I am sorry that you waited"):
        write(ticket, text=WORDS.replace("an hour", "two hours"))
    assert ticket.letters.count() == 0


def test_its_author_may_insist_and_the_likeness_is_kept(world, ticket):
    first = write(ticket_of_another(world))
    letter = write(ticket, sure=True)
    assert (letter.nearest, letter.likeness, letter.is_canned) == (first, Decimal("1.000"), True)


def test_a_letter_of_its_own_is_none(world, ticket):
    write(ticket_of_another(world), text=OTHER)
    letter = write(ticket)
    assert Decimal(0) < letter.likeness < Decimal("0.3")
    assert not letter.is_canned


def test_the_same_customer_or_another_unit_is_not_compared(world, ticket):
    write(ticket)
    assert write(ticket).likeness is None
    elsewhere = crm.customer(given_name="Elin", unit=world.station, email="elin@example.org")
    there = make.ticket(make.answer(crm.interaction(kind=world.visit, customer=elsewhere, unit=world.station)))
    assert write(there).likeness is None


def test_only_the_units_last_letters_are_compared(world, ticket, monkeypatch, django_assert_num_queries):
    other = ticket_of_another(world)
    write(other)
    old = Letter.objects.get()
    Letter.objects.bulk_create(
        Letter(ticket=other, text=f"{OTHER} {number}", language="en", at=NOW, due_at=NOW) for number in range(200)
    )
    with django_assert_num_queries(1):
        near = Letter.objects.nearest_to(WORDS, unit=ticket.unit_id, customer=ticket.customer_id)
    assert near.letter != old
    assert near.share < Decimal("0.3")


def test_the_page_warns_and_sends_it_all_the_same(world, client, ticket):
    write(ticket_of_another(world))
    client.force_login(world.helen.user)
    there = f"/tickets/{ticket.public_id}/letters"
    assert 'name="sure"' not in client.get(f"/tickets/{ticket.public_id}/").content.decode()
    answer = client.post(there, {"version": 1, "letter": WORDS})
    assert answer.status_code == 422
    page = answer.content.decode()
    assert "100 % alike" in page
    assert 'name="sure"' in page
    assert client.post(there, {"version": 1, "letter": WORDS, "sure": "on"}).status_code == 302
    assert ticket.letters.get().is_canned


def test_the_office_sees_the_share(world, client, ticket):
    with time_machine.travel(LATER, tick=False):
        write(ticket_of_another(world))
        write(ticket, sure=True)
        client.force_login(world.olivia.user, backend="django.contrib.auth.backends.ModelBackend")
        page = client.get("/admin/closedloop/letter/").content.decode()
        assert "2 letters in the last 90 days; 1 (50 %) nearly the same" in page
        assert "1 (50 %)" in client.get("/admin/closedloop/letter/", {"canned": "yes"}).content.decode()
        client.force_login(world.elsa.user, backend="django.contrib.auth.backends.ModelBackend")
        assert "No letters in the last 90 days" in client.get("/admin/closedloop/letter/").content.decode()


# --- the customer's own page -----------------------------------------------------------------------------------------


@pytest.fixture
def sent(world, ticket) -> Letter:
    write(ticket, world.helen.user)
    send_letters(at=LATER)
    return Letter.objects.get()


@pytest.fixture
def clock():
    with time_machine.travel(LATER, tick=False):
        yield


def own(world) -> str:
    return f"/me/{token_for(world.ines.pk, at=NOW)}/"


def reply_on_the_page(world, letter, words):
    there = own(world)  # sealed anew each time
    page = Client().get(there).content.decode()
    nonce = re.search(r'name="nonce" value="([^"]+)"', page)[1]
    said = {"what": "reply", "nonce": nonce, "letter": str(letter.public_id), "words": words}
    return Client().post(f"{there}change/", said)


def test_the_thread_stands_on_the_customers_own_page(world, sent, clock):
    answer = reply_on_the_page(world, sent, "Thank you, <b>that</b> helps.")
    assert answer.status_code in {302, 303}, re.sub("<[^>]+>", " ", answer.content.decode())[:900]
    page = Client().get(own(world)).content.decode()
    place = [
        page.index(words)
        for words in ("I waited an hour.", html.escape(WORDS), "Thank you, &lt;b&gt;that&lt;/b&gt; helps.")
    ]
    assert place == sorted(place)
    assert "24 November 2026, Helen" in page


def test_a_letter_that_has_not_gone_out_is_not_shown(world, ticket, clock):
    write(ticket)
    assert "What we wrote to you" not in Client().get(own(world)).content.decode()


def test_a_reply_attaches_to_the_open_ticket(world, ticket, sent, clock):
    reply_on_the_page(world, sent, "It happened again.")
    reply = CustomerReply.objects.get()
    assert (reply.ticket, reply.letter, reply.text) == (ticket, sent, "It happened again.")
    assert Event.objects.about(ticket).first().what == "ticket.reply_heard"


def test_a_reply_to_a_closed_ticket_takes_it_up_again(world, ticket, sent):
    ticket.close(outcome="no_action", summary="Written to.", by=None, at=LATER)
    assert hear_reply([world.ines.pk], str(sent.public_id), "It happened again.", LATER)
    ticket.refresh_from_db()
    assert ticket.is_open
    assert ticket.closures.get().reopened_why == "The customer wrote back."


def test_a_reply_goes_to_the_ticket_that_is_open_by_now(world, ticket, sent):
    ticket.close(outcome="no_action", summary="Written to.", by=None, at=LATER)
    later = LATER + timedelta(days=2)
    again = make.ticket(make.answer(crm.interaction(kind=world.visit, customer=world.ines, unit=world.harbour),
                                    answered_at=later), at=later)  # fmt: skip
    hear_reply([world.ines.pk], str(sent.public_id), "And again.", later)
    assert CustomerReply.objects.get().ticket == again


def test_the_same_words_twice_are_one_reply(world, sent):
    for _ in range(2):
        assert hear_reply([world.ines.pk], str(sent.public_id), "Thank you.", LATER)
    assert CustomerReply.objects.count() == 1


def test_nobody_elses_letter_can_be_answered(world, sent):
    other = crm.customer(given_name="Omar", unit=world.harbour)
    assert not hear_reply([other.pk], str(sent.public_id), "Hello.", LATER)
    assert not hear_reply([world.ines.pk], str(sent.public_id), " ", LATER)
    assert not CustomerReply.objects.exists()


def test_what_they_wrote_back_gets_its_topics(world, sent):
    topic = Topic.objects.create(code="fees", name="Fees")
    set_rule(topic=topic, language="en", expression="fee", by=None, at=NOW)
    hear_reply([world.ines.pk], str(sent.public_id), "Thank you, but the fees are still too high, says Ines.", LATER)
    while read_notes(at=LATER):
        pass
    passage = Passage.objects.get(kind=Passage.Kind.REPLY)
    assert passage.text == "Thank you, but the fees are still too high, says [name]."
    assert [(hit.topic, passage.unit) for hit in passage.topics.all()] == [(topic, world.harbour)]


def test_an_empty_reply_says_so(world, sent, clock):
    answer = reply_on_the_page(world, sent, " ")
    assert answer.status_code == 422
    assert "Please write something first." in answer.content.decode()


def test_the_story_holds_letter_and_reply(world, client, sent):
    hear_reply([world.ines.pk], str(sent.public_id), "Thank you.", LATER)
    client.force_login(world.helen.user)
    page = client.get(f"/tickets/{sent.ticket.public_id}/").content.decode()
    assert "Wrote to them" in page
    assert "They wrote back" in page


def test_what_they_wrote_back_is_shown_with_personal_data_hidden_save_to_themselves_and_to_who_may_see_it(
    world, client, sent, clock
):
    written, shown = "Ines here: ring 020 7946 0471.", "[name] here: ring [phone]."
    hear_reply([world.ines.pk], str(sent.public_id), written, LATER)
    ticket_page, seen = f"/tickets/{sent.ticket.public_id}/", f"/customers/{world.ines.reference}/own-page/"
    client.force_login(world.helen.user, backend="django.contrib.auth.backends.ModelBackend")
    for address in (ticket_page, seen):
        page = client.get(address).content.decode()
        assert shown in page
        assert written not in page
    answer = Caller(world.crm_secret).get(f"/tickets/{sent.ticket.public_id}").json()
    assert [reply["text"] for reply in answer["replies"]] == [shown]
    assert written in Client().get(own(world)).content.decode()
    client.force_login(world.olivia.user, backend="django.contrib.auth.backends.ModelBackend")
    assert written in client.get(ticket_page).content.decode()
    assert shown in client.get(seen).content.decode()


def test_a_letter_is_read_with_personal_data_hidden_by_who_did_not_write_it(world, client, ticket, clock):
    write(ticket, world.helen.user, text="Dear Ines, I rang 020 7946 0471 in vain.")
    send_letters(at=LATER)
    shown = "Dear [name], I rang [phone] in vain."
    letter = Letter.objects.get()
    client.force_login(world.helen.user, backend="django.contrib.auth.backends.ModelBackend")
    assert shown in client.get(f"/customers/{world.ines.reference}/own-page/").content.decode()
    assert Caller(world.crm_secret).get(f"/tickets/{ticket.public_id}").json()["letters"][0]["text"] == shown
    auditor = crm.employee(name="Aud", unit=world.head_office, role="auditor")
    for person, words in ((auditor, shown), (world.olivia, letter.text)):
        client.force_login(person.user, backend="django.contrib.auth.backends.ModelBackend")
        assert words in client.get(f"/admin/closedloop/letter/{letter.pk}/change/").content.decode()


# --- over the API ----------------------------------------------------------------------------------------------------


def test_a_letter_over_the_api_and_one_that_repeats(world, ticket):
    caller, there = Caller(world.crm_secret), f"/tickets/{ticket.public_id}/letters"
    answer = caller.post(there, {"version": 1, "text": WORDS})
    assert (answer.status_code, answer.json()["letters"][0]["state"]) == (201, "pending")
    other = ticket_of_another(world)
    there = f"/tickets/{other.public_id}/letters"
    answer = caller.post(there, {"version": 1, "text": WORDS})
    assert (answer.status_code, errors(answer)) == (409, [("looks_canned", None)])
    assert caller.post(there, {"version": 1, "text": WORDS, "sure": True}).status_code == 201
    assert errors(caller.post(there, {"version": 2, "text": ""})) == [("blank", "text")]
