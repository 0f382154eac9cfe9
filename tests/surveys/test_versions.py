"""The pure rules of versions: what a kind may say, what it means in words, what differs and what changes the metric."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from surveys.models import Program, ProgramVersion
from surveys.services.designing.drafting import NOT_COPIED
from surveys.versions.checking import program_problems, version_problems
from surveys.versions.differing import METRIC, changes
from surveys.versions.doubts import doubts, may_be
from surveys.versions.kinds import ASKING, KIND_NAMES, SETTINGS
from surveys.versions.outlines import outline
from surveys.versions.telling import days_of_week, minutes, percent, tell

SETTINGS_OF = ProgramVersion().settings
RULE = {"since": "asked", "days": 30, "per": "person", "among": "any", "then": "block"}
PART = {"name": "Private", "rate": 0.5, "condition": {"filter": "segment", "value": "private"}}
CASE = "All interactions with the same case are one; it ends with: Closing, or it ends after 48 hours of silence."


def said(**changed: Any) -> dict[str, Any]:
    return SETTINGS_OF | changed


def test_every_setting_of_a_version_stands_in_a_section_of_the_form():
    fields = {field.name for field in ProgramVersion._meta.concrete_fields}
    assert set(SETTINGS) == fields - NOT_COPIED
    assert len(SETTINGS) == len(set(SETTINGS))


FIRST = "bar at once, and that is looked at first."


@pytest.mark.parametrize(
    ("rule", "settings", "doubt"),
    [
        ({}, {}, f"never makes an occasion wait: 30 days after such a question {FIRST}"),  # of a version as it begins
        ({}, {"quarantine_days": 0}, f"never waits for a question of the program's own kind: 90 days after it {FIRST}"),
        ({"days": 14}, {}, f"never makes an occasion wait: 30 days after such a question {FIRST}"),
        ({"per": "household"}, {}, f"makes an occasion wait for others of the household: the person's own {FIRST}"),
        (
            {"among": "kind"},
            {"quarantine_days": 0, "program_quarantine_days": 3},
            f"makes an occasion wait only later: 3 days after a question {FIRST}",
        ),
        (
            {"since": "answered", "days": 8},
            {},
            "makes an occasion wait 7 days at most: what would last longer gets too old and is not asked about.",
        ),
        ({}, {"quarantine_days": 0, "program_quarantine_days": 0}, None),
        ({"then": "block"}, {}, None),
    ],
)
def test_a_rule_that_does_not_delay_as_it_seems_to_is_doubted(rule: dict, settings: dict, doubt: str | None):
    settings = said(contact_rules=[RULE | {"days": 5, "then": "delay"} | rule], **settings)
    assert not version_problems("transactional", settings)
    assert list(doubts(settings)) == ([f"Rule 1 {doubt}"] if doubt else [])


CALL, VISIT = {"filter": "kind", "value": "call"}, {"filter": "kind", "value": ["visit", "call"]}


@pytest.mark.parametrize(
    ("condition", "possible"),
    [
        ({}, True),
        (CALL, False),
        (VISIT, True),
        ({"not": CALL}, True),
        ({"not": VISIT}, False),
        ({"not": {"filter": "product", "value": "card"}}, True),
        ({"all": [{"filter": "product", "value": "card"}, CALL]}, False),
        ({"any": [{"filter": "product", "value": "card"}, CALL]}, True),
        ({"not": {"any": [{"filter": "product", "value": "card"}, VISIT]}}, False),
    ],
)
def test_a_condition_that_no_visit_can_meet_is_known(condition: dict, possible: bool):
    assert may_be(condition, "visit")[0] is possible


def test_every_kind_of_program_is_known():
    assert set(KIND_NAMES) == set(Program.Kind.values)
    assert set(Program.Kind.values) - {Program.Kind.COLLECTED} == ASKING


@pytest.mark.parametrize(
    ("kind", "changed", "field", "told"),
    [
        ("transactional", {"wave_months": 12}, "wave_months", "A transactional program does not use this"),
        ("relationship", {"interaction_kind": "Visit", "wave_months": 6}, "interaction_kind", "does not use this"),
        ("relationship", {}, "wave_months", "after how many months"),
        ("relationship", {"wave_months": 61}, "wave_months", "from 1 to 60"),
        ("post_call", {}, "interaction_kind", "which kind of interaction the call is"),
        ("journey", {}, "ends_with", "what ends an episode"),
        ("manual", {"episode_attribute": "case"}, "episode_attribute", "does not use this"),
        ("manual", {"sampling_rate": Decimal("1.5")}, "sampling_rate", "from 0 to 1"),
        ("manual", {"quota": 0}, "quota", "at least 1"),
        ("manual", {"quota": 5, "target": 6}, "target", "the quota of 5"),
        ("manual", {"quota": 5, "minimum": 6}, "minimum", "above the quota of 5"),
        ("manual", {"strata": [PART, PART | {"name": "PRIVATE "}]}, "strata", "Part 2: another part is called PRIVATE"),
        ("manual", {"strata": [PART | {"name": " "}]}, "strata", "a name of at most 60"),
        ("manual", {"strata": [PART | {"rate": "NaN"}]}, "strata", "a rate from 0 to 1"),
        ("manual", {"strata": [PART | {"rate": True}]}, "strata", "a rate from 0 to 1"),
        ("manual", {"strata": [PART | {"condition": {}}]}, "strata", "it takes in everybody"),
        ("manual", {"strata": [{"name": "A"}]}, "strata", "condition, rate is missing"),
        ("manual", {"strata": {"name": "A"}}, "strata", "Expected a list of parts"),
        ("manual", {"contact_rules": [RULE | {"per": "street"}]}, "contact_rules", "per: expected one of person"),
        ("manual", {"contact_rules": [RULE | {"days": 0}]}, "contact_rules", "days from 1 to 3650"),
        ("manual", {"contact_rules": [RULE, RULE | {"days": 9}]}, "contact_rules", "Rule 2: an earlier rule"),
        ("manual", {"contact_rules": [RULE | {"x": 1}]}, "contact_rules", "x is missing or unknown"),
        ("manual", {"contact_rules": "none"}, "contact_rules", "Expected a list of rules"),
        ("manual", {"weekdays": []}, "weekdays", "at least one weekday"),
        ("manual", {"weekdays": [1, 1]}, "weekdays", "each once"),
        ("manual", {"weekdays": [7]}, "weekdays", "at least one weekday"),
        ("manual", {"yearly_cap": 0}, "yearly_cap", "at least 1"),
        ("manual", {"expiry_days": 0}, "expiry_days", "at least a day"),
        ("manual", {"reminder_days": [3, 6, 9]}, "reminder_days", "more than twice"),
        ("manual", {"reminder_days": [6, 3]}, "reminder_days", "the second later than the first"),
        ("manual", {"reminder_days": [0]}, "reminder_days", "days from 1 on"),
        ("manual", {"reminder_days": [30]}, "reminder_days", "must come before"),
        ("manual", {"reminder_days": "5"}, "reminder_days", "Expected days"),
    ],
)
def test_what_does_not_go_together_is_told_by_field(kind: str, changed: dict[str, Any], field: str, told: str):
    problems = version_problems(kind, said(**changed))
    assert list(problems) == [field]
    assert told in " ".join(problems[field])


@pytest.mark.parametrize(
    ("kind", "changed"),
    [
        ("transactional", {}),
        ("post_call", {"interaction_kind": "Call"}),
        ("journey", {"ends_after_hours": 48, "episode_attribute": "case"}),
        ("relationship", {"wave_months": 12}),
        ("manual", {"strata": [PART], "contact_rules": [RULE, RULE | {"since": "answered"}]}),
        ("collected", {}),
    ],
)
def test_what_goes_together_has_no_problem(kind: str, changed: dict[str, Any]):
    assert version_problems(kind, said(**changed)) == {}


def test_a_version_that_decides_daily_needs_an_hour_and_one_that_does_not_has_none():
    assert version_problems("transactional", said(decides="daily")) == {
        "decides_at": ["Say at which hour it decides each day."]
    }
    assert list(version_problems("transactional", said(decides="at_once", decides_at="15:00"))) == ["decides_at"]
    assert version_problems("transactional", said(decides="daily", decides_at="15:00")) == {}


def test_a_window_has_an_order():
    late, early = datetime(2026, 12, 1, tzinfo=UTC), datetime(2026, 11, 1, tzinfo=UTC)
    assert program_problems({"active_from": early, "active_until": late}) == {}
    assert list(program_problems({"active_from": late, "active_until": late})) == ["active_until"]


def test_a_version_is_told_in_plain_words():
    changed = said(
        interaction_kind="Branch visit", sampling_rate=Decimal("0.125"), strata=[PART], quota=40,
        quota_counts="answers", contact_rules=[RULE | {"then": "delay", "per": "household"}], yearly_cap=1,
        weekdays=[0, 1, 2, 3, 4], delay_minutes=120, condition={"filter": "segment", "value": "x"},
    )  # fmt: skip
    told = tell("transactional", changed, lambda _: "The segment is this.")
    assert {part.title: part.sentences for part in told} == {
        "Whom": (
            "Customers after: Branch visit.",
            "By e-mail, all who did not say no to it.",
            "Only where this is true: The segment is this.",
        ),
        "How many": (
            "Private: 50 %, where the segment is this.",
            "12.5 % of the rest.",
            "At most 40 answers, those still expected included, per unit and month.",
        ),
        "How often": (
            "Nobody within 30 days of any question, or 90 days of one of its kind.",
            "It waits until 30 days have passed since anybody of the household was asked by any program.",
            "Nobody more than 1 time in 365 days.",
        ),
        "When": (
            "2 hours after the decision, in waking hours.",
            "It asks on Monday to Friday.",
            "Who has given no sign of life is reminded once: 7 days after the question.",
            "What happened more than 7 days ago is not asked about.",
            "The link is good for 30 days; an answer can be changed for 30 days.",
        ),
        "In which words": (
            "en: How likely are you to recommend us to a friend or colleague?",
            "Answers from 0 to 10.",
        ),
    }


@pytest.mark.parametrize(
    ("kind", "changed", "told"),
    [
        ("relationship", {"wave_months": 1}, "Every customer in turn, once in 1 month, spread evenly."),
        ("manual", {}, "Customers whom staff propose one by one."),
        ("post_call", {"interaction_kind": "Call"}, "Customers after a call: Call."),
        (
            "journey",
            {"ends_with": "Closing", "ends_after_hours": 48, "episode_attribute": "case"},
            f"Customers at the end of an episode. {CASE}",
        ),
        ("collected", {}, "Nobody: it takes in answers that were collected elsewhere."),
    ],
)
def test_each_kind_says_whom_it_asks(kind: str, changed: dict[str, Any], told: str):
    assert tell(kind, said(**changed), str)[0].sentences[0] == told


def test_figures_are_told_without_zeros_that_say_nothing():
    assert [percent(rate) for rate in ("1.000000", 0.1, "0.000001", 0)] == ["100 %", "10 %", "0.0001 %", "0 %"]
    assert [minutes(number) for number in (0, 1, 60, 90, 2880)] == [
        "0 minutes", "1 minute", "1 hour", "90 minutes", "2 days"
    ]  # fmt: skip
    assert days_of_week([6, 5]) == "Saturday, Sunday"


def test_a_condition_is_outlined_by_depth():
    tree = {"all": [{"filter": "segment", "value": ["a", "b"]}, {"not": {"any": [
        {"filter": "attribute", "value": {"name": "wait", "op": "gte", "value": 10}},
        {"filter": "previous_score", "value": {"op": "lte", "value": 6}},
    ]}}]}  # fmt: skip
    assert outline(tree) == [
        "all of",
        "  segment: a or b",
        "  not",
        "    any of",
        "      wait ≥ 10",
        "      previous score ≤ 6",
    ]
    assert outline({}) == outline({"all": []}) == []


def test_only_what_changes_the_metric_is_marked():
    found = changes(said(), said(expiry_days=10, edit_days=1, sampling_rate=Decimal("0.5"), quota=7))
    assert [(change.field, bool(change.metric)) for change in found] == [
        ("sampling_rate", True), ("quota", True), ("expiry_days", False), ("edit_days", False)
    ]  # fmt: skip
    assert (found[0].before, found[0].after) == (("100 %",), ("50 %",))


def test_every_setting_but_links_and_texts_changes_the_metric():
    unmetric = {"expiry_days", "edit_days", "wording", "keep_clicks", "questions"}
    assert set(SETTINGS) - set(METRIC) == unmetric


def test_wording_is_compared_text_by_text():
    old = {"en": {"question": "Would you?", "why_promoter": "Why?"}, "fr": {"question": "Et vous ?"}}
    new = {"en": {"question": "Would you?", "why_promoter": "Tell us."}, "de": {"question": "Und Sie?"}}
    found = changes(said(wording=old), said(wording=new))
    assert [(change.label, change.before, change.after, bool(change.metric)) for change in found] == [
        ("Language de", ("not offered",), ("offered",), True),
        ("Question (de)", ("the standard text",), ("Und Sie?",), True),
        ("What promoters are asked next (en)", ("Why?",), ("Tell us.",), False),
        ("Language fr", ("offered",), ("not offered",), True),
        ("Question (fr)", ("Et vous ?",), ("the standard text",), True),
    ]


def test_the_fingerprint_is_of_what_a_version_says_and_of_nothing_else():
    one, other = ProgramVersion(seed="a", number=1), ProgramVersion(seed="a", number=2, sampling_rate=Decimal("1.000"))
    assert one.fingerprint == other.fingerprint
    assert ProgramVersion(seed="b").fingerprint != one.fingerprint
