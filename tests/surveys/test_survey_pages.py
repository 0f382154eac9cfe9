"""What the customer sees: a GET shows, a POST stores, and a bad link is told apart from another by nothing."""

import re
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlencode

import pytest
import time_machine
from django.contrib.staticfiles import finders
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from common.models import Event
from surveys.forms import page_nonce
from surveys.models import Answer, InvitationToken, LinkVisit, Response
from surveys.services.answering import record_comment, record_score
from surveys.services.finishing import finish
from surveys.services.permitting import record_consent
from tests.factories import surveys as make
from tests.surveys.test_answering import in_parallel
from tests.world import build_world


@pytest.fixture
def invitation(world):
    """To a survey with the standard question, which is asked in every language."""
    return invited(world, {"en": {}})


def invited(world, wording, **fields):
    now, version = timezone.now(), make.version(wording=wording)
    return make.invitation(
        interaction=world.interaction, version=version, created_at=now, expires_at=now + timedelta(days=30), **fields
    )


@pytest.fixture
def token(invitation):
    return make.token(invitation)


@pytest.fixture
def survey(token):
    return f"/s/{token}/"


def nonce_of(page) -> str:
    return str(re.findall(r'name="nonce" value="([^"]+)"', page.content.decode())[0])


def send(client, url, **fields):
    return client.post(url, {"nonce": nonce_of(client.get(url + "?change=1")), **fields})


def nothing_stored() -> bool:
    return not (Response.objects.exists() or Answer.objects.exists() or Event.objects.exists())


# --- the way through -----------------------------------------------------------------------------------------------


def test_the_question_is_asked_about_the_day_and_the_people(client, world, settings):
    settings.COMPANY = "Alder & Quay"
    version = make.version(wording={"en": {}})
    asked = make.invitation(interaction=world.interaction, version=version, expires_at=timezone.now() + timedelta(1))
    page = client.get(f"/s/{make.token(asked)}/").content.decode()
    assert "How likely are you to recommend Alder &amp; Quay to a friend or colleague?" in page
    assert "About <b>Monday 23 November</b>, with <b>Jonas</b> at Harbour" in page
    assert re.findall(r'type="radio" name="score" value="(\d+)"', page) == [str(n) for n in range(11)]


def test_a_score_leads_to_why(client, survey):
    answer = send(client, survey, score="2")
    assert (answer.status_code, answer.headers["Location"]) == (303, survey + "why/")
    response = Response.objects.get()
    assert (response.score, response.category, response.channel) == (2, "detractor", "email")


@pytest.mark.parametrize(
    ("score", "question"),
    [(2, "What went wrong for you?"), (7, "What is the main reason for your answer?"), (10, "What did we do well?")],
)
def test_why_is_asked_by_category(client, invitation, survey, score, question):
    record_score(invitation=invitation, score=score, at=timezone.now())
    assert question in client.get(survey + "why/").content.decode()


def test_the_program_speaks_in_its_own_words(client, world):
    version = make.version(wording={"en": {"question": "Would you send a friend to us?"}})
    own = make.invitation(interaction=world.interaction, version=version, expires_at=timezone.now() + timedelta(1))
    assert "Would you send a friend to us?" in client.get(f"/s/{make.token(own)}/").content.decode()


def test_the_whole_way_is_stored_step_by_step(client, survey):
    send(client, survey, score="2")
    send(client, survey + "why/", comment="Waited an hour")
    sent = send(client, survey + "callback/", call="yes", phone="020 7946 0999", best="morning", quote="1")
    assert (sent.status_code, sent.headers["Location"]) == (303, survey + "thanks/")
    response = Response.objects.get()
    assert (response.comment, response.callback_phone, response.callback_time) == (
        "Waited an hour",
        "+442079460999",
        "morning",
    )
    assert (response.may_quote, response.status, response.revision) == (True, "complete", 3)
    page = client.get(survey + "thanks/").content.decode()
    assert "Thank you, Ines. Someone will call you." in page
    assert "ending in <bdi>0999</bdi>" in page


def test_why_can_be_skipped(client, survey):
    send(client, survey, score="9")
    assert send(client, survey + "why/", comment="not this", skip="1").headers["Location"] == survey + "callback/"
    assert Response.objects.get().comment == ""


def test_skipping_why_leaves_earlier_words_alone(client, invitation, survey):
    response = record_score(invitation=invitation, score=9, at=timezone.now())
    record_comment(response=response, text="Lovely", at=timezone.now())
    send(client, survey + "why/", comment="", skip="1")
    assert Response.objects.get().comment == "Lovely"


