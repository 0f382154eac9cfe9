"""Further questions where people and systems meet them: the console's form and preview, the API, what differs."""

from __future__ import annotations

import csv
import io
import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from common.models import Event
from crm.models import Acquisition
from surveys.models import Answer, LinkVisit, Program, ProgramVersion, Response
from surveys.services.answering import record_score
from surveys.services.answering_further import record_further
from surveys.services.designing.approving import needs_approval
from surveys.services.designing.breaking import series_breaks
from surveys.services.designing.drafting import draft_version
from surveys.versions.differing import changes
from surveys.versions.telling import tell
from tests.api import Caller, errors
from tests.factories import surveys as make
from tests.surveys.test_further_questions import OPEN_TO_ALL, QUESTIONS, SPOKEN, TEXTS
from tests.surveys.test_ingesting import item
from tests.surveys.test_program_pages import draft_form, page_of, said, signed_in
from tests.world import NOW, World


@pytest.fixture
def office(world: World) -> Client:
    return signed_in(world.olivia.user)


# --- the version's form --------------------------------------------------------------------------------------------

ROWS: list[dict[str, Any]] = [
    {"code": "wait", "kind": "satisfaction", "required": "on"},
    {"code": "what", "kind": "multi", "options": "fees, staff"},
    {
        "code": "fees-how", "kind": "single", "options": "high,unclear", "categories": ["detractor"],
        "answers": "what: fees",
    },
    {"code": "more", "kind": "text", "answers": "fees-how: unclear"},
]  # fmt: skip
LINES = """wait: How was the wait, {given_name}?
what: What was it about?
what_detractor: What went wrong?
what.fees: Fees
what.staff: Our staff
fees-how: What about them?
fees-how.high: Too high
fees-how.unclear: Unclear
more: Tell us more"""


def test_questions_and_their_texts_are_edited_as_rows_and_lines(office: Client):
    version = make.version(published=False)
    wording = [{"language": "en", "question": "Likely?", "further": LINES}]
    reply = office.post(
        page_of(version), draft_form(questions=[*ROWS, {"kind": "effort"}], wording=wording), follow=True
    )
    version.refresh_from_db()
    assert version.questions == QUESTIONS
    assert version.wording == TEXTS
    assert "Who does not want to answer" not in said(reply)[0]
    page = reply.content.decode()
    assert "After score and reason 4 more questions, each asked only of whom it concerns." in page
    assert "fees-how: one of several (high, unclear), of detractors, where what is fees." in page
    assert 'name="questions-2-answers"' in page
    assert "what: fees</textarea>" in page
    assert "fees-how.unclear: Unclear" in page
    assert "is asked up to 6 questions" in page
    assert office.post(page_of(version), draft_form(questions=ROWS, wording=wording)).status_code == 302
    version.refresh_from_db()
    assert version.questions == QUESTIONS  # read from the page and saved again it is the same


def test_questions_are_asked_in_the_order_of_their_positions(office: Client):
    """Without a script too: numbers are typed; a row without one comes last, and a number alone is no row."""
    version = make.version(published=False)
    wording = [{"language": "en", "question": "Likely?", "further": "what: What?\nmore: More?"}]
    asked = [
        {"code": "more", "kind": "text"}, {"code": "ease", "kind": "effort", "ORDER": 2},
        {"code": "what", "kind": "text", "ORDER": 1}, {"kind": "effort", "ORDER": 4},
    ]  # fmt: skip
    page = office.post(page_of(version), draft_form(questions=asked, wording=wording), follow=True).content.decode()
    version.refresh_from_db()
    assert [question["code"] for question in version.questions] == ["what", "ease", "more"]
    assert re.findall(r'name="questions-(\d)-ORDER" value="(\d)"', page) == [("0", "1"), ("1", "2"), ("2", "3")]
    wrong = office.post(page_of(version), draft_form(questions=[{**asked[0], "ORDER": "first"}], wording=wording))
    assert "Row 1, Position: Enter a whole number." in wrong.content.decode()
    version.refresh_from_db()
    assert len(version.questions) == 3


