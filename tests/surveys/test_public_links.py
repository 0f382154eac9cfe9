"""Links anybody may answer by: what they store, what they never store, and what is left on a tablet."""

import re
from datetime import timedelta
from urllib.parse import urlsplit

import pytest
import time_machine
from django.db import DatabaseError, IntegrityError, transaction
from django.test import Client
from django.utils import timezone

from analytics.models import AnswerFact
from analytics.services.filling import fill
from analytics.services.verifying import counts_from_rows, mismatches
from closedloop.models import Alert, CustomerSignal, Ticket
from closedloop.services.raising import raise_signals
from closedloop.services.screening import screen
from closedloop.services.starting import set_up_defaults
from common.models import Event, RateBucket
from crm.models import Acquisition, Consent, ConsentWord, ContactPoint, Customer, Hold, OrgUnit
from surveys.models import Answer, Passage, PublicLink, Response
from surveys.services.classifying.reading import read_answers
from surveys.services.public_links.making import LETTERS, make_link, revoke_link
from surveys.services.public_links.printing import address_of, qr_png, qr_svg
from tests.factories import surveys as make
from tests.surveys.test_further_questions import OPEN_TO_ALL, QUESTIONS, TEXTS

WORDS = "I am Ines Moreau, ines@example.org, +44 20 7946 0471: the queue was endless."


@pytest.fixture
def now():
    return timezone.now()


@pytest.fixture
def link(world, now):
    version = make.version(program=make.program(name="Counter"), wording={"en": {}, "fr": {}})
    return make_link(program=version.program, unit=world.harbour, place="Counter", at=now - timedelta(days=1))


@pytest.fixture
def tablet(link, world, now):
    return make_link(
        program=link.program, unit=world.harbour, place="Tablet", kind="kiosk", idle_seconds=60,
        at=now - timedelta(days=1),
    )  # fmt: skip


def key_of(page):
    return re.findall(r'name="key" value="([^"]+)"', page.content.decode())[0]


def answer(link, score="2", comment=None, client=None):
    """As a phone does it, without cookies and with Django's CSRF check in force; the address of the last page."""
    client = client or Client(enforce_csrf_checks=True)
    sent = client.post(f"/a/{link.code}/", {"key": key_of(client.get(f"/a/{link.code}/")), "score": score})
    return sent if comment is None else client.post(sent["Location"], {"comment": comment})


def people():
    """All that is known about anybody."""
    models = (Customer, ContactPoint, Consent, ConsentWord, Hold)
    return [list(model.objects.order_by("pk").values()) for model in models]


def test_an_answer_is_tied_to_unit_program_and_source_and_to_nobody(world, link):
    thanks = answer(link, comment=WORDS)
    assert (thanks.status_code, thanks["Location"], thanks.cookies) == (303, f"/a/{link.code}/thanks/", {})
    response = Response.objects.get()
    assert (response.unit, response.program, response.channel, response.attributes) == (
        world.harbour,
        link.program,
        "link",
        {"place": "Counter"},
    )
    assert response.source == f"public-link:{link.public_id.hex}"
    assert (response.customer, response.invitation, response.interaction, response.employee) == (None, None, None, None)
    assert (response.score, response.category, response.status, response.revision) == (2, "detractor", "complete", 2)
    assert (response.callback, response.callback_phone, response.may_quote) == (None, "", None)


def test_no_path_writes_back_to_a_person_whatever_the_words_say(world, link, now):
    before = people()
    set_up_defaults()
    answer(link, comment=WORDS)
    for minutes in range(3):
        raise_signals(at=now + timedelta(minutes=minutes))
        screen(at=now + timedelta(minutes=minutes))
        read_answers(at=now + timedelta(minutes=minutes))
        fill(at=now + timedelta(minutes=minutes))
    assert people() == before
    assert CustomerSignal.objects.get().customer is None
    assert not Ticket.objects.exists()
    about = Event.objects.filter(subject_kind__startswith="crm.")
    assert not about.exclude(what__startswith="apikey").exists()


def test_the_unit_is_alerted_and_the_words_are_read_and_masked(world, link, now):
    set_up_defaults()
    answer(link, comment=WORDS)
    read_answers(at=now)
    raise_signals(at=now)
    screen(at=now)
    assert {alert.unit for alert in Alert.objects.all()} == {world.harbour}
    shown = Response.objects.get().words
    assert "the queue was endless" in shown
    assert "ines@example.org" not in shown
    assert "7946" not in shown
    assert Passage.objects.filter(kind="answer").count() == 1


