"""Declared attributes and normal forms of addresses: crm.attributes, crm.addresses."""

import pytest

from crm.addresses import normalize
from crm.attributes import check_schema, check_values, strings_of, told, told_openly

SCHEMA = {"wait": {"type": "integer", "required": True}, "amount": {"type": "decimal"}, "day": {"type": "date"}}


@pytest.mark.parametrize(
    "schema",
    [
        [],
        {"Wait": {"type": "integer"}},
        {"wait": {"type": "number"}},
        {"wait": 7},
        {"wait": {"type": "integer", "x": 1}},
    ],
)
def test_a_schema_that_makes_no_sense_is_refused(schema):
    assert check_schema(schema)


def test_values_of_the_declared_types_pass():
    assert check_values(SCHEMA, {"wait": 0, "amount": "12.50", "day": "2026-11-24"}) == {}


def test_missing_is_not_zero_but_what_is_required_must_be_there():
    assert check_values(SCHEMA, {"amount": None}) == {"wait": "required"}


@pytest.mark.parametrize("value", [True, "9", 9.5, [], {}])
def test_an_integer_is_an_integer(value):
    assert check_values(SCHEMA, {"wait": value}) == {"wait": "expected integer"}


def test_on_a_card_lists_are_words_and_what_is_personal_or_not_declared_stays_out():
    schema = {
        "reasons": {"type": "strings", "label": "Why"}, "settled": {"type": "boolean"},
        "iban": {"type": "string", "personal": True}, "wait_minutes": {"type": "integer"},
    }  # fmt: skip
    values = {"reasons": ["Delays", "Denial of claim"], "settled": False, "iban": "DE02", "odd": 1}
    assert told_openly(schema, values) == [("Why", "Delays, Denial of claim"), ("Settled", "no")]


@pytest.mark.parametrize("value", ["NaN", "Infinity", "twelve", True, float("inf")])
def test_a_decimal_is_a_finite_number(value):
    assert check_values(SCHEMA, {"wait": 1, "amount": value}) == {"amount": "expected decimal"}


@pytest.mark.parametrize("value", ["24.11.2026", "2026-13-01", 20261124, ""])
def test_a_day_is_iso(value):
    assert "day" in check_values(SCHEMA, {"wait": 1, "day": value})


@pytest.mark.parametrize(
    ("channel", "given", "normal"),
    [
        ("email", " Ines@Example.ORG ", "ines@example.org"),
        ("phone", "+44 (0)20 7946 0471", "+442079460471"),
        ("sms", "+33 6 12 34 56 78", "+33612345678"),
    ],
)
def test_an_address_has_one_normal_form(channel, given, normal):
    assert normalize(channel, given) == normal


@pytest.mark.parametrize("given", ["a@x.org,b@x.org", "a@x.org b@x.org", "a@x", "", "a@x.org\nBcc: b@x.org"])
def test_what_is_not_one_mail_address_is_refused(given):
    with pytest.raises(ValueError, match="not one e-mail address"):
        normalize("email", given)


@pytest.mark.parametrize("given", ["", "020 7946 0471", "+44", "+44 20 7946 0471;ext=5", "+999 123456789", "phone"])
def test_what_is_not_a_full_number_is_refused(given):
    with pytest.raises(ValueError, match=r"country code|does not exist"):
        normalize("phone", given)


LISTS = {"reasons": {"type": "strings"}}


def test_a_list_of_short_texts_is_a_value_of_its_own_kind():
    assert check_schema(LISTS) is None
    assert check_values(LISTS, {"reasons": ["Delay", "Denial of claim"]}) == {}
    assert check_values(LISTS, {"reasons": []}) == {}


@pytest.mark.parametrize("value", ["Delay", ["Delay", 7], [""], ["x" * 501], ["x"] * 51, {"Delay": True}])
def test_what_is_no_list_of_short_texts_is_refused(value):
    assert check_values(LISTS, {"reasons": value}) == {"reasons": "expected strings"}


def test_a_cell_holds_a_list_parted_by_semicolons():
    assert strings_of(" Delay; Denial of claim ;; Delay") == ["Delay", "Denial of claim"]
    assert strings_of(" ; ") == []


def test_attributes_are_told_by_their_labels_in_the_order_in_which_they_are_declared():
    schema = {"wait_minutes": {"type": "integer", "label": "Waiting time"}, "resolved": {"type": "boolean"}}
    values = {"topics": ["fee", "card"], "resolved": False, "wait_minutes": 0, "unknown": None}
    assert told(schema, values) == "Waiting time: 0; Resolved: no; Topics: fee, card"
    assert told({}, {}) == ""
