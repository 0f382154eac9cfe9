"""Further questions on the survey page and behind it: branching without a script, skipping, changing, consent, and how
a customer first heard of us."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.contrib.staticfiles import finders
from django.utils import timezone

from common.models import Event
from crm.models import Acquisition
from surveys.models import Answer, Passage, Response
from surveys.questionnaire.costing import page_bytes
from surveys.questionnaire.questions import questions_of
from surveys.questionnaire.wording import Speech
from surveys.services.answering import AnswerRefused, record_comment, record_score
from surveys.services.answering_further import open_for, record_further
from surveys.services.classifying.reading import read_answers, words_of
from surveys.services.finishing import end_left, finish
from tests.factories import crm as make_crm
from tests.factories import surveys as make
from tests.surveys.test_answering import carried, in_parallel
from tests.surveys.test_survey_pages import nonce_of, send
from tests.world import NOW, build_world

QUESTIONS: list[dict[str, Any]] = [
    {"code": "wait", "kind": "satisfaction", "required": True},
    {"code": "what", "kind": "multi", "options": ["fees", "staff"]},
    {
        "code": "fees-how", "kind": "single", "options": ["high", "unclear"],
        "ask": {"categories": ["detractor"], "answers": [{"question": "what", "any_of": ["fees"]}]},
    },
    {"code": "more", "kind": "text", "ask": {"answers": [{"question": "fees-how", "any_of": ["unclear"]}]}},
]  # fmt: skip
OPEN_TO_ALL: list[dict[str, Any]] = [
    {"code": "ease", "kind": "effort"},
    {"code": "heard", "kind": "first_heard"},
    {"code": "pass-on", "kind": "forward"},
]
TEXTS = {
    "en": {
        "question": "Likely?", "wait": "How was the wait, {given_name}?", "what": "What was it about?",
        "what_detractor": "What went wrong?", "what.fees": "Fees", "what.staff": "Our staff",
        "fees-how": "What about them?", "fees-how.high": "Too high", "fees-how.unclear": "Unclear",
        "more": "Tell us more",
    }
}  # fmt: skip
SPOKEN = TEXTS | {"fr": {"question": "Probable ?"}, "ar": {"question": "هل توصي بنا؟"}}  # asks in every language

SPEECH = Speech("en", TEXTS, "en")


def asked(world: Any, questions: list[dict[str, Any]], **fields: Any) -> Any:
    now = timezone.now()
    version = make.version(questions=questions, wording=TEXTS)
    about = {"interaction": world.interaction, **fields}
    return make.invitation(version=version, created_at=now, expires_at=now + timedelta(days=30), **about)


@pytest.fixture
def invitation(world):
    return asked(world, QUESTIONS)


@pytest.fixture
def survey(invitation):
    return f"/s/{make.token(invitation)}/"


@pytest.fixture
def answered(invitation):
    return record_score(invitation=invitation, score=3, at=timezone.now())


@pytest.fixture
def simple(world):
    return record_score(invitation=asked(world, OPEN_TO_ALL), score=9, at=NOW)


def shown_on(page: Any) -> list[str]:
    return re.findall(r'name="shown" value="([^"]+)"', page.text)


def answer_page(client: Any, url: str, **fields: Any) -> Any:
    page = client.get(url)
    return client.post(url, {"nonce": nonce_of(page), "shown": shown_on(page), **fields})


# --- the page ------------------------------------------------------------------------------------------------------


def test_further_questions_come_between_why_and_permissions_and_branch_without_a_script(client, answered, survey):
    assert send(client, survey + "why/", comment="Slow").headers["Location"] == survey + "more/"
    first = client.get(survey + "more/")
    assert shown_on(first) == ["wait", "what"]
    assert "How was the wait, Ines?" in first.text
    assert "What went wrong?" in first.text  # the words for a detractor
    second = answer_page(client, survey + "more/", wait="2", what=["fees", "staff"])
    assert second.headers["Location"] == survey + "more/"
    assert shown_on(client.get(survey + "more/")) == ["fees-how"]
    answer_page(client, survey + "more/", **{"fees-how": "unclear"})
    last = answer_page(client, survey + "more/", more=" It <b>varies</b>\x00 ")
    assert last.headers["Location"] == survey + "callback/"
    response = Response.objects.get()
    assert response.further == {"wait": 2, "what": ["fees", "staff"], "fees-how": "unclear", "more": "It <b>varies</b>"}
    assert response.revision == 5
    steps = Answer.objects.filter(revision__gte=3).order_by("revision", "pk")
    assert [step.question for step in steps] == ["wait", "what", "fees-how", "more"]


def test_a_required_question_is_asked_again_and_what_was_chosen_stays(client, answered, survey):
    page = answer_page(client, survey + "more/", what="fees")
    assert page.status_code == 422
    assert '<p class="err" id="q-wait-e">Please answer this question.</p>' in page.text
    assert re.findall(r'value="(\w+)" id="q-what" checked|value="(\w+)" checked', page.text) == [("fees", "")]
    assert Response.objects.get().further is None


@pytest.mark.parametrize("wrong", [{"wait": "6"}, {"wait": "03"}, {"wait": "2", "what": "x"}, {"wait": "\x00"}])
def test_what_is_no_answer_is_refused_with_a_message(client, answered, survey, wrong):
    page = answer_page(client, survey + "more/", **wrong)
    assert page.status_code == 422
    assert "Choose one of the answers." in page.text
    assert (Response.objects.get().further, Response.objects.get().revision) == (None, 1)


def test_questions_that_nobody_must_answer_can_be_skipped_and_are_not_asked_again(client, world):
    invitation = asked(world, QUESTIONS[1:2])
    survey = f"/s/{make.token(invitation)}/"
    record_score(invitation=invitation, score=3, at=timezone.now())
    assert answer_page(client, survey + "more/", what="fees", skip="1").headers["Location"] == survey + "callback/"
    assert Response.objects.get().further == {"what": None}
    assert client.get(survey + "more/").headers["Location"] == survey + "callback/"


def test_skipping_what_must_be_answered_stores_nothing(client, answered, survey):
    assert answer_page(client, survey + "more/", skip="1").status_code == 422
    assert Response.objects.get().further is None


def test_a_double_click_and_the_back_button_change_nothing(client, answered, survey):
    page = client.get(survey + "more/")
    fields = {"nonce": nonce_of(page), "shown": ["wait", "what"], "wait": "2", "what": "staff"}
    places = [client.post(survey + "more/", fields).headers["Location"] for _ in range(3)]
    assert places == [survey + "callback/"] * 3
    assert Response.objects.get().revision == 2
    assert Event.objects.filter(what="response.answered").count() == 1


def test_the_link_leads_back_to_the_first_open_question(client, answered, survey):
    record_comment(response=answered, text="Slow", at=timezone.now())
    assert client.get(survey).headers["Location"] == survey + "more/"
    record_further(response=answered, given={"wait": 3, "what": ["fees"]}, at=timezone.now())
    assert client.get(survey).headers["Location"] == survey + "more/"
    assert shown_on(client.get(survey + "more/")) == ["fees-how"]
    record_further(response=answered, given={"fees-how": None}, at=timezone.now())
    assert client.get(survey).headers["Location"] == survey + "callback/"


def test_who_changes_a_finished_answer_is_shown_what_they_said_further(client, answered, survey):
    record_further(response=answered, given={"wait": 3, "what": ["staff"]}, at=timezone.now())
    finish(response=answered, at=timezone.now())
    assert send(client, survey + "why/", comment="Slow").headers["Location"] == survey + "more/?change=1"
    page = client.get(survey + "more/?change=1")
    assert re.findall(r'name="(\w+)" value="(\w+)"(?: id="[\w-]+")? checked', page.text) == [
        ("wait", "3"),
        ("what", "staff"),
    ]
    fields = {"nonce": nonce_of(page), "shown": ["wait", "what"], "wait": "4"}
    client.post(survey + "more/", fields)
    assert Response.objects.get().further == {"wait": 4, "what": None}


def test_a_program_without_further_questions_has_no_such_page(client, world):
    invitation = asked(world, [])
    survey = f"/s/{make.token(invitation)}/"
    assert client.get(survey + "more/").headers["Location"] == survey
    record_score(invitation=invitation, score=3, at=timezone.now())
    assert client.get(survey + "more/").headers["Location"] == survey + "callback/"
    assert send(client, survey + "why/", comment="Slow").headers["Location"] == survey + "callback/"


def test_a_page_of_many_questions_is_light(client, world):
    invitation = asked(world, [*QUESTIONS, *OPEN_TO_ALL])
    record_score(invitation=invitation, score=3, at=timezone.now())
    page = client.get(f"/s/{make.token(invitation)}/more/")
    style = sum(Path(str(finders.find(f"css/{name}.css"))).stat().st_size for name in ("tokens", "public", "scale"))
    assert len(shown_on(page)) == 5
    weight = len(page.content) + style
    assert weight < 15_000
    shown = [one for one in questions_of([*QUESTIONS, *OPEN_TO_ALL]) if not one.conditions]
    assert 0.95 < page_bytes(shown, category="detractor", speech=SPEECH) / weight < 1.05


def test_a_page_that_asks_too_much_at_once_is_estimated_as_heavy_as_it_is(client, world):
    codes = [f"part-{number}" for number in range(20)]
    many = [{"code": code, "kind": "multi", "options": [f"{code}-{n}" for n in range(20)]} for code in codes]
    invitation = asked(world, many)
    record_score(invitation=invitation, score=3, at=timezone.now())
    page = client.get(f"/s/{make.token(invitation)}/more/")
    style = sum(Path(str(finders.find(f"css/{name}.css"))).stat().st_size for name in ("tokens", "public", "scale"))
    estimate = page_bytes(questions_of(many), category="detractor", speech=SPEECH)
    assert estimate > 40_000
    assert 0.95 < estimate / (len(page.content) + style) < 1.05


@pytest.mark.parametrize("body", [{}, {"shown": "nothing"}, {"shown": ["wait"] * 50, "wait": ["1"] * 50}])
def test_a_post_that_no_page_of_ours_sends_stores_nothing(client, answered, survey, body):
    assert client.post(survey + "more/", {"nonce": "", **body}).status_code == 422
    assert Response.objects.get().further is None


# --- what is stored ------------------------------------------------------------------------------------------------


def test_an_answer_is_a_revision_that_travels_up_again_and_its_trail_holds_no_words(answered):
    carried(answered)
    record_further(response=answered, given={"wait": 2, "what": ["fees"]}, at=timezone.now())
    response = Response.objects.get()
    assert (response.revision, response.signalled_at, response.folded_at) == (2, None, None)
    told = Event.objects.get(what="response.answered")
    assert told.data == {"revision": 2, "questions": ["wait", "what"]}


def test_an_answer_to_what_is_not_asked_of_this_customer_is_left_out(world):
    promoter = record_score(invitation=asked(world, QUESTIONS), score=10, at=NOW)
    record_further(response=promoter, given={"wait": 5, "what": ["fees"], "fees-how": "high", "nothing": 1}, at=NOW)
    assert Response.objects.get().further == {"wait": 5, "what": ["fees"]}


def test_answers_that_hung_on_one_that_changed_do_not_stand_any_more(answered):
    now = timezone.now()
    record_further(response=answered, given={"wait": 2, "what": ["fees"], "fees-how": "high"}, at=now)
    changed = record_further(response=answered, given={"what": ["staff"]}, at=now)
    assert changed.further == {"wait": 2, "what": ["staff"], "fees-how": "high"}  # kept, and not asked any more
    assert changed.answers_given == {"wait": 2, "what": ["staff"]}


def test_after_the_edit_window_nothing_changes(simple):
    with pytest.raises(AnswerRefused):
        record_further(response=simple, given={"ease": 7}, at=simple.answered_at + timedelta(days=31))
    assert Response.objects.get().further is None


@pytest.mark.django_db(transaction=True)
def test_one_answer_from_two_devices_at_once_is_one_revision():
    response = record_score(invitation=asked(build_world(), OPEN_TO_ALL), score=9, at=NOW)
    in_parallel(8, lambda _: record_further(response=response, given={"ease": 7}, at=NOW))
    stored = Response.objects.get()
    assert (stored.further, stored.revision) == ({"ease": 7}, 2)


# --- what outlives the answer --------------------------------------------------------------------------------------


def test_passing_words_on_is_a_consent_of_its_own(simple, world):
    assert record_further(response=simple, given={"pass-on": True}, at=NOW).may_forward is True
    assert dict(world.ines.consents.values_list("purpose", "granted")) == {"forward": True}
    assert record_further(response=simple, given={"pass-on": False}, at=NOW).may_forward is False
    assert dict(world.ines.consents.values_list("purpose", "granted")) == {"forward": False}
    assert Response.objects.get().may_quote is None


def test_how_they_first_heard_is_kept_where_nobody_told_before(simple, world):
    record_further(response=simple, given={"heard": "referral"}, at=NOW)
    row = Acquisition.objects.get()
    assert (row.customer, row.how, row.source, row.external_id) == (
        world.ines,
        "referral",
        "survey",
        str(simple.public_id),
    )
    assert row.acquired_on == world.interaction.occurred_at.date()  # the first day that we know of
    record_further(response=simple, given={"heard": "search"}, at=NOW)
    assert Acquisition.objects.get().how == "search"
    record_further(response=simple, given={"heard": None}, at=NOW)
    assert not Acquisition.objects.exists()


def test_how_they_first_heard_is_asked_once_whatever_the_program(simple, world):
    assert [question.code for question in open_for(simple)] == ["ease", "heard", "pass-on"]
    record_further(response=simple, given={"heard": None}, at=NOW)  # skipped: asked all the same
    again = asked(
        world, OPEN_TO_ALL, interaction=make_crm.interaction(kind=world.visit, customer=world.ines, unit=world.harbour)
    )
    later = record_score(invitation=again, score=9, at=NOW)
    assert [question.code for question in open_for(later)] == ["ease", "pass-on"]
    record_further(response=later, given={"heard": "press"}, at=NOW)
    assert not Acquisition.objects.exists()


def test_of_whom_we_know_it_nobody_asks(simple, world):
    Acquisition.objects.create(
        source="crm", external_id="c-1", customer=world.ines, how="branch", acquired_on=NOW.date(), as_of=NOW
    )
    assert [question.code for question in open_for(simple)] == ["ease", "pass-on"]


# --- own words -----------------------------------------------------------------------------------------------------

WROTE = {"wait": 2, "what": ["fees"], "fees-how": "unclear", "more": "I am Ines, ring +44 20 7946 0999"}


def test_own_words_are_read_together_with_the_reason_and_hide_what_is_personal(answered):
    now = timezone.now()
    record_comment(response=answered, text="Ines waited an hour", at=now)
    assert read_answers(at=now) == 1
    record_further(response=answered, given=WROTE, at=now)
    assert read_answers(at=now) == 1
    response = Response.objects.select_related("customer").get()
    assert Passage.objects.get().text == "[name] waited an hour\n\nI am [name], ring [phone]"
    assert (response.words, response.answers_shown["more"]) == ("[name] waited an hour", "I am [name], ring [phone]")
    assert words_of([response]) == {response.pk: "[name] waited an hour\n\nI am [name], ring [phone]"}
    assert read_answers(at=now) == 0


def test_in_own_words_the_same_is_hidden_as_in_the_reason(answered, world):
    make_crm.account(members=[(world.ines, "holder", 1)], external_id="AC-4711-X")
    now, wrote = timezone.now(), "Ring 020 7946 0999 about AC-4711-X"
    record_further(response=answered, given=WROTE | {"more": wrote}, at=now)
    read_answers(at=now)
    response = Response.objects.select_related("customer", "version").get()
    assert response.answers_given["more"] == wrote
    assert response.answers_shown["more"] == "Ring [phone] about [account]"
    response = record_score(invitation=response.invitation, score=9, at=now)
    assert "more" not in response.answers_shown
    response = record_score(invitation=response.invitation, score=3, at=now)  # it stands again, unread
    assert response.answers_shown["more"] == "Ring [phone] about [account]"
    record_further(response=response, given={"more": "All well, Ines"}, at=now)
    response = Response.objects.select_related("customer").get()
    assert (response.classified_at, response.answers_shown["more"]) == (None, "All well, [name]")


def test_own_words_without_a_reason_are_read_too_and_forgotten_when_taken_back(answered):
    now = timezone.now()
    record_further(response=answered, given=WROTE, at=now)
    assert read_answers(at=now) == 1
    assert Passage.objects.get().response == answered
    record_further(response=answered, given={"more": None}, at=now)
    assert read_answers(at=now) == 0
    assert not Passage.objects.exists()


# --- the end -------------------------------------------------------------------------------------------------------


def test_an_answer_whose_customer_has_gone_is_ended_once_and_stays_partial(simple):
    carried(simple)
    assert end_left(at=NOW + timedelta(hours=1, minutes=59)) == 0
    assert end_left(at=NOW + timedelta(hours=2)) == 1
    assert end_left(at=NOW + timedelta(hours=3)) == 0
    response = Response.objects.get()
    assert (response.status, response.ended_at, response.revision) == ("partial", NOW + timedelta(hours=2), 1)
    assert response.signalled_at == NOW  # no second alert: what the score set off stands
    assert list(Event.objects.filter(what="response.ended").values_list("data", flat=True)) == [{"revision": 1}]


def test_who_comes_back_goes_on_and_comes_to_the_end(simple):
    end_left(at=NOW + timedelta(hours=2))
    later = NOW + timedelta(days=1)
    record_further(response=simple, given={"ease": 7}, at=later)
    response = finish(response=simple, at=later)
    assert (response.status, response.completed_at, response.ended_at) == ("complete", later, NOW + timedelta(hours=2))
    assert end_left(at=later + timedelta(hours=3)) == 0


def test_what_is_complete_or_long_over_is_not_ended(simple):
    assert end_left(at=NOW + timedelta(days=30)) == 0
    finish(response=simple, at=NOW)
    assert end_left(at=NOW + timedelta(hours=3)) == 0
    assert not Event.objects.filter(what="response.ended").exists()


def test_many_answers_are_ended_by_as_many_queries_as_one(world, django_assert_num_queries):
    program = make.program()
    for number in range(3):
        make.response(unit=world.harbour, program=program, status="partial", answered_at=NOW, external_id=f"x-{number}")
    with django_assert_num_queries(5):
        assert end_left(at=NOW + timedelta(hours=2)) == 3