def test_it_never_counts_in_a_score(world, link, now):
    make.response(unit=world.harbour, program=link.program, score=9, answered_at=now)
    answer(link, score="0", comment="")
    fill(at=now)
    assert [fact.score for fact in AnswerFact.objects.all()] == [9]
    assert counts_from_rows() == (0, 0, 1)
    assert mismatches() == []


def test_one_page_gives_one_answer_however_often_the_button_is_pressed(link):
    client = Client()
    key = key_of(client.get(f"/a/{link.code}/"))
    for score in ("3", "3", "5"):
        sent = client.post(f"/a/{link.code}/", {"key": key, "score": score})
    response = Response.objects.get()
    assert (response.score, response.revision, Answer.objects.count()) == (5, 2, 2)
    client.post(sent["Location"], {"comment": "Slow"})
    assert client.post(f"/a/{link.code}/", {"key": key, "score": "9"})["Location"] == f"/a/{link.code}/"
    assert Response.objects.get().score == 5
    answer(link, score="9")
    assert Response.objects.count() == 2


def test_the_database_itself_refuses_a_person_on_such_an_answer(world, link):
    answer(link)
    with pytest.raises(IntegrityError), transaction.atomic():
        Response.objects.update(customer=world.ines)


@pytest.mark.parametrize("method", ["get", "head"])
def test_looking_changes_nothing(link, method):
    events = Event.objects.count()
    for path in ("", "thanks/", "nonsense/why/"):
        getattr(Client(), method)(f"/a/{link.code}/{path}?score=3")
    assert (Response.objects.count(), Event.objects.count()) == (0, events)


@pytest.mark.parametrize("score", ["", "11", "-1", "9.5", "٩", "nine", "0 "])
def test_what_is_no_score_is_asked_for_again(link, score):
    page = answer(link, score=score)
    assert page.status_code == 422
    assert 'role="alert"' in page.content.decode()
    assert not Response.objects.exists()


@pytest.mark.parametrize("key", ["", "x", "0" * 32, "00000000000000000000000000000000:1abc:forged"])
def test_a_key_that_no_page_gave_stores_nothing_and_loses_nothing(link, key):
    page = Client().post(f"/a/{link.code}/", {"key": key, "score": "7"})
    assert page.status_code == 422
    assert re.findall(r'value="(\d+)" checked', page.content.decode()) == ["7"]
    assert not Response.objects.exists()


def test_a_link_is_good_only_in_its_time_and_until_it_is_revoked(world, link, now):
    def status(**fields):
        made = make_link(program=link.program, unit=world.harbour, place="x", at=now, **fields)
        return Client().get(f"/a/{made.code}/").status_code

    assert status(active_from=now + timedelta(hours=1)) == 404
    assert status(active_until=now) == 404
    assert status(active_from=now - timedelta(hours=1), active_until=now + timedelta(hours=1)) == 200
    assert revoke_link(link=link, at=now, why="moved", by=world.olivia.user)
    assert not revoke_link(link=link, at=now)
    gone, unknown = Client().get(f"/a/{link.code}/"), Client().get("/a/zzzzzzzzzzzzzz/")
    assert (gone.status_code, gone.content.replace(link.code.encode(), b"")) == (
        404,
        unknown.content.replace(b"zzzzzzzzzzzzzz", b""),
    )
    assert Event.objects.get(what="public_link.revoked").by == world.olivia.user


def test_a_code_cannot_be_guessed_and_is_typed_easily(link):
    assert re.fullmatch(f"[{LETTERS}]{{14}}", link.code)
    assert Client().get(f"/a/{link.code.upper()}/").status_code == 200


def test_what_is_printed_on_a_link_never_changes(link, world):
    with pytest.raises(DatabaseError), transaction.atomic():
        PublicLink.objects.filter(pk=link.pk).update(unit=OrgUnit.objects.get(pk=world.mill.pk))


def test_thirty_begin_a_minute_and_go_on_and_who_comes_then_waits_with_what_was_chosen(link):
    with time_machine.travel(timezone.now(), tick=False):
        for _ in range(30):
            begun = answer(link)
            assert begun.status_code == 303
            assert Client().post(begun["Location"], {"comment": "Slow"}).status_code == 303
        full = answer(link, score="4")
    assert (full.status_code, Response.objects.filter(status="complete").count()) == (429, 30)
    assert int(full["Retry-After"]) == 2
    assert re.findall(r'value="(\d+)" checked', full.content.decode()) == ["4"]