@pytest.mark.parametrize(
    ("questions", "further", "told"),
    [
        ([{"code": "what", "kind": "multi", "options": "a, b"}], "what: ?", "needs the texts what.a, what.b."),
        ([{"code": "ease", "kind": "effort", "answers": "who is it"}], "", "is no line such as key: text."),
        ([{"code": "ease", "kind": "effort", "answers": "what: x"}], "", "is no question before this one."),
        ([{"code": "ease", "kind": "effort"}], "eese: typed wrongly", "unknown eese"),
        (
            [
                {"code": "pass-on", "kind": "forward"},
                {"code": "ease", "kind": "effort", "answers": "pass-on: yes"},
                {"code": "wait", "kind": "satisfaction", "categories": ["promoter"], "answers": "ease: 1"},
                {"code": "again", "kind": "effort", "categories": ["detractor"], "answers": "wait: 1"},
            ],
            "",
            "again can never be reached",
        ),
    ],
)  # fmt: skip
def test_what_is_wrong_with_questions_is_told_and_nothing_stored(
    office: Client, questions: Any, further: str, told: str
):
    version = make.version(published=False)
    wording = [{"language": "en", "question": "Likely?", "further": further}]
    page = office.post(page_of(version), draft_form(questions=questions, wording=wording)).content.decode()
    assert told in page
    version.refresh_from_db()
    assert version.questions == []


def test_the_scale_is_locked_once_a_program_has_asked_from_0_to_10(office: Client):
    first = make.version()
    draft = make.version(program=first.program, published=False)
    page = office.post(page_of(draft), draft_form(scale_min=1, scale_max=5)).content.decode()
    assert "This program has asked for scores from 0 to 10, and that stays" in page
    draft.refresh_from_db()
    assert (draft.scale_min, draft.scale_max) == (0, 10)
    other = make.version(published=False)
    page = office.post(page_of(other), draft_form(scale_min=1, scale_max=5), follow=True).content.decode()
    assert "Scores from 1 to 5 are no Net Promoter Score" in page
    other.refresh_from_db()
    assert (other.scale_min, other.scale_max) == (1, 5)


# --- files ---------------------------------------------------------------------------------------------------------


def test_an_export_has_a_column_for_each_further_question_masked_and_without_formulas(office: Client, world: World):
    version = make.version(questions=QUESTIONS, wording=TEXTS)
    said = [
        {"wait": 2, "what": ["fees", "staff"], "fees-how": "unclear", "more": "=1+1 write to ines@example.org"},
        {"wait": None, "what": None, "more": "left behind"},
    ]
    rows = [
        make.response(unit=world.harbour, program=version.program, version=version, score=3, further=given)
        for given in [*said, None]
    ]
    body = {"action": "export_csv", "_selected_action": [row.pk for row in rows]}
    reply: Any = office.post("/admin/surveys/response/", body)
    lines = list(csv.reader(io.StringIO(b"".join(reply.streaming_content).decode("utf-8-sig"))))
    assert lines[0][-4:] == ["answer: wait", "answer: what", "answer: fees-how", "answer: more"]
    assert [line[-4:] for line in reversed(lines[1:])] == [
        ["2", "fees, staff", "unclear", "'=1+1 write to [e-mail]"],
        ["skipped", "skipped", "", ""],
        ["", "", "", ""],
    ]


# --- the preview ---------------------------------------------------------------------------------------------------


def test_the_preview_shows_mail_and_every_page_in_every_language_and_records_nothing(office: Client, world: World):
    version = make.version(published=False, questions=QUESTIONS, wording=SPOKEN, reminder_days=[7])
    page = office.get(f"/preview/{version.pk}/").text
    frames = [line.split('"')[0] for line in page.split('<iframe class="preview" loading="lazy" src="')[1:]]
    names = [frame.removeprefix(f"/preview/{version.pk}/en/") for frame in frames if "/en/" in frame]
    assert len(frames) == 3 * len(names)
    assert names == [
        "mail-0/", "mail-0-text/", "mail-1/", "mail-1-text/",
        "score/", "score-clicked/", "why-promoter/", "why-passive/", "why-detractor/",
        "more-promoter-0/", "more-passive-0/", "more-detractor-0/", "more-detractor-1/", "more-detractor-2/",
        "callback/", "thanks-promoter/", "thanks-passive/", "thanks-detractor/",
    ]  # fmt: skip
    assert re.findall(r'<h2 id="h-\d+">([^<]+)</h2>', page) == [  # a row for each step, not for each page
        "The mail", "The reminder", "The score", "The reason", "Further questions",
        "Further questions that hang on earlier answers", "Further questions that hang on those of page 2",
        "Permissions", "The end",
    ]  # fmt: skip
    assert "Its subject, and its words as plain text, English</a>" in page
    shown = {frame: office.get(frame) for frame in frames}
    assert {reply.status_code for reply in shown.values()} == {200}
    assert {reply["X-Frame-Options"] for reply in shown.values()} == {"SAMEORIGIN"}
    assert all("sandbox" in reply["Content-Security-Policy"] for reply in shown.values())
    assert "What went wrong?" in shown[f"/preview/{version.pk}/en/more-detractor-0/"].text
    assert "How was the wait, [given name]?" in shown[f"/preview/{version.pk}/en/more-promoter-0/"].text
    assert '<html lang="ar" dir="rtl">' in shown[f"/preview/{version.pk}/ar/score/"].text
    assert not any(model.objects.exists() for model in (Response, LinkVisit, Event))


