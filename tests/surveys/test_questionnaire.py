"""The pure rules of further questions: what may be asked, of whom, which are open, what may be answered."""

from __future__ import annotations

import re
from typing import Any

import pytest

from crm.models import Acquisition
from surveys.questionnaire.asking import asked, open_questions, standing_answers
from surveys.questionnaire.checking import RESERVED, question_problems
from surveys.questionnaire.costing import question_doubts
from surveys.questionnaire.questions import HEARD, Kind, questions_of
from surveys.questionnaire.reaching import most_asked
from surveys.questionnaire.values import LONGEST, Unfit, fit, posted
from surveys.questionnaire.wording import Speech, option_text, question_text

WAIT = {"code": "wait", "kind": "satisfaction"}
WHAT = {"code": "what", "kind": "multi", "options": ["fees", "staff", "app"]}
FEES = {
    "code": "fees-how", "kind": "single", "required": True, "options": ["high", "unclear"],
    "ask": {"categories": ["detractor", "passive"], "answers": [{"question": "what", "any_of": ["fees"]}]},
}  # fmt: skip
MORE = {"code": "more", "kind": "text", "ask": {"answers": [{"question": "fees-how", "any_of": ["unclear"]}]}}
ALL = [WAIT, WHAT, FEES, MORE]
EFFORT, HEARD_OF, FORWARD = ({"code": code, "kind": kind} for code, kind in
    (("ease", "effort"), ("heard", "first_heard"), ("pass-on", "forward")))  # fmt: skip
TEXTS = {
    "en": {
        "question": "Likely?", "what": "What was it about?", "what.fees": "Fees", "what.staff": "Staff",
        "what.app": "App", "fees-how": "What about them?", "fees-how.high": "Too high", "fees-how.unclear": "Unclear",
        "more": "Tell us", "what_detractor": "What went wrong?",
    }
}  # fmt: skip


def problems(rows: Any, **said: Any) -> list[str]:
    return question_problems(rows, **{"wording": TEXTS, **said})


def codes(found: Any) -> list[str]:
    return [question.code for question in found]


def opened(given: dict[str, Any], *, category: str = "detractor", rows: Any = ALL, known: Any = ()) -> list[str]:
    return codes(open_questions(questions_of(rows), category=category, given=given, known=known))


# --- which are open ------------------------------------------------------------------------------------------------


def test_questions_without_conditions_are_open_together_and_those_that_hang_on_them_come_later():
    assert opened({}) == ["wait", "what"]
    assert opened({"wait": 2, "what": ["fees", "app"]}) == ["fees-how"]
    assert opened({"wait": 2, "what": ["fees"], "fees-how": "unclear"}) == ["more"]
    assert opened({"wait": 2, "what": ["fees"], "fees-how": "unclear", "more": "x"}) == []


def test_a_question_is_asked_of_its_categories_alone():
    assert opened({"wait": 5, "what": ["fees"]}, category="promoter") == []
    assert opened({"wait": 5, "what": ["fees"]}, category="") == []


def test_what_hangs_on_a_skipped_question_is_not_asked():
    assert opened({"wait": None, "what": None}) == []


def test_what_hung_on_an_answer_that_was_changed_is_left_behind():
    given = {"wait": 2, "what": ["staff"], "fees-how": "unclear", "more": "x"}
    assert codes(asked(questions_of(ALL), category="detractor", given=given)) == ["wait", "what"]
    assert standing_answers(questions_of(ALL), category="detractor", given=given) == {"wait": 2, "what": ["staff"]}


def test_a_kind_that_the_customer_need_not_be_asked_is_left_out():
    assert opened({}, rows=[EFFORT, HEARD_OF]) == ["ease", "heard"]
    assert opened({}, rows=[EFFORT, HEARD_OF], known={Kind.FIRST_HEARD}) == ["ease"]


def test_yes_is_not_the_number_one():
    row = {"code": "a", "kind": "text", "ask": {"answers": [{"question": "pass-on", "any_of": [True]}]}}
    assert opened({"pass-on": True}, rows=[FORWARD, row]) == ["a"]
    assert opened({"pass-on": 1}, rows=[FORWARD, row]) == []


# --- what may be asked ---------------------------------------------------------------------------------------------


def test_questions_that_can_be_asked_have_no_problems():
    assert problems([*ALL, EFFORT, HEARD_OF, FORWARD]) == []


