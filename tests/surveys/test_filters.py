"""Whom to ask: each leaf of the vocabulary, and that it takes nothing but its own JSON."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db.models import Q

from common.conditions import compile_condition
from crm.models import Interaction
from surveys.filters import OccasionFilter
from tests.factories import crm as make
from tests.factories import surveys as ask
from tests.world import NOW, World


def leaf(name: str, value: Any) -> dict[str, Any]:
    return {"filter": name, "value": value}


def holds(tree: dict[str, Any]) -> bool:
    """Whether a condition is true of the one interaction there is; its negation must be the opposite."""
    q = compile_condition(tree, OccasionFilter)
    found = Interaction.objects.filter(q).exists()
    assert Interaction.objects.filter(compile_condition({"not": tree}, OccasionFilter)).exists() is not found
    return found


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("kind", "branch-visit", True),
        ("kind", "call", False),
        ("product", ["mortgage", "current account"], True),
        ("channel", "phone", False),
        ("unit_kind", "branch", True),
        ("employee", "jonas", True),
        ("employee", ["helen"], False),
        ("segment", "", None),
        ("segment", "private", False),
        ("language", "en", True),
        ("language", "e", False),
    ],
)
def test_words(world: World, name: str, value: Any, expected: bool | None):
    if expected is None:
        with pytest.raises(ValidationError, match=r"expected a text|value is needed"):
            compile_condition(leaf(name, value), OccasionFilter)
    else:
        assert holds(leaf(name, value)) is expected


def test_a_language_stands_for_its_regions(world: World):
    world.ines.language = "fr-CA"
    world.ines.save()
    assert holds(leaf("language", ["FR", "de"]))


def test_a_unit_stands_for_everything_below_it(world: World):
    assert holds(leaf("unit", world.north.external_id))
    assert holds(leaf("unit", f"crm/{world.harbour.external_id}"))
    assert not holds(leaf("unit", [world.south.external_id, world.mill.external_id]))


def test_a_unit_named_in_two_sources_has_to_be_told_apart(world: World):
    make.unit(source="hr", external_id=world.mill.external_id)
    with pytest.raises(ValidationError, match="several units: write SOURCE/EXTERNAL_ID"):
        compile_condition(leaf("unit", world.mill.external_id), OccasionFilter)


@pytest.mark.parametrize(
    ("stored", "op", "value", "expected"),
    [
        (12, "gte", 12, True),
        (12, "gt", 12, False),
        (12, "lt", 12.5, True),
        (12, "ne", 13, True),
        ("12.50", "eq", 12.5, True),  # decimals may come as text
        ("12", "eq", "12", True),
        (12, "eq", "12", False),
        ("soon", "lt", 12, False),
        (True, "eq", True, True),
        (True, "eq", 1, False),
        ("2026-11-20", "lt", "2026-11-21", True),
        ('it\'s "so" 100%', "eq", 'it\'s "so" 100%', True),
        (None, "ne", 3, False),  # missing is not zero, and not "other than 3" either
    ],
)
def test_attributes(world: World, stored: Any, op: str, value: Any, expected: bool):
    Interaction.objects.update(attributes={} if stored is None else {"wait": stored})
    assert holds(leaf("attribute", {"name": "wait", "op": op, "value": value})) is expected


@pytest.mark.parametrize(
    ("days_before", "score", "expected"),
    [(1, 6, True), (1, 7, False), (-1, 6, False), (731, 6, False), (None, 0, False)],
)
def test_the_previous_score(world: World, days_before: int | None, score: int, expected: bool):
    if days_before is not None:
        at = world.interaction.occurred_at - timedelta(days=days_before)
        ask.response(unit=world.harbour, program=ask.program(), customer=world.ines, score=score, answered_at=at)
    assert holds(leaf("previous_score", {"op": "lte", "value": 6})) is expected


def test_a_score_of_somebody_else_is_not_the_persons(world: World):
    at = NOW - timedelta(days=30)
    ask.response(unit=world.harbour, program=ask.program(), customer=make.customer(), score=2, answered_at=at)
    assert not holds(leaf("previous_score", {"op": "lte", "value": 6}))


def test_the_last_of_several_previous_scores_counts_also_of_a_merged_customer(world: World):
    double = make.customer(canonical=world.ines)
    for person, score, days in ((world.ines, 2, 60), (double, 9, 30)):
        at = NOW - timedelta(days=days)
        ask.response(unit=world.harbour, program=ask.program(), customer=person, score=score, answered_at=at)
    assert holds(leaf("previous_score", {"op": "eq", "value": 9}))


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("product", 5, "expected a text or a list"),
        ("product", [], "expected a text or a list|value is needed"),
        ("product", ["a", None], "expected a text or a list"),
        ("unit", True, "expected a text or a list"),
        ("attribute", {"name": "wait", "op": "gte"}, "expected an object with name, op, value"),
        ("attribute", {"name": "Wait time", "op": "gte", "value": 1}, "name of a declared attribute"),
        ("attribute", {"name": "wait", "op": "like", "value": 1}, "expected one of eq"),
        ("attribute", {"name": "wait", "op": ["eq"], "value": 1}, "expected one of eq"),
        ("attribute", {"name": "wait", "op": "gte", "value": None}, "expected a text, a number"),
        ("attribute", {"name": "wait", "op": "gte", "value": True}, "by eq or ne only"),
        ("previous_score", {"op": "gte", "value": 11}, "from 0 to 10"),
        ("previous_score", {"op": "gte", "value": True}, "from 0 to 10"),
        ("previous_score", {"op": "gte", "value": "9"}, "from 0 to 10"),
        ("previous_score", 9, "expected an object"),
        ("weather", "rain", "unknown filter 'weather'"),
    ],
)
def test_anything_else_is_refused_with_a_reason(world: World, name: str, value: Any, said: str):
    with pytest.raises(ValidationError, match=said):
        compile_condition(leaf(name, value), OccasionFilter)


def test_leaves_combine(world: World):
    tree = {"all": [leaf("product", "current account"), {"any": [leaf("channel", "web"), leaf("unit_kind", "branch")]}]}
    assert holds(tree)
    assert compile_condition({}, OccasionFilter) == Q()


@pytest.mark.parametrize(
    ("value", "expected"),
    [("Delay", True), (["Rate", "Delay"], True), ("Dela", False), (["Rate", "Fee"], False)],
)
def test_a_list_of_texts_has_any_of_those_named(world: World, value: Any, expected: bool):
    Interaction.objects.update(attributes={"reasons": ["Delay", "Denial"]})
    assert holds(leaf("attribute", {"name": "reasons", "op": "has", "value": value})) is expected


def test_what_is_missing_has_nothing(world: World):
    assert holds(leaf("attribute", {"name": "reasons", "op": "has", "value": "Delay"})) is False


@pytest.mark.parametrize("value", [7, [], [7], None, {"a": 1}])
def test_a_list_has_texts_and_nothing_else(value: Any):
    with pytest.raises(ValidationError):
        compile_condition(leaf("attribute", {"name": "reasons", "op": "has", "value": value}), OccasionFilter)