def test_the_preview_has_only_languages_in_which_the_version_asks(office: Client):
    version = make.version(published=False, wording={"en": {"question": "Own?"}, "ar": {"subject": "؟"}})
    assert set(re.findall(rf'src="/preview/{version.pk}/(\w+)/', office.get(f"/preview/{version.pk}/").text)) == {"en"}
    assert office.get(f"/preview/{version.pk}/ar/score/").status_code == 404


def test_the_preview_shows_subject_and_plain_text_and_the_page_after_a_click(office: Client):
    texts = {"en": TEXTS["en"] | {"subject": "A word, [please]", "reminder_subject": "Once more"}}
    version = make.version(published=False, wording=texts, reminder_days=[7], keep_clicks=True)
    first, second, clicked, page = (
        office.get(f"/preview/{version.pk}/en/{name}/").text
        for name in ("mail-0-text", "mail-1-text", "score-clicked", "score")
    )
    assert "<h1>A word, [please]</h1>" in first
    assert "Dear [given name],\n\n" in first
    assert "Or just reply to this mail in your own words" in first
    assert "/me/preview/" in first
    assert "<h1>Once more</h1>" in second
    assert "You chose <b>10</b> in the mail." in clicked
    assert [name in clicked for name in ('name="comment"', "checked")] == [True, True]
    assert [words in page for words in ('name="comment"', "Your answer so far")] == [False, False]


def test_the_preview_shows_a_public_link_and_a_tablet_too(office: Client):
    questions = [*QUESTIONS, *OPEN_TO_ALL]
    version = make.version(published=False, questions=questions, wording=TEXTS)
    page = office.get(f"/preview/{version.pk}/?channel=tablet").text
    names = [line.split("/")[0] for line in page.split(f'src="/preview/{version.pk}/en/')[1:]]
    assert names[:3] == ["tablet-score", "tablet-why-promoter", "tablet-why-passive"]
    assert names[-2:] == ["tablet-more-detractor-2", "tablet-thanks"]
    shown = {name: office.get(f"/preview/{version.pk}/en/{name}/").text for name in names}
    assert all('<body class="kiosk">' in text and "http-equiv" not in text for text in shown.values())
    asked = re.findall(r'name="shown" value="([^"]+)"', shown["tablet-more-detractor-0"])
    assert asked == ["wait", "what", "ease"]  # and nothing that only somebody can say whom we know
    assert "About <b>[branch]</b>" in office.get(f"/preview/{version.pk}/en/link-score/").text
    assert office.get(f"/preview/{version.pk}/?channel=pigeon").status_code == 404


def test_a_preview_of_questions_that_are_wrong_says_so(office: Client):
    version = make.version(published=False, questions=[{"code": "what", "kind": "text"}])
    page = office.get(f"/preview/{version.pk}/").text
    assert "needs the texts what." in page
    assert "<iframe" not in page
    assert office.get(f"/preview/{version.pk}/en/score/").status_code == 404


def test_only_who_reads_versions_sees_a_preview(world: World):
    version = make.version()
    for address in (f"/preview/{version.pk}/", f"/preview/{version.pk}/en/mail-0/"):
        assert signed_in(world.helen.user).get(address).status_code == 404
        assert Client().get(address).status_code == 302
        assert signed_in(world.olivia.user).get(address.replace(str(version.pk), "999999")).status_code == 404