@pytest.mark.parametrize("part", ["morning", "afternoon", "evening"])
def test_the_best_time_is_repeated_and_not_promised(client, invitation, survey, part):
    response = record_score(invitation=invitation, score=4, at=timezone.now())
    record_consent(
        response=response, callback=True, phone="+442079460999", best_time=part, may_quote=False, at=timezone.now()
    )
    page = client.get(survey + "thanks/").content.decode()
    assert f"Someone calls you. You said that the {part} suits you best.</li>" in page


def test_who_wants_no_call_is_told_that_none_comes(client, survey):
    send(client, survey, score="7")
    send(client, survey + "callback/", call="no", phone="nonsense")
    assert "We shall not call, as you asked." in client.get(survey + "thanks/").content.decode()
    assert Response.objects.get().callback is False


def test_a_number_that_cannot_be_called_is_refused_and_nothing_changes(client, survey):
    send(client, survey, score="7")
    page = send(client, survey + "callback/", call="yes", phone="12345")
    assert '<p class="err" id="tel-e">We cannot call this number.' in page.text
    assert page.status_code == 422
    assert 'role="alert"' in page.content.decode()
    assert "We cannot call this number" in page.content.decode()
    assert (Response.objects.get().callback, Response.objects.get().revision) == (None, 1)


def test_a_choice_about_calling_is_asked_for(client, survey):
    send(client, survey, score="7")
    page = send(client, survey + "callback/", call="perhaps")
    assert page.status_code == 422
    assert Response.objects.get().status == "partial"


def test_the_number_we_have_is_never_shown_in_full(client, survey):
    send(client, survey, score="7")
    page = client.get(survey + "callback/").content.decode()
    assert "<bdi>0471</bdi>" in page
    assert "7946" not in page


# --- links of the mail ---------------------------------------------------------------------------------------------


def test_a_number_clicked_in_the_mail_is_preselected_and_not_recorded(client, survey):
    page = client.get(survey + "?score=7").content.decode()
    assert "You chose <b>7</b> in the mail. Confirm or change it." in page
    assert re.findall(r'value="(\d+)" checked', page) == ["7"]
    assert nothing_stored()
    assert LinkVisit.objects.get().score == 7


@pytest.mark.parametrize("score", ["11", "-1", "9.5", "true", "７", "", "%FF", "7%0A"])
def test_a_number_that_is_none_is_not_preselected(client, survey, score):
    page = client.get(f"{survey}?score={score}")
    assert page.status_code == 200
    assert "checked" not in page.content.decode()


@pytest.mark.parametrize("method", ["get", "head"])
def test_opening_a_link_leaves_a_visit_and_nothing_else(client, survey, method):
    getattr(client, method)(survey + "?score=3", headers={"User-Agent": "Scanner\x00/1" + "x" * 400})
    visit = LinkVisit.objects.get()
    assert (visit.method, visit.score, len(visit.user_agent)) == (method.upper(), 3, 300)
    assert nothing_stored()


def test_of_who_opens_a_link_without_end_the_first_visits_are_kept(client, invitation, survey):
    at = timezone.now()
    LinkVisit.objects.bulk_create(LinkVisit(invitation=invitation, method="GET", at=at) for _ in range(199))
    for _ in range(2):
        assert client.get(survey).status_code == 200
    assert LinkVisit.objects.count() == 200


def test_another_number_clicked_after_answering_is_asked_about_and_not_stored(client, invitation, survey):
    record_score(invitation=invitation, score=3, at=timezone.now())
    assert "You chose <b>9</b> in the mail" in client.get(survey + "?score=9").content.decode()
    assert Response.objects.get().score == 3


# --- resuming and changing -----------------------------------------------------------------------------------------


def test_the_link_leads_back_to_where_one_left_off(client, invitation, survey):
    now = timezone.now()
    response = record_score(invitation=invitation, score=3, at=now)
    assert client.get(survey).headers["Location"] == survey + "why/"
    response = record_comment(response=response, text="Slow", at=now)
    assert client.get(survey).headers["Location"] == survey + "callback/"
    finish(response=response, at=now)
    assert client.get(survey).headers["Location"] == survey + "thanks/"


@pytest.mark.parametrize("step", ["why/", "callback/", "thanks/"])
def test_no_step_comes_before_the_score(client, survey, step):
    assert client.get(survey + step).headers["Location"] == survey


