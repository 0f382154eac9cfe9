"""What the customer's own page shows, to whom, and to whom not."""

import html
import re
from datetime import timedelta
from pathlib import Path

import pytest
import time_machine
from django.contrib.staticfiles import finders
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from closedloop.models import Ticket
from common.models import Event
from common.sealing import seal
from crm.models import Customer
from surveys.models import LinkVisit
from surveys.services.answering import record_score
from surveys.services.answering_further import record_further
from surveys.services.own_page.links import GOOD_FOR, end_links, person_behind, person_of, token_for
from tests.factories import crm as make_crm
from tests.factories import surveys as make
from tests.walk import DONE, LEARNED, WORDS, walk
from tests.world import NOW


def sign_in(user):
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


def get(token, **query):
    return Client().get(f"/me/{token}/", query)


def test_the_page_tells_what_she_said_and_what_was_done_and_nothing_that_colleagues_wrote(world):
    with time_machine.travel(NOW + timedelta(days=1), tick=False):
        walk(world)
        page = get(token_for(world.ines.pk, at=NOW)).content.decode()
    assert "Ines, this is your page" in page
    assert "Branch visit, Harbour, Monday 23 November" in page
    assert "<b>2</b> of 10" in page
    assert WORDS in page
    steps = re.findall(r'<li(?: class="done")?>(?:<time>[^<]+</time>)?([^<]+)</li>', page)
    assert steps == [
        "You answered and asked us to call",
        "Helen, Harbour, took it on",
        "We tried to reach you, without success",
        "Someone contacts you about it",
    ]
    for inside in (LEARNED, DONE, "Rang twice", "mistake", "12.50", "79460471", "ines@example.org", "legal"):
        assert inside not in page
    assert "i…@example.org" in page


def test_how_it_ended_is_told_without_the_summary(world):
    with time_machine.travel(NOW + timedelta(days=1), tick=False):
        ticket = walk(world).ticket
        at = NOW + timedelta(hours=3)
        ticket.record_attempt(outcome="reached", note="Cross.", by=world.helen.user, at=at)
        ticket.close(outcome=Ticket.Outcome.RESOLVED, summary="Paid her off.", by=world.helen.user, at=at)
        page = get(token_for(world.ines.pk, at=NOW)).content.decode()
    assert re.findall(r'<li(?: class="done")?>(?:<time>[^<]+</time>)?([^<]+)</li>', page)[-2:] == [
        "We spoke with you",
        "We put it right",
    ]
    assert "Paid her off" not in page
    assert "Cross." not in page


def test_a_get_changes_nothing(answered, token):
    events, visits = Event.objects.count(), LinkVisit.objects.count()
    page = get(token, done="pause", lang="fr")
    assert (page.status_code, page.cookies) == (200, {})
    assert Client().get(f"/me/{token}/change/").status_code == 303
    assert (Event.objects.count(), LinkVisit.objects.count()) == (events, visits)


def test_every_link_that_is_not_good_gets_the_same_page(world, answered, token, now):
    other = token_for(10**9, at=now)
    old = token_for(world.ines.pk, at=now - GOOD_FOR)
    bad = [token[:-4] + "AAAA", "nonsense", other, old, "é", token + "==="]
    pages = {(get(each).status_code, get(each).content.replace(each.encode(), b"")) for each in bad[:4]}
    assert len(pages) == 1
    assert {get(each).status_code for each in bad[:5]} == {404}
    assert "This link cannot be used" in get("x").content.decode()


def test_a_link_of_another_kind_that_was_sealed_with_the_same_key_opens_nothing(world, now):
    token = seal(f"a:{world.ines.pk}:{int(now.timestamp() * 1000)}".encode()).rstrip("=")
    assert person_of(token=token, at=now) is None


@pytest.mark.parametrize("said", ["me:None:1", "me:1:99999999999999999999", "me:1:soon", "me"])
def test_what_was_sealed_with_the_same_key_and_says_nothing_sensible_opens_nothing(world, now, said):
    assert person_of(token=seal(said.encode()).rstrip("="), at=now) is None


def test_an_erased_person_has_no_page(world, answered, token, now):
    Customer.objects.filter(pk=world.ines.pk).update(erased_at=now)
    assert get(token).status_code == 404


