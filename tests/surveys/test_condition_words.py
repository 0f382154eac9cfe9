"""A condition of whom to ask, in English."""

from __future__ import annotations

from typing import Any

import pytest

from common.conditions import in_words
from surveys.filters import OccasionFilter
from tests.surveys.test_filters import leaf

MORTGAGE = leaf("product", "mortgage")
NORTH = leaf("unit", ["north", "south"])
WAITED = leaf("attribute", {"name": "wait_minutes", "op": "gte", "value": 10})
LOW = leaf("previous_score", {"op": "lte", "value": 6})


@pytest.mark.parametrize(
    ("tree", "words"),
    [
        ({}, "Every occasion."),
        ({"any": []}, "No occasion."),
        ({"not": {}}, "No occasion."),
        (MORTGAGE, "The product is “mortgage”."),
        ({"not": MORTGAGE}, "The product is not “mortgage”."),
        ({"not": {"not": MORTGAGE}}, "The product is “mortgage”."),
        (leaf("channel", ["web", "phone"]), "The channel is one of “web”, “phone”."),
        ({"not": leaf("channel", ["web", "phone"])}, "The channel is none of “web”, “phone”."),
        (NORTH, "It happened in or below one of “north”, “south”."),
        ({"not": leaf("unit", "north")}, "It did not happen in or below “north”."),
        (leaf("customer_unit", "north"), "The customer's home unit lies in or below “north”."),
        (leaf("unit_kind", "branch"), "The kind of unit is Branch."),
        (WAITED, "Wait minutes is at least 10."),
        (
            leaf("attribute", {"name": "reasons", "op": "has", "value": ["Delays", "Fees"]}),
            "Reasons has one of “Delays”, “Fees”.",
        ),
        (
            leaf("customer_attribute", {"name": "tier", "op": "ne", "value": "gold"}),
            "The customer's tier is other than “gold”.",
        ),
        (LOW, "The person's last score was at most 6."),
        (leaf("previous_category", ["none"]), "The person's last answer was no answer."),
        (leaf("days_since_asked", {"op": "gt", "value": 90}), "The time since they were last asked is above 90 days."),
        (
            leaf("money", {"of": "revenue", "currency": "EUR", "days": 365, "op": "gte", "value": 1000}),
            "The person's revenue in the 365 days before was at least 1000 EUR.",
        ),
        (
            {"all": [{"any": [MORTGAGE, LOW]}, WAITED]},
            "(The product is “mortgage” or the person's last score was at most 6) and wait minutes is at least 10.",
        ),
        (
            {"any": [{"all": [MORTGAGE, WAITED, LOW]}, {"not": {"any": [NORTH, LOW]}}]},
            (
                "(The product is “mortgage”, wait minutes is at least 10 and the person's last score was at most 6)"
                " or not (it happened in or below one of “north”, “south” or the person's last score was at most 6)."
            ),
        ),
        (leaf("weather", "rain"), '{"weather": "rain"}.'),
        ({"not": leaf("previous_score", 9)}, 'Not ({"previous_score": 9}).'),
        (leaf("money", {"of": []}), '{"money": {"of": []}}.'),
        ("rain", '"rain".'),
        ({"all": 7}, '{"all": 7}.'),
    ],
)
def test_a_condition_reads_as_a_sentence(tree: Any, words: str):
    assert in_words(tree, OccasionFilter) == words


def test_values_are_called_what_people_call_them():
    names = {"unit": {"north": "Nordregion"}, "attribute": {"wait_minutes": "Waiting time"}}
    both = in_words({"all": [NORTH, WAITED]}, OccasionFilter, names)
    assert both == "It happened in or below one of Nordregion, “south” and Waiting time is at least 10."