def test_an_answer_can_be_changed(client, survey):
    send(client, survey, score="2")
    assert "Your answer so far is <b>2</b>" in client.get(survey + "?change=1").content.decode()
    send(client, survey, score="8")
    assert (Response.objects.get().score, Response.objects.get().revision) == (8, 2)


def test_a_program_without_an_edit_window_still_lets_one_finish(client, world):
    version = make.version(edit_days=0)
    asked = make.invitation(interaction=world.interaction, version=version, expires_at=timezone.now() + timedelta(1))
    survey = f"/s/{make.token(asked)}/"
    send(client, survey, score="2")
    assert send(client, survey + "why/", comment="Slow").status_code == 303
    Response.objects.update(answered_at=timezone.now() - timedelta(hours=2))
    assert client.get(survey).status_code == 404


def test_a_double_click_and_the_back_button_change_nothing(client, survey):
    fields = {"nonce": nonce_of(client.get(survey)), "score": "2"}
    assert [client.post(survey, fields).status_code for _ in range(3)] == [303, 303, 303]
    assert Response.objects.get().revision == Answer.objects.count() == 1


# --- what is refused -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("score", ["11", "9.5", "true", "", "１１", "-1", " 9", "09", "9\x00", "nine", "٩"])
def test_what_is_no_score_is_refused_with_a_message(client, survey, score):
    page = send(client, survey, score=score)
    assert page.status_code == 422
    assert 'role="alert"' in page.content.decode()
    assert "Choose a number from 0 to 10" in page.content.decode()
    assert nothing_stored()


def test_a_missing_score_is_refused_with_a_message(client, survey):
    page = send(client, survey)
    assert page.status_code == 422
    assert "No number is chosen yet." in page.content.decode()
    assert nothing_stored()


@pytest.mark.parametrize("nonce", ["", "page:1:forged", "x" * 9000, "\x00"])
def test_a_post_without_a_page_before_it_is_refused_and_keeps_what_was_chosen(client, survey, nonce):
    page = client.post(survey, {"nonce": nonce, "score": "6"})
    assert page.status_code == 422
    assert re.findall(r'value="(\d+)" checked', page.content.decode()) == ["6"]
    assert nothing_stored()


def test_the_page_of_another_link_does_not_vouch_for_this_one(client, invitation, survey):
    other = nonce_of(client.get(f"/s/{make.token(invitation)}/"))
    assert client.post(survey, {"nonce": other, "score": "6"}).status_code == 422
    assert nothing_stored()


def test_a_page_that_was_open_too_long_asks_again(client, token, survey):
    with time_machine.travel(timezone.now() - timedelta(hours=2, minutes=1)):
        old = page_nonce(token)
    page = client.post(survey, {"nonce": old, "score": "6"})
    assert page.status_code == 422
    assert "This page was open for a long time." in page.content.decode()
    assert nothing_stored()


def test_a_comment_survives_a_page_that_was_open_too_long(client, survey):
    send(client, survey, score="2")
    page = client.post(survey + "why/", {"nonce": "", "comment": "<b>Slow</b>"})
    assert page.status_code == 422
    assert "&lt;b&gt;Slow&lt;/b&gt;</textarea>" in page.content.decode()


@pytest.mark.parametrize("length", ["-1", "1e3", "9" * 5_000, "٣", "x", "0x10"])
def test_a_length_that_is_no_number_is_refused(client, survey, length):
    assert client.post(survey, {"score": "3"}, headers={"Content-Length": length}).status_code == 400
    assert nothing_stored()


def test_the_longest_words_in_the_widest_script_fit(client, survey):
    send(client, survey, score="2")
    words = urlencode({"nonce": nonce_of(client.get(survey + "why/")), "comment": "😀" * 10_000})
    assert client.post(survey + "why/", words, content_type="application/x-www-form-urlencoded").status_code == 303
    assert Response.objects.get().comment == "😀" * 10_000


@pytest.mark.parametrize("size", [300_000, 10_000_000])
def test_more_than_a_quarter_megabyte_is_refused_with_a_message(client, survey, size):
    send(client, survey, score="2")
    page = send(client, survey + "why/", comment="a" * size)
    assert page.status_code == 413
    assert "That was more than we can take" in page.content.decode()
    assert Response.objects.get().comment == ""