@pytest.mark.parametrize("path", ["en/nothing/", "tlh/score/", "en/more-passive-0/"])
def test_a_page_that_is_not_there_is_not_found(office: Client, path: str):
    assert office.get(f"/preview/{make.version().pk}/{path}").status_code == 404


# --- what differs --------------------------------------------------------------------------------------------------


def test_further_questions_are_compared_in_words_and_change_no_metric(world: World):
    before = make.version(wording=TEXTS)
    after = make.version(program=before.program, published=False, wording=TEXTS, questions=QUESTIONS)
    (change,) = changes(before.settings, after.settings)
    assert (change.label, change.before, change.metric) == ("Further questions", ("none",), "")
    assert change.after[1:3] == (
        "what: any of several (fees, staff)",
        "fees-how: one of several (high, unclear), of detractors, where what is fees",
    )
    assert not needs_approval(after)
    told = {part.title: part.sentences for part in tell("transactional", after.settings, str)}
    assert "wait: satisfaction, 1 to 5, required." in told["In which words"]


def test_a_text_of_a_further_question_is_compared_under_its_key():
    said_before, said_after = (
        ProgramVersion(wording=TEXTS),
        ProgramVersion(wording={"en": TEXTS["en"] | {"more": "Say"}}),
    )
    (change,) = changes(said_before.settings, said_after.settings)
    assert (change.label, change.before, change.after) == ("Text more (en)", ("Tell us more",), ("Say",))


def test_what_was_approved_without_questions_stays_approved_and_with_them_is_another_text():
    assert ProgramVersion().fingerprint == ProgramVersion(questions=[]).fingerprint
    assert ProgramVersion().fingerprint != ProgramVersion(questions=QUESTIONS).fingerprint


def test_a_draft_takes_the_questions_of_the_version_before_along(world: World):
    version = make.version(questions=QUESTIONS, wording=TEXTS)
    assert draft_version(program=version.program, at=NOW).questions == QUESTIONS


# --- where a series breaks -----------------------------------------------------------------------------------------


def series(**fields: Any) -> str:
    return ProgramVersion.objects.get(pk=make.version(**fields).pk).series


def test_the_series_goes_by_the_question_in_every_language_and_by_the_scale(world: World):
    asked = {"en": {"question": "Likely?"}, "fr": {"question": "Probable ?"}}
    first = series(wording=asked)
    assert series(wording=asked | {"en": {"question": "Likely?", "why_passive": "Why?", "subject": "Hello"}}) == first
    others = [
        series(wording=asked | {"fr": {"question": "Recommander ?"}}),
        series(wording=asked | {"de": {}}),
        series(wording=asked, default_language="fr"),
        series(wording=asked, scale_min=1),
    ]
    assert len({first, *others}) == 5


def test_the_comparison_says_whether_the_series_breaks(office: Client):
    before = make.version(wording={"en": {"question": "Likely?"}})
    after = make.version(program=before.program, wording={"en": {"question": "Would you?"}})
    again = make.version(program=before.program, wording={"en": {"question": "Would you?", "subject": "Hello"}})
    pages = [office.get(page_of(version, "comparison")).text for version in (after, again)]
    assert ["the series breaks" in page for page in pages] == [True, False]


def test_a_break_is_marked_on_the_day_on_which_the_version_came_into_force(world: World):
    program = make.program(code="visits", name="Visits")
    days = [NOW - timedelta(days=number) for number in (90, 60, 30)]
    for day, question in zip(days, ("Likely?", "Likely?", "Would you?"), strict=True):
        make.version(program=program, published_at=day, wording={"en": {"question": question}})
    make.version(program=program, published=False, wording={"en": {"question": "Other?"}})
    (found,) = series_breaks(programs=["visits"], start=days[0].date(), end=NOW.date())
    assert (found.on, found.number) == (days[2].date(), 3)
    assert found.said.startswith("25 October 2026: Visits v3 asks for the score in other words or on another scale.")
    assert series_breaks(programs=["visits"], start=days[0].date(), end=days[1].date()) == []
    assert series_breaks(programs=["calls"], start=days[0].date(), end=NOW.date()) == []


# --- the API -------------------------------------------------------------------------------------------------------