def test_who_looks_without_end_waits_on_a_calm_page_whatever_the_code(link):
    with time_machine.travel(timezone.now(), tick=False):
        assert Client().get(f"/a/{link.code}/").status_code == 200
        assert RateBucket.objects.filter(name__startswith="a-near:", units=599).update(units=0) == 1
        pages = [Client().get(f"/a/{code}/") for code in (link.code, "nothing")]
    assert [(page.status_code, page["Retry-After"]) for page in pages] == [(429, "1"), (429, "1")]
    assert all("One moment, please" in page.content.decode() for page in pages)


# --- what else is asked --------------------------------------------------------------------------------------------


@pytest.fixture
def asking(world, now):
    """A tablet whose program asks more, also what only somebody can say whom we know."""
    version = make.version(program=make.program(name="More"), questions=[*QUESTIONS, *OPEN_TO_ALL], wording=TEXTS)
    return make_link(program=version.program, unit=world.harbour, place="Tablet", kind="kiosk", idle_seconds=60, at=now)


def shown_on(page):
    return re.findall(r'name="shown" value="([^"]+)"', page.content.decode())


def go_on(url, **fields):
    page = Client().get(url)
    nonce = re.findall(r'name="nonce" value="([^"]+)"', page.content.decode())[0]
    return Client().post(url, {"nonce": nonce, "shown": shown_on(page), **fields})


def test_further_questions_are_asked_of_who_passes_by_but_what_only_a_customer_can_say(asking):
    more = answer(asking, comment="Slow")["Location"]
    assert more.endswith("/more/")
    page = Client().get(more)
    assert shown_on(page) == ["wait", "what", "ease"]
    assert "What went wrong?" in page.content.decode()  # the words for a detractor
    assert go_on(more, wait="", what="fees").status_code == 422  # it must be answered
    assert go_on(more, wait="2", what=["fees"], ease="7")["Location"] == more
    assert shown_on(Client().get(more)) == ["fees-how"]  # what was answered is shown to nobody
    assert Response.objects.get().status == "partial"
    assert go_on(more, **{"fees-how": "high"})["Location"] == f"/a/{asking.code}/thanks/"
    response = Response.objects.get()
    assert response.answers_given == {"wait": 2, "what": ["fees"], "fees-how": "high", "ease": 7}
    assert (response.status, response.customer, response.may_forward, response.revision) == ("complete", None, None, 4)
    assert not Acquisition.objects.exists()
    assert Client().get(more)["Location"] == f"/a/{asking.code}/"  # whoever comes now begins anew


def test_a_further_page_of_a_tablet_begins_anew_and_is_closed_when_nobody_stands_there(asking):
    with time_machine.travel(timezone.now(), tick=False) as clock:
        why = answer(asking)["Location"]
        more = Client().post(why, {"comment": "", "skip": "1"})["Location"]
        assert refresh_of(Client().get(more)) == [("60", f"/a/{asking.code}/")]
        clock.shift(100)
        assert go_on(more, wait="2", what="fees")["Location"] == more
        clock.shift(100)
        assert go_on(more, skip="1")["Location"] == f"/a/{asking.code}/thanks/"  # each page has its own time
        left = Client().post(answer(asking)["Location"], {"skip": "1"})["Location"]
        clock.shift(121)
        assert Client().post(left, {"shown": ["wait"], "wait": "1"})["Location"] == f"/a/{asking.code}/"
    assert [response.further for response in Response.objects.order_by("pk")] == [
        {"wait": 2, "what": ["fees"], "ease": None, "fees-how": None},
        None,
    ]


def test_words_and_further_answers_wait_too_and_keep_what_was_typed_and_chosen(asking):
    with time_machine.travel(timezone.now(), tick=False):
        more = answer(asking, comment="Slow")["Location"]
        page = Client().get(more)
        assert RateBucket.objects.filter(name__startswith="a-on:").update(units=0) == 2
        typed = Client().post(answer(asking)["Location"], {"comment": "All of this I typed"})
        nonce = re.findall(r'name="nonce" value="([^"]+)"', page.content.decode())[0]
        full = Client().post(more, {"nonce": nonce, "shown": shown_on(page), "wait": "4", "what": "staff"})
    assert (typed.status_code, full.status_code) == (429, 429)
    assert "All of this I typed" in typed.content.decode()
    assert re.findall(r'value="(\w+)"(?: id="[\w-]+")? checked', full.content.decode()) == ["4", "staff"]
    assert Response.objects.order_by("pk")[0].further is None


# --- a tablet ------------------------------------------------------------------------------------------------------


def refresh_of(page):
    return re.findall(r'http-equiv="refresh" content="(\d+);url=([^"]+)"', page.content.decode())