def test_the_office_can_end_all_links_and_a_later_one_is_good(world, answered, token, now):
    end_links(person=person_behind(world.ines.pk), at=now, by=world.olivia.user)
    assert get(token).status_code == 404
    assert Event.objects.get(what="customer.links_ended").by == world.olivia.user
    later = token_for(world.ines.pk, at=now + timedelta(seconds=1))
    assert person_of(token=later, at=now + timedelta(seconds=2)) is not None


def test_a_link_opens_the_page_of_the_person_whichever_row_it_was_made_for(world, answered, token, now):
    twin = make_crm.customer(given_name="Ines", family_name="Moreau", unit=world.harbour)
    Customer.objects.filter(pk=twin.pk).update(canonical=world.ines, canonical_since=now)
    for row in (world.ines, twin):
        assert person_of(token=token_for(row.pk, at=now), at=now).customer == world.ines
        assert "Nobody rang me back." in get(token_for(row.pk, at=now)).content.decode()
    Customer.objects.filter(pk=twin.pk).update(canonical=None)  # undone: the link is the twin's own again
    assert "Nobody rang me back." not in get(token_for(twin.pk, at=now)).content.decode()


def test_it_speaks_the_language_asked_for_and_the_persons_own_before_the_installations(world, answered, token):
    assert '<html lang="en" dir="ltr">' in get(token).content.decode()
    Customer.objects.filter(pk=world.ines.pk).update(language="fr-CA")
    assert "Ines, voici votre page" in get(token).content.decode()
    assert '<html lang="ar" dir="rtl">' in get(token, lang="ar").content.decode()
    assert "voici votre page" in get(token, lang="tlh").content.decode()


def test_the_page_is_small_and_keeps_no_trace(answered, token):
    page = get(token)
    style = sum(len(Path(finders.find(f"css/{name}.css")).read_bytes()) for name in ("tokens", "public", "own"))
    assert len(page.content) + style < 15_000
    assert "<script" not in page.content.decode()
    assert page["Cache-Control"] == "no-store"
    assert page["Referrer-Policy"] == "same-origin"
    assert "script-src 'none'" in page["Content-Security-Policy"]


def test_long_words_are_cut_and_all_of_them_stand_on_pages_of_their_own(world, answered, token, now):
    style = sum(len(Path(finders.find(f"css/{name}.css")).read_bytes()) for name in ("tokens", "public", "own"))
    words = [f"{number} It's <b>slow</b> & dear. " + "ü'<\n word " * 900 for number in range(3)]
    about = {"unit": world.harbour, "program": answered.program, "customer": world.ines, "score": 3, "answered_at": now}
    for text in words:  # the newest three, of which the page shows the words
        make.response(comment=text[:10_000].strip(), **about)
    page = get(token, lang="fr")
    assert len(page.content) + style < 15_000
    text = html.unescape(page.content.decode())
    assert text.count("Tout afficher") == 3
    links = re.findall(r'href="(\?words=[^"]+)"', text)
    assert all(link.endswith("&lang=fr") for link in links)
    shown, link = "", links[0]
    while link:
        part = Client().get(f"/me/{token}/{link}")
        assert len(part.content) + style < 15_000
        shown += re.findall(r"<blockquote[^>]*>(.*?)</blockquote>", part.content.decode(), re.DOTALL)[0]
        link = next(iter(re.findall(r'href="(\?words=[^"]+part=[^"]+)"', html.unescape(part.content.decode()))), "")
    said = "".join(html.unescape(shown.replace("<br>", "\n")).split())
    assert said in {"".join(text[:10_000].split()) for text in words}
    assert get(token, words=str(answered.public_id)[:-1]).content.count(b"<article") == 3  # no such answer: the page


FURTHER = [
    {"code": "wait", "kind": "effort"}, {"code": "what", "kind": "multi", "options": ["fees", "staff"]},
    {"code": "heard", "kind": "first_heard"}, {"code": "why", "kind": "text"}, {"code": "pass-on", "kind": "forward"},
    {"code": "left-out", "kind": "satisfaction"},
]  # fmt: skip
TEXTS = {
    "en": {"question": "Likely?", "wait": "How was the wait at {unit}?", "what": "What was it about?",
           "what.fees": "Fees", "what.staff": "Our staff", "why": "Tell us more"},
    "fr": {"wait": "Et l’attente ?"},
}  # fmt: skip


def told_further(world, now, **given):
    version = make.version(questions=FURTHER, wording=TEXTS)
    visit = make_crm.interaction(kind=world.visit, customer=world.ines, unit=world.harbour)
    asked = make.invitation(interaction=visit, version=version, created_at=now, expires_at=now + timedelta(days=30))
    return record_further(response=record_score(invitation=asked, score=2, at=now), given=given, at=now)