def test_versions_are_read_with_their_questions_and_series(world: World):
    version = make.version(program=make.program(code="visits"), questions=QUESTIONS, wording=TEXTS)
    (row,) = Caller(world.crm_secret).get("/programs/visits/versions").json()["results"]
    assert row["questions"][0] == {
        "code": "wait", "kind": "satisfaction", "required": True, "options": [],
        "ask": {"categories": [], "answers": []},
    }  # fmt: skip
    assert row["questions"][2]["ask"] == {
        "categories": ["detractor"], "answers": [{"question": "what", "any_of": ["fees"]}],
    }  # fmt: skip
    assert row["series"] == ProgramVersion.objects.get(pk=version.pk).series


def test_answers_are_read_with_personal_data_hidden(world: World):
    version = make.version(questions=QUESTIONS, wording=TEXTS)
    response = record_score(invitation=make.invitation(interaction=world.interaction, version=version), score=3, at=NOW)
    given = {"wait": 2, "what": ["fees"], "fees-how": "unclear", "more": "I am Ines Moreau, ring +44 20 7946 0999"}
    record_further(response=response, given=given, at=NOW)
    row = Caller(world.crm_secret).get(f"/responses/{response.public_id}").json()
    assert row["answers"] == given | {"more": "I am [name], ring [phone]"}
    assert row["may_forward"] is None


@pytest.fixture
def collecting(world: World) -> Caller:
    program = make.program(code="bought", kind=Program.Kind.COLLECTED)
    make.version(program=program, questions=[*QUESTIONS, *OPEN_TO_ALL], wording=TEXTS)
    return Caller(world.crm_secret)


def test_answers_collected_elsewhere_bring_further_ones(world: World, collecting: Caller):
    answers = {"wait": 2, "what": ["staff", "fees"], "heard": "referral", "pass-on": True, "ease": None}
    sent = item(world, score=3, answers=answers, customer=world.ines.external_id)
    assert collecting.post("/responses", sent).status_code == 201
    found = Response.objects.get()
    assert found.further == answers | {"what": ["fees", "staff"]}
    assert (found.may_forward, found.version.program.code) == (True, "bought")
    assert set(Answer.objects.values_list("question", flat=True)) == {"score", *answers}
    assert Acquisition.objects.get().how == "referral"
    assert dict(world.ines.consents.values_list("purpose", "granted")) == {"forward": True}
    assert collecting.post("/responses", sent).json()["status"] == "unchanged"
    assert collecting.post("/responses", sent | {"answers": answers | {"wait": 3}}).status_code == 422


def test_an_answer_sent_again_after_the_program_asks_something_else_is_the_same(world: World, collecting: Caller):
    sent = item(world, score=3, answers={"wait": 2, "what": ["staff", "fees"]})
    assert collecting.post("/responses", sent).status_code == 201
    then = Response.objects.get().version_id
    make.version(program=Program.objects.get(code="bought"), questions=OPEN_TO_ALL, wording=TEXTS)
    assert collecting.post("/responses", sent).json()["status"] == "unchanged"
    other = collecting.post("/responses", sent | {"answers": {"wait": 3}})
    assert (other.status_code, errors(other)) == (422, [("conflict", "external_id")])
    new = collecting.post("/responses", sent | {"external_id": "new"})
    assert new.json()["errors"][0]["message"] == "wait: the program asks no such question."
    assert Response.objects.get().version_id == then


@pytest.mark.parametrize(
    ("answers", "message"),
    [
        ({"mood": 1}, "mood: the program asks no such question."),
        ({"wait": 6}, "wait: Give a whole number from 1 to 5."),
        ({"wait": 2, "fees-how": "high"}, "fees-how: not asked of who gives this score and these answers."),
        ({"wait": {"a": 1}}, "The value of wait must be text, a number, true, false, null or a list of texts."),
    ],
)
def test_further_answers_that_are_none_are_refused(world: World, collecting: Caller, answers: Any, message: str):
    reply = collecting.post("/responses", item(world, score=3, answers=answers))
    assert (reply.status_code, errors(reply)[0][1]) == (422, "answers")
    assert reply.json()["errors"][0]["message"] == message
    assert not Response.objects.exists()


def test_a_program_without_a_version_takes_no_further_answers(world: World):
    make.program(code="bought", kind=Program.Kind.COLLECTED)
    reply = Caller(world.crm_secret).post("/responses", item(world, answers={"wait": 1}))
    assert reply.json()["errors"][0]["message"] == "wait: the program asks no such question."