@pytest.mark.parametrize(
    ("rows", "sentence"),
    [
        ("no list", "Expected a list of questions, each with code and kind."),
        ([WAIT] * 21, "At most 20 questions."),
        ([WAIT, WAIT], "another question is called wait too."),
        ([WAIT | {"colour": 1}], "unknown colour; known: ask, code, kind, options, required."),
        (
            [WAIT | {"code": "Wait_1"}],
            ("a code of small letters, digits and hyphens is needed, at most 30 of them."),
        ),
        ([WAIT | {"code": "comment"}], "comment has a meaning of its own; choose another code."),
        ([WAIT | {"code": "effort"}], "effort is a kind of question; choose another code."),
        (
            [{"code": "a", "kind": "stars"}],
            ("kind: expected one of effort, satisfaction, single, multi, text, first_heard, forward."),
        ),
        ([WAIT | {"required": "yes"}], "required: expected true or false."),
        (
            [WAIT | {"options": ["a", "b"]}],
            ("options: a question of the kind satisfaction has its own; leave them out."),
        ),
        ([WHAT | {"options": ["fees"]}], "options: give 2 to 20."),
        ([WHAT | {"options": ["fees", "fees"]}], "options: each code once."),
        (
            [WHAT | {"options": ["Fees!", "b"]}],
            ("options: expected codes of small letters, digits and hyphens."),
        ),
        (
            [HEARD_OF, HEARD_OF | {"code": "again"}],
            ("an earlier question is of the kind first_heard too; it is asked once."),
        ),
        ([WAIT | {"ask": {"categories": ["fans"]}}], "ask: categories are promoter, passive, detractor."),
        ([WAIT | {"ask": {"when": 1}}], "ask: expected categories and answers."),
        ([FEES, WHAT], "ask: 'what' is no question before this one."),
        (
            [WAIT | {"ask": {"answers": [{"question": "wait", "any_of": [1]}]}}],
            ("ask: 'wait' is no question before this one."),
        ),
        (
            [WAIT, WHAT | {"ask": {"answers": [{"question": "wait", "any_of": [6]}]}}],
            ("ask: wait is never answered by 6."),
        ),
        (
            [WAIT, WHAT | {"ask": {"answers": [{"question": "wait", "any_of": []}]}}],
            ("ask: say which answers to wait lead here."),
        ),
        (
            [MORE | {"ask": {}}, WAIT | {"ask": {"answers": [{"question": "more", "any_of": ["x"]}]}}],
            ("ask: more is answered in own words, and no question can hang on them."),
        ),
        ([{"code": "own", "kind": "text"}], "The default language 'en' needs the texts own."),
    ],
)
def test_what_is_wrong_with_questions_is_named(rows: Any, sentence: str):
    assert [re.sub(r"^Question \d: ", "", one) for one in problems(rows)] == [sentence]


@pytest.mark.parametrize(
    ("first", "second", "conditions"),
    [
        ({}, {}, [("fees-how", ["high"]), ("fees-how", ["unclear"])]),  # one answer cannot be two
        ({"answers": [{"question": "wait", "any_of": [1, 2]}]}, {}, [("wait", [5]), ("fees-how", ["high"])]),
        ({"categories": ["promoter"]}, {"categories": ["detractor"]}, [("fees-how", ["high"])]),
    ],
)
def test_a_question_that_nothing_leads_to_is_named(first: dict, second: dict, conditions: list):
    hung = {"answers": [{"question": code, "any_of": any_of} for code, any_of in conditions]}
    rows = [WAIT, WHAT, FEES | {"ask": first}, {"code": "ease", "kind": "effort", "ask": second | hung}]
    assert problems(rows) == ["ease can never be reached: its conditions are never true together."]


def test_where_several_options_may_be_chosen_two_conditions_can_hold_at_once():
    both = [{"question": "what", "any_of": [one]} for one in ("fees", "staff")]
    assert problems([WHAT, {"code": "ease", "kind": "effort", "ask": {"answers": both}}]) == []


def test_on_another_scale_nobody_is_a_promoter():
    never = "ease can never be reached: its conditions are never true together, since scores are not from 0 to 10."
    assert problems([EFFORT | {"ask": {"categories": ["promoter"]}}], promoter_scale=False) == [never]


def test_a_question_in_a_language_with_standard_texts_needs_none_of_its_own():
    assert problems([EFFORT, HEARD_OF, FORWARD], default_language="fr-ca") == []
    assert problems([EFFORT], default_language="de") == [
        "The default language 'de' needs the texts ease, ease.low, ease.high."
    ]


def test_the_ways_to_hear_of_us_are_crms():
    assert set(HEARD) == set(Acquisition.How.values) - {"unknown"}
    assert set(HEARD).isdisjoint(RESERVED)


# --- what it costs -------------------------------------------------------------------------------------------------


def test_the_most_that_one_customer_is_asked_goes_by_category():
    assert most_asked(questions_of(ALL)) == (4, "passive")
    assert most_asked(questions_of([WAIT, WHAT])) == (2, "")


def doubts(rows: list[Any], texts: Any = None) -> list[str]:
    return list(question_doubts(rows, promoter_scale=True, speech=Speech("en", texts or TEXTS, "en")))


def test_more_than_five_questions_in_all_are_doubted_with_what_each_costs():
    assert doubts([WAIT, WHAT, EFFORT]) == []
    assert doubts([WAIT, WHAT, EFFORT, {"code": "more", "kind": "text"}]) == [
        (
            "A customer is asked up to 6 questions, with score and reason; beyond 5 more and more people leave before"
            " the end. What each takes to read and answer, estimated: wait about 6 s, what about 10 s, ease about 7 s,"
            " more about 30 s."
        )
    ]