def shown_in(page):
    plain = re.findall(r"<dt[^>]*>(.*?)</dt><dd[^>]*>(.*?)</dd>", page, re.DOTALL)
    return [tuple(html.unescape(re.sub("<[^>]+>", "", one)) for one in pair) for pair in plain]


def test_what_she_answered_further_stands_in_the_words_in_which_it_was_asked(world, token, now):
    told_further(
        world, now, **{"wait": 6, "what": ["fees", "staff"], "heard": "search", "pass-on": True, "left-out": None}
    )
    assert shown_in(get(token).text) == [
        ("How was the wait at Harbour?", "6 of 7"), ("What was it about?", "Fees, Our staff"),
        ("How did you first hear of Your company?", "I searched the web"),
        ("May we pass your words on to the people they are about, outside our company too?", "Yes"),
    ]  # fmt: skip
    french = shown_in(get(token, lang="fr").text)
    assert french[0] == ("Et l’attente ?", "6 sur 7")
    assert french[3][1] == "Oui"


def test_long_further_answers_go_to_the_page_of_all_that_was_said(world, token, now):
    told_further(world, now, wait=6, why="Slow & dear. " * 150, heard="search")
    style = sum(len(Path(finders.find(f"css/{name}.css")).read_bytes()) for name in ("tokens", "public", "own"))
    page = get(token)
    assert next(question for question, _ in shown_in(page.text)) == "How was the wait at Harbour?"
    assert "Slow" not in page.text
    assert len(page.content) + style < 15_000
    (link,) = re.findall(r'href="(\?words=[^"]+)"', page.text)
    all_of_it = Client().get(f"/me/{token}/{html.unescape(link)}")
    assert shown_in(all_of_it.text)[-1] == ("Tell us more", ("Slow & dear. " * 150).strip())
    assert len(all_of_it.content) + style < 15_000


def test_the_house_sees_further_answers_with_personal_data_hidden(world, token, now):
    told_further(world, now, why="Call +44 20 7946 0471.")
    seen = sign_in(world.helen.user).get(f"/customers/{world.ines.reference}/own-page/").text
    assert shown_in(seen) == [("Tell us more", "Call [phone].")]
    assert shown_in(get(token).text) == [("Tell us more", "Call +44 20 7946 0471.")]


def test_many_answers_cost_as_many_queries_as_one(world, answered, token):
    def queries():
        with CaptureQueriesContext(connection) as found:
            assert get(token).status_code == 200
        return len(found)

    few = queries()
    for number in range(7):
        make.response(
            unit=world.harbour, program=answered.program, customer=world.ines, interaction=world.interaction,
            answered_at=timezone.now() - timedelta(days=number),
        )  # fmt: skip
    page = get(token).content.decode()
    assert "Earlier answers: 5" in page
    assert queries() == few


def test_who_asks_too_often_is_asked_to_wait_and_nothing_is_lost(answered, token):
    with time_machine.travel(timezone.now(), tick=False):
        pages = [get(token) for _ in range(121)]
    assert {page.status_code for page in pages[:120]} == {200}
    assert pages[120].status_code == 429
    assert pages[120]["Retry-After"] == "1"
    assert "Nothing is lost" in pages[120].content.decode()


def test_who_may_see_the_customer_sees_the_page_and_changes_nothing(world, answered):
    path = f"/customers/{world.ines.reference}/own-page/"
    helen = sign_in(world.helen.user).get(path)
    page = helen.content.decode()
    assert "This is what the customer sees" in page
    assert "Nobody rang me back." in page
    assert "<form" not in page
    assert sign_in(world.helen.user).post(path).status_code == 405
    assert sign_in(world.elsa.user).get(path).status_code == 404
    assert sign_in(world.helen.user).get("/customers/crm:nobody/own-page/").status_code == 404
    assert Client().get(path).status_code == 302


def test_answers_out_of_sight_are_left_out_of_what_the_house_sees(world, answered):
    make_crm.interaction(kind=world.visit, customer=world.ines, unit=world.station, employee=world.elsa)
    page = sign_in(world.elsa.user).get(f"/customers/{world.ines.reference}/own-page/").content.decode()
    assert "Ines, this is your page" in page
    assert "Nobody rang me back." not in page
