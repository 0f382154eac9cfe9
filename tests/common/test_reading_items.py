"""Items with nothing wrong are read by a short way; it must come out where the framework's long way does."""

from __future__ import annotations

import pytest
from rest_framework.exceptions import ValidationError
from rest_framework.serializers import CharField, ChoiceField, ListField, Serializer

from common.api.serializers import CleanLine, StrictSerializer
from common.text import clean, clean_line
from crm.shapes import CustomerShape, EmployeeShape, InteractionShape, UnitShape

POINT = {"channel": "email", "address": "Noor@Example.org", "preferred": True}
SAID = {"channel": "email", "purpose": "survey", "granted": False, "at": "2026-11-23T14:30:00+01:00"}
CUSTOMER = {"external_id": " c\x00-1 ", "given_name": "Noor", "language": "fr-CA", "zone": "Europe/Paris"}
VISIT = {"external_id": "v-1", "kind": "visit", "customer": "c-1", "unit": "b-1", "occurred_at": "2026-11-23T14:30:00Z"}
ITEMS = [
    (CustomerShape, CUSTOMER),
    (
        CustomerShape,
        {**CUSTOMER, "unit": {"source": "hr", "external_id": "b"}, "attributes": {"a\x00": "b\x00", "n": 1}},
    ),
    (CustomerShape, {**CUSTOMER, "unit": None, "contact_points": [POINT], "consents": [SAID]}),
    (CustomerShape, {**CUSTOMER, "contact_points": [POINT, {**POINT, "address": "nobody"}], "language": "?"}),
    (CustomerShape, {**CUSTOMER, "consents": [SAID, SAID], "zone": "Mars/Olympus", "given_name": None}),
    (CustomerShape, {**CUSTOMER, "contact_points": [POINT] * 21}),
    (CustomerShape, {**CUSTOMER, "contact_points": "many"}),
    (CustomerShape, {**CUSTOMER, "contact_points": [None, 7]}),
    (CustomerShape, {"external_id": "", "colour": "red"}),
    (CustomerShape, {"external_id": "x" * 121, "as_of": "yesterday", "attributes": {"a": []}}),
    (CustomerShape, []),
    (CustomerShape, None),
    (EmployeeShape, {"external_id": "e", "name": "Tariq", "email": "T@Example.org", "left_on": "2026-01-01"}),
    (
        EmployeeShape,
        {"external_id": "e", "name": "Tariq", "email": "nobody", "assignments": [{"unit": 7, "role": "x"}]},
    ),
    (EmployeeShape, {"external_id": "e", "name": "T", "assignments": [{"unit": "b", "role": "employee"}] * 2}),
    (InteractionShape, VISIT),
    (InteractionShape, {**VISIT, "employee": None, "product": "  a   b\n", "attributes": {"wait": True}}),
    (InteractionShape, {**VISIT, "occurred_at": "2026-11-23T14:30:00", "unit": "", "customer": []}),
    (UnitShape, {"external_id": "b", "name": "B\ud800", "zone": "Europe/London", "parent": None}),
    (UnitShape, {"external_id": "b", "name": "B", "zone": "UTC", "kind": "castle", "opened_on": "1066-01-01"}),
]


def outcome(read, item):
    try:
        return dict(read(item))
    except ValidationError as error:
        return error.get_full_details()


@pytest.mark.parametrize(("shape", "item"), ITEMS)
def test_an_item_comes_out_as_the_framework_reads_it(shape, item):
    class Long(shape):
        def to_internal_value(self, data):
            unknown = isinstance(data, dict) and set(data) - set(self.fields)
            return super().to_internal_value(data) if unknown else Serializer.to_internal_value(self, data)

    assert outcome(shape().run_validation, item) == outcome(Long().run_validation, item)


LINES = [
    "plain", "", " ", "  two  blanks ", "12345", "123456", "     6", "tab\tinside", "a\nb", "\x7f", "é",
    "e\u0301", "\ud800", "\u202eabc", "\xa0x\xa0", "\u2028", "a\x00b\x00c\x00", "x" * 10_000, None, 5, True, [], {},
]  # fmt: skip


@pytest.mark.parametrize("allow_blank", [True, False])
@pytest.mark.parametrize("line", LINES)
def test_a_line_comes_out_as_with_every_validator_run(line, allow_blank):
    short = CleanLine(max_length=5, allow_blank=allow_blank)
    long = CleanLine(max_length=5, allow_blank=allow_blank, validators=[lambda value: None])

    def read(field):
        try:
            return field.run_validation(line)
        except ValidationError as error:
            return error.get_full_details()

    assert read(short) == read(long)


@pytest.mark.parametrize(
    ("text", "limit", "found"),
    [
        (" plain ", 10, ("plain", False)),
        ("12345", 5, ("12345", False)),
        ("12345 ", 5, ("12345", False)),
        ("123456", 5, ("12345", True)),
        ("1234 6", 5, ("1234", True)),
        ("", 5, ("", False)),
        ("a\x7fb", 5, ("ab", False)),
    ],
)
def test_plain_text_is_cut_and_stripped_like_any_other(text, limit, found):
    assert clean(text, limit=limit) == found


def test_blanks_in_a_line_become_one():
    assert clean_line(" a  b\t\tc\xa0 d ") == "a b c d"


class Priced(StrictSerializer):
    """Fields that fill something else than the value of their own name."""

    amount = CharField(source="price.amount")
    currency = CharField(source="price.currency")
    code = CharField(source="sku")


def test_a_field_that_fills_another_value_fills_it():
    given = {"amount": "12.50", "currency": "EUR", "code": "a-1"}
    assert Priced().to_internal_value(given) == {"price": {"amount": "12.50", "currency": "EUR"}, "sku": "a-1"}


class Renamed(CharField):
    def get_value(self, dictionary):
        return dictionary.get("name", "").upper()


def test_a_field_is_asked_where_its_value_stands():
    class Named(StrictSerializer):
        name = Renamed()

    assert Named().to_internal_value({"name": "ada"}) == {"name": "ADA"}


class Wanted(StrictSerializer):
    how = ChoiceField(choices=["now", "{later}"])
    types = ListField(child=ChoiceField(choices=[("a", "An a"), ("b", "A b")]))


def test_a_refused_choice_is_told_which_there_are_alone_and_in_a_list():
    said = Wanted(data={"how": "then", "types": ["a", "c"]})
    assert not said.is_valid()
    assert said.errors == {
        "how": ['"then" is not a valid choice. Known are: now, {later}.'],
        "types": {1: ['"c" is not a valid choice. Known are: a, b.']},
    }