def test_a_page_of_more_than_fifteen_kilobytes_is_doubted_in_the_language_in_which_it_is_heaviest():
    options = [f"o{number}" for number in range(20)]
    row = {"code": "what", "kind": "multi", "options": options}
    short = {"what": "What?"} | {f"what.{option}": "Long words" for option in options}
    assert doubts([row], {"en": short}) == []
    texts = {"en": short, "fr": short | {f"what.{option}": "é" * 100 for option in options}}
    (doubt,) = doubts([row], texts)
    assert doubt == (
        "In fr a page of further questions weighs about 16 kB; beyond 15 kB it comes slowly where the network is poor."
        " Fewer or shorter options make it lighter."
    )


def test_a_required_question_and_a_text_that_another_language_lacks_are_doubted():
    texts = TEXTS | {
        "fr": {"question": "?", "what": "Quoi ?", "what.fees": "Frais", "what.app": "Appli", "what_detractor": "?"}
    }
    assert doubts([WHAT | {"required": True}], texts) == [
        "what: who does not want to answer cannot go on, and leaves.",
        "In fr these texts are missing, and en is shown: what.staff.",
    ]


# --- what may be answered ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("row", "said", "kept"),
    [
        (WAIT, 5, 5),
        (FEES, "high", "high"),
        (WHAT, ["app", "fees", "app"], ["fees", "app"]),
        (WHAT, [], None),
        (MORE, "  two\r\nlines ", "two\nlines"),
        (MORE, "x" * 3000, "x" * LONGEST),
        (MORE, "  ", None),
        (HEARD_OF, "referral", "referral"),
        (FORWARD, False, False),
        (FORWARD, None, None),
    ],
)
def test_an_answer_is_kept_in_one_shape(row: dict, said: Any, kept: Any):
    assert fit(questions_of([row])[0], said) == kept


@pytest.mark.parametrize(
    ("row", "said", "sentence"),
    [
        (WAIT, 6, "Give a whole number from 1 to 5."),
        (WAIT, True, "Give a whole number from 1 to 5."),
        (WAIT, "5", "Give a whole number from 1 to 5."),
        (WAIT, 4.0, "Give a whole number from 1 to 5."),
        (FEES, "low", "Give one of high, unclear."),
        (WHAT, ["fees", "x"], "Give a list of any of fees, staff, app."),
        (WHAT, "fees", "Give a list of any of fees, staff, app."),
        (MORE, 7, "Give a text."),
        (FORWARD, 1, "Give true or false."),
    ],
)
def test_what_is_no_answer_is_refused(row: dict, said: Any, sentence: str):
    with pytest.raises(Unfit) as refusal:
        fit(questions_of([row])[0], said)
    assert str(refusal.value) == sentence


@pytest.mark.parametrize(
    ("row", "values", "kept"),
    [
        (WAIT, ["3"], 3), (WAIT, [], None), (WHAT, ["staff", "fees"], ["fees", "staff"]), (FORWARD, ["no"], False),
        (FORWARD, ["yes"], True), (MORE, [" so "], "so"),
    ],
)  # fmt: skip
def test_a_form_sends_texts(row: dict, values: list[str], kept: Any):
    assert posted(questions_of([row])[0], values) == kept


@pytest.mark.parametrize("values", [["03"], ["6"], ["x\x00"], ["True"]])
def test_what_no_form_of_ours_would_send_is_refused(values: list[str]):
    for row in (WAIT, FEES, WHAT, FORWARD):
        with pytest.raises(Unfit):
            posted(questions_of([row])[0], values)


# --- words ---------------------------------------------------------------------------------------------------------


def test_a_question_is_put_in_the_words_for_its_category_in_the_language_spoken():
    texts = TEXTS | {"fr": {"what": "Quoi ?"}}
    (what,) = questions_of([WHAT])

    def said(category: str, language: str) -> str:
        return question_text(what, category=category, speech=Speech(language, texts, "en"))

    assert said("detractor", "en") == "What went wrong?"
    assert said("promoter", "en") == "What was it about?"
    assert said("detractor", "fr-ca") == "Quoi ?"
    assert said("passive", "de") == "What was it about?"


def test_the_ends_of_a_scale_and_options_have_texts():
    ease, what = questions_of([EFFORT, WHAT])
    assert option_text(ease, "low", speech=Speech("fr", {}, "en")) == "très difficile"
    assert option_text(what, "app", speech=Speech("fr", TEXTS, "en")) == "App"
    assert option_text(what, "app", speech=Speech("fr", {}, "en")) == "app"


def test_another_language_is_better_than_another_question():
    own = {"en": {"ease": "How easy was the form?", "ease.low": "hard"}}
    (ease,) = questions_of([EFFORT])
    assert question_text(ease, category="", speech=Speech("fr", own, "en")) == "How easy was the form?"
    assert option_text(ease, "low", speech=Speech("fr", own, "en")) == "hard"
    assert option_text(ease, "high", speech=Speech("fr", own, "en")) == "très facile"
