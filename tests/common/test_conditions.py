"""The vocabulary people write conditions in: what it means, and every way to get it wrong."""

from __future__ import annotations

import django_filters
import pytest
from django.core.exceptions import ValidationError
from django.db.models import Q

from common.conditions import MAX_DEPTH, MAX_LEAVES, compile_condition, validate_condition
from common.models import Event, Heartbeat
from tests.world import NOW


class ByWords(django_filters.CharFilter):
    """A leaf that brings its own Q."""

    def q(self, value: str) -> Q:
        return Q(what__startswith=f"{value}.")


class ByNumber(django_filters.NumberFilter):
    def q(self, value: int) -> Q:
        return Q(data__number=int(value))


class Vocabulary(django_filters.FilterSet):
    what = django_filters.CharFilter()
    number = ByNumber()
    other_than = django_filters.CharFilter(field_name="what", exclude=True)
    about = ByWords()

    class Meta:
        model = Event
        fields: list[str] = []


@pytest.fixture
def events(db) -> None:
    subject = Heartbeat.objects.create(name="x", at=NOW)
    for what, number in (("ticket.opened", 1), ("ticket.closed", 2), ("alert.raised", 3)):
        Event.objects.record(what, subject=subject, at=NOW, number=number)


def is_(what: str) -> dict[str, str]:
    return {"filter": "what", "value": what}


OPENED, CLOSED, RAISED = is_("ticket.opened"), is_("ticket.closed"), is_("alert.raised")
ALL = {1, 2, 3}


@pytest.mark.parametrize(
    ("tree", "numbers"),
    [
        ({}, ALL),
        ({"all": []}, ALL),
        ({"any": []}, set()),
        ({"not": {}}, set()),
        ({"not": {"any": []}}, ALL),
        ({"any": [OPENED, {}]}, ALL),
        ({"all": [OPENED, {}]}, {1}),
        (OPENED, {1}),
        ({"not": OPENED}, {2, 3}),
        ({"any": [OPENED, RAISED]}, {1, 3}),
        ({"all": [OPENED, RAISED]}, set()),
        ({"all": [{"not": {"any": [OPENED, CLOSED]}}, {"not": {"not": RAISED}}]}, {3}),
        ({"filter": "number", "value": "2"}, {2}),
        ({"filter": "other_than", "value": "ticket.opened"}, {2, 3}),
        ({"filter": "about", "value": "ticket"}, {1, 2}),
    ],
)
def test_a_condition_means_what_it_says(events, tree, numbers):
    rows = Event.objects.filter(compile_condition(tree, Vocabulary))
    assert {event.data["number"] for event in rows} == numbers


def nested(depth: int) -> dict[str, object]:
    return {"not": nested(depth - 1)} if depth else dict(OPENED)


@pytest.mark.parametrize(
    ("tree", "message"),
    [
        ([], "condition: expected an object, got list"),
        (None, "condition: expected an object, got NoneType"),
        ({"all": {}}, "condition.all: expected a list"),
        ({"any": [1]}, "condition.any[0]: expected an object, got int"),
        ({"not": []}, "condition.not: expected an object, got list"),
        ({"all": [], "any": []}, "condition: expected all, any, not, or filter with value; got all, any"),
        ({"filter": "what"}, "condition: expected all, any, not, or filter with value; got filter"),
        (
            {"all": [OPENED, {"filter": "mood", "value": 1}]},
            "condition.all[1]: unknown filter 'mood'; known: about, number, other_than, what",
        ),
        ({"filter": 7, "value": 1}, "condition: unknown filter 7; known: about, number, other_than, what"),
        ({"filter": "number", "value": "many"}, "condition: number: Enter a number."),
        ({"filter": "number", "value": True}, "condition: number: Enter a number."),
        ({"filter": "number", "value": "NaN"}, "condition: number: Enter a number."),
        ({"filter": "what", "value": ""}, "condition: what: a value is needed"),
        ({"filter": "number", "value": None}, "condition: number: a value is needed"),
        ({"filter": "what", "value": "a\0"}, "condition: what: contains what cannot be stored"),
        ({"filter": "what", "value": "\ud800"}, "condition: what: contains what cannot be stored"),
        ({"filter": "what", "value": {"a\0": 1}}, "condition: what: contains what cannot be stored"),
        ({"\ud800": 1}, "condition: expected all, any, not, or filter with value; got \N{REPLACEMENT CHARACTER}"),
        ({"any": [{}, {"all": 1}]}, "condition.any[1].all: expected a list"),
        (nested(MAX_DEPTH + 1), f"condition{'.not' * (MAX_DEPTH + 1)}: nested deeper than {MAX_DEPTH}"),
        ({"all": [OPENED] * (MAX_LEAVES + 1)}, f"condition.all[100]: more than {MAX_LEAVES} comparisons"),
    ],
)
def test_a_wrong_condition_says_where_and_what(tree, message):
    with pytest.raises(ValidationError) as wrong:
        validate_condition(tree, Vocabulary)
    assert wrong.value.messages == [message]


def test_the_deepest_condition_allowed_is_allowed():
    validate_condition(nested(MAX_DEPTH), Vocabulary)