def test_a_tablet_begins_anew_without_script_and_in_its_own_language(tablet, link):
    start = f"/a/{tablet.code}/"
    assert refresh_of(Client().get(start)) == [("600", start)]
    sent = answer(tablet)
    assert refresh_of(Client().get(sent["Location"] + "?lang=fr")) == [("60", start)]
    assert refresh_of(Client().get(start + "thanks/?lang=fr")) == [("15", start)]
    page = Client().get(start)
    assert '<body class="kiosk">' in page.content.decode()
    assert page["Cache-Control"] == "no-store"
    assert 'autocomplete="off"' in page.content.decode()
    assert refresh_of(Client().get(f"/a/{link.code}/")) == []


def test_the_back_button_of_a_tablet_shows_nothing_of_the_person_before(tablet):
    sent = answer(tablet)
    Client().post(sent["Location"], {"comment": "My secret"})
    back = Client().get(sent["Location"])
    assert (back.status_code, back["Location"]) == (303, f"/a/{tablet.code}/")
    assert Client().post(sent["Location"], {"comment": "Somebody else"})["Location"] == f"/a/{tablet.code}/"
    assert Response.objects.get().comment == "My secret"


def test_who_left_a_tablet_without_an_end_leaves_no_open_answer(tablet):
    with time_machine.travel(timezone.now(), tick=False) as clock:
        sent = answer(tablet)
        clock.shift(121)
        assert Client().get(sent["Location"])["Location"] == f"/a/{tablet.code}/"
        Client().post(sent["Location"], {"comment": "Somebody else"})
    assert (Response.objects.get().comment, Response.objects.get().status) == ("", "partial")


# --- on paper, in the console --------------------------------------------------------------------------------------


def console(user):
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


def test_the_code_is_printed_as_svg_and_png_and_on_a_card(world, link, settings):
    settings.PUBLIC_URL = "https://nps.example.org"
    settings.COMPANY = "Alder & Quay"
    assert address_of(link) == f"https://nps.example.org/a/{link.code}/"
    assert qr_svg(link).startswith(b"<?xml")
    assert qr_png(link).startswith(b"\x89PNG")
    olivia, base = console(world.olivia.user), f"/admin/surveys/publiclink/{link.pk}/"
    card = olivia.get(base + "card/").content.decode()
    assert "How likely are you to recommend Alder &amp; Quay to a friend or colleague?" in card
    assert f"nps.example.org/a/{link.code}/" in card
    assert "<svg" in card
    assert 'dir="rtl"' in olivia.get(base + "card/?lang=ar").content.decode()
    assert (olivia.get(base + "qr.svg")["Content-Type"], olivia.get(base + "qr.png")["Content-Type"]) == (
        "image/svg+xml",
        "image/png",
    )


def test_the_office_makes_and_revokes_links_and_a_branch_elsewhere_sees_none(world, link):
    olivia = console(world.olivia.user)
    said = {"program": link.program_id, "unit": world.harbour.pk, "place": "Receipt", "kind": "link",
            "idle_seconds": "90", "active_from_0": "", "active_from_1": "", "active_until_0": "",
            "active_until_1": ""}  # fmt: skip
    made = olivia.post("/admin/surveys/publiclink/add/", said)
    assert made.status_code == 302
    new = PublicLink.objects.get(place="Receipt")
    assert (new.by, len(new.code)) == (world.olivia.user, 14)
    olivia.post("/admin/surveys/publiclink/", {"action": "revoke", "_selected_action": [new.pk]})
    new.refresh_from_db()
    assert new.revoked_by == world.olivia.user
    page = olivia.get(f"/admin/surveys/publiclink/{new.pk}/change/").content.decode()
    assert "No answers yet." in page
    assert 'name="place"' not in page
    elsa = console(world.elsa.user)
    for path in (f"{link.pk}/change/", f"{link.pk}/card/", f"{link.pk}/qr.svg", ""):
        assert elsa.get(f"/admin/surveys/publiclink/{path}").status_code in {403, 404}


def test_its_answers_stand_apart_with_their_interval(world, link):
    for score in (9, 9, 9, 9, 9, 9, 7, 7, 2, 2):
        make.response(unit=world.harbour, program=link.program, score=score, source=link.source)
    page = console(world.olivia.user).get(f"/admin/surveys/publiclink/{link.pk}/change/").content.decode()
    assert "<b>40.0 points</b>" in page
    assert "counts in no other score" in page


def test_the_pages_are_small_and_speak_what_the_program_speaks(link):
    page = Client().get(f"/a/{link.code}/?lang=ar").content.decode()
    assert '<html lang="ar" dir="rtl">' in page
    assert "<script" not in page
    there = answer(link)
    assert urlsplit(there["Location"]).path.endswith("/why/")
    assert "What went wrong for you?" in Client().get(there["Location"]).content.decode()