def test_a_long_comment_is_cut_and_the_customer_is_told(client, survey):
    send(client, survey, score="2")
    send(client, survey + "why/", comment="a" * 20_000)
    assert len(Response.objects.get().comment) == 10_000
    assert "We kept the first 10,000 characters." in client.get(survey + "callback/").content.decode()


@pytest.mark.parametrize(
    "body",
    [b"%00=%ff&score=%ed%a0%80", b"&".join([b"a=1"] * 2000), b"--broken", b"\xff\xfe\x00"],
    ids=["surrogates", "many fields", "half a form", "bytes"],
)
@pytest.mark.parametrize("kind", ["application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "text/plain"])
def test_no_body_is_an_error_of_ours(client, survey, body, kind):
    assert client.post(survey, body, content_type=kind).status_code in {413, 422}
    assert nothing_stored()


def test_hostile_text_is_stored_cleaned_and_shown_as_text(client, survey):
    send(client, survey, score="2")
    send(client, survey + "why/", comment="<script>alert(1)</script>\u202e{{7*7}}\x00 😀")
    assert Response.objects.get().comment == "<script>alert(1)</script>{{7*7}} 😀"
    assert "<script" not in client.get(survey + "why/").content.decode()


# --- links that are no good ----------------------------------------------------------------------------------------


@pytest.fixture
def bad_links(invitation, token, world):
    """One of each kind: unknown, altered, for something else, expired, used up."""
    now = timezone.now()
    expired = make.invitation(interaction=world.interaction, expires_at=now)
    used = make.invitation(
        interaction=world.interaction, version=make.version(edit_days=1), expires_at=now + timedelta(days=30)
    )
    record_score(invitation=used, score=3, at=now - timedelta(days=2))
    return {
        "unknown": "nonsense",
        "altered": token[:-1] + ("A" if token[-1] != "A" else "B"),
        "for something else": make.token(invitation, InvitationToken.Purpose.UNSUBSCRIBE),
        "expired": make.token(expired),
        "used up": make.token(used),
        "hostile": "%ff%F0%9F%98%80" + "x" * 2000,
    }


@pytest.mark.parametrize("step", ["", "why/", "callback/", "thanks/"])
def test_bad_links_are_told_apart_by_nothing(client, bad_links, step):
    visits = LinkVisit.objects.count()
    pages = {}
    for name, token in bad_links.items():
        for call in (client.get, client.post):
            page = call(f"/s/{token}/{step}")
            pages[name, call.__name__] = (
                page.status_code,
                page.content.replace(token.encode(), b""),
                str(page.headers),
            )
    assert {status for status, *_ in pages.values()} == {404}
    assert len({re.sub(rb"/s/[^?]*", b"", body) for _, body, _ in pages.values()}) == 1
    assert b"This link cannot be used" in pages["expired", "get"][1]
    assert LinkVisit.objects.count() == visits
    assert Response.objects.count() == 1


def test_every_bad_link_asks_the_database_for_the_same(client, bad_links):
    asked = {}
    for name, token in bad_links.items():
        with CaptureQueriesContext(connection) as queries:
            client.get(f"/s/{token}/")
        asked[name] = [re.sub(r"'[^']*'", "?", query["sql"]) for query in queries]
    assert len({str(queries) for queries in asked.values()}) == 1
    assert len(asked["unknown"]) == 2  # the link, and how many were tried


@pytest.mark.parametrize("method", ["put", "patch", "delete", "options"])
def test_other_methods_get_the_same_page(client, survey, method):
    assert getattr(client, method)(survey).status_code == 404
    assert nothing_stored()


# --- languages -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("spoken", "asked", "language", "direction"),
    [
        ("en", "", "en", "ltr"),
        ("fr", "", "fr", "ltr"),
        ("fr-CA", "", "fr", "ltr"),
        ("ar", "", "ar", "rtl"),
        ("pt", "", "en", "ltr"),  # not offered: the program's default
        ("en", "ar", "ar", "rtl"),
        ("fr", "tlh", "fr", "ltr"),
    ],
)
def test_the_language_is_the_one_asked_for_then_the_invitations(
    client, invitation, survey, spoken, asked, language, direction
):
    type(invitation).objects.update(language=spoken)
    page = client.get(f"{survey}?lang={asked}" if asked else survey).content.decode()
    assert f'<html lang="{language}" dir="{direction}">' in page


@pytest.mark.parametrize(("spoken", "asked"), [("en", "ar"), ("ar", "")])
def test_a_language_without_the_programs_own_question_is_neither_offered_nor_spoken(client, world, spoken, asked):
    wording = {"en": {"question": "Own?"}, "fr": {"question": "Propre ?"}, "ar": {"why_passive": "؟"}}
    survey = f"/s/{make.token(invited(world, wording, language=spoken))}/"
    page = client.get(f"{survey}?lang={asked}" if asked else survey).content.decode()
    assert '<html lang="en" dir="ltr">' in page
    assert re.findall(r'hreflang="(\w+)"', page) == ["fr"]


def test_a_language_chosen_by_hand_stays_along_the_way(client, survey):
    page = client.get(survey + "?lang=fr")
    answer = client.post(survey + "?lang=fr", {"nonce": nonce_of(page), "score": "2"})
    assert answer.headers["Location"] == survey + "why/?lang=fr"
    assert "Qu’est-ce qui n’a pas été pour vous ?" in client.get(answer.headers["Location"]).content.decode()
    assert Response.objects.get().language == "fr"


def test_the_browsers_language_matters_only_where_no_invitation_is_known(client, survey):
    browser = {"Accept-Language": "fr"}
    assert '<html lang="en"' in client.get(survey, headers=browser).content.decode()
    assert '<html lang="fr"' in client.get("/s/nonsense/", headers=browser).content.decode()


# --- headers, weight, queries --------------------------------------------------------------------------------------


def test_pages_leave_no_cookie_and_no_trace(client, survey):
    for page in (client.get(survey), client.post(survey), client.get("/s/nonsense/")):
        assert page.cookies == {}
        assert page.headers["Cache-Control"] == "no-store"
        assert page.headers["X-Robots-Tag"] == "noindex"
        assert page.headers["Referrer-Policy"] == "same-origin"
        assert page.headers["X-Content-Type-Options"] == "nosniff"
        assert page.headers["X-Frame-Options"] == "DENY"


def test_pages_may_load_nothing_but_our_style(client, survey):
    page = client.get(survey)
    policy = dict(part.strip().split(" ", 1) for part in page.headers["Content-Security-Policy"].split(";"))
    assert policy == {
        "default-src": "'none'", "script-src": "'none'", "object-src": "'none'",
        "style-src": "'self'", "img-src": "data:", "form-action": "'self'",
        "base-uri": "'none'", "frame-ancestors": "'none'",
    }  # fmt: skip
    assert not re.search(r"<script|<style| style=| on\w+=", page.content.decode())


@pytest.mark.parametrize("step", ["", "why/", "callback/", "thanks/"])
def test_a_page_with_its_style_weighs_less_than_15_kilobytes(client, survey, step):
    send(client, survey, score="2")
    page = client.get(survey + (step or "?change=1")).content
    sheets = re.findall(r'href="/static/([^"]+\.css)"', page.decode())
    assert sheets == ["css/tokens.css", "css/public.css", *([] if step else ["css/scale.css"])]
    weight = len(page) + sum(Path(str(finders.find(name))).stat().st_size for name in sheets)
    assert weight < 15_000


def test_each_page_asks_the_database_a_known_number_of_times(client, survey, django_assert_num_queries):
    with django_assert_num_queries(2):  # the link with all it leads to; the visit
        client.get(survey)
    with django_assert_num_queries(2):  # the link; score, answer and event in one
        client.post(survey, {"nonce": page_nonce(survey.split("/")[2]), "score": "2"})
    with django_assert_num_queries(1):
        client.get(survey + "why/")
    with django_assert_num_queries(2):  # the number on file
        client.get(survey + "callback/")
    with django_assert_num_queries(2):  # when the link was issued, which dates the one to the own page
        client.get(survey + "thanks/")
    with django_assert_num_queries(2):  # the link, and how many were tried
        client.get("/s/nonsense/")


@pytest.mark.django_db(transaction=True)
def test_fifty_equal_posts_at_once_make_one_answer(client):
    now = timezone.now()
    invitation = make.invitation(interaction=build_world().interaction, expires_at=now + timedelta(days=30))
    survey = f"/s/{make.token(invitation)}/"
    fields, statuses = {"nonce": nonce_of(client.get(survey)), "score": "3"}, []
    in_parallel(50, lambda _: statuses.append(Client().post(survey, fields).status_code))
    assert statuses == [303] * 50
    assert (Response.objects.count(), Answer.objects.count(), Event.objects.count()) == (1, 1, 1)
