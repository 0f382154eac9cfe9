"""Leaves over declared attributes of an interaction, and over what a customer's source says of them."""

from __future__ import annotations

import json
from typing import Any

import django_filters
from django.core.exceptions import ValidationError
from django.db.models import BooleanField, F, Func, Q, QuerySet, Value

from common.conditions.describing import Choice, Part
from common.conditions.wording import Called, Said, compared, one_of
from crm.attributes import NAME
from crm.filters import PROPOSED, WordsField, texts_of
from crm.models import InteractionKind
from crm.sight import Principal
from surveys.filters.comparing import ComparisonField

HAS = "has"  # of a list of texts: any of those named is in it
COMPARISONS = {"eq": "==", "ne": "!=", "lt": "<", "lte": "<=", "gt": ">", "gte": ">="}
NEWEST = 2_000  # rows in which names and values to propose are looked for
ORDERED = ("gte", "lte", "gt", "lt", "eq", "ne")
TYPED = {  # type -> how a value is entered, which comparisons make sense, which values there are
    "string": ("text", ("eq", "ne"), ()), "strings": ("texts", (HAS,), ()), "integer": ("number", ORDERED, ()),
    "decimal": ("number", ORDERED, ()), "boolean": ("yesno", ("eq", "ne"), ()), "date": ("date", ORDERED, ()),
    "datetime": ("text", ORDERED, ()),
}  # fmt: skip
OPS = (
    Choice("eq", "is"), Choice("ne", "is other than"), Choice("gte", "at least"), Choice("lte", "at most"),
    Choice("gt", "above"), Choice("lt", "below"), Choice(HAS, "has one of"),
)  # fmt: skip


class AttributeField(ComparisonField):
    keys = frozenset({"name", "op", "value"})
    operators = frozenset({*COMPARISONS, HAS})

    def check(self, value: dict[str, Any]) -> None:
        if not isinstance(value["name"], str) or not NAME.match(value["name"]):
            raise ValidationError("name: expected the name of a declared attribute")
        if value["op"] == HAS:
            WordsField().to_python(value["value"])
            return
        if not isinstance(value["value"], str | int | float | bool):
            raise ValidationError("value: expected a text, a number, true or false")
        if isinstance(value["value"], bool) and value["op"] not in {"eq", "ne"}:
            raise ValidationError("op: true and false compare by eq or ne only")


class Attribute(django_filters.Filter):
    """A declared attribute compared: {"name": "wait_minutes", "op": "gte", "value": 10}; of a list of texts, whether it
    has any of those named: {"name": "reasons", "op": "has", "value": ["Delays", "Denial of claim"]}.

    A missing attribute is not zero: no comparison is true of it, "ne" included. Numbers also compare with decimals that
    were sent as text; dates compare as ISO text.
    """

    field_class = AttributeField
    whose = ""

    def q(self, said: dict[str, Any]) -> Q:
        found = Func(
            F(self.field_name), Value(self._path(said)), Value(json.dumps({"value": said["value"]})), Value(True),
            function="jsonb_path_exists", template="%(function)s(%(expressions)s)", output_field=BooleanField(),
        )  # fmt: skip
        return Q(found)

    def _path(self, said: dict[str, Any]) -> str:
        attribute = f'$."{said["name"]}"'
        if said["op"] == HAS:
            return f"{attribute}[*] ? (@ == $value[*])"
        number = isinstance(said["value"], int | float) and not isinstance(said["value"], bool)
        left = "@.double()" if number else "@"
        return f"{attribute} ? ({left} {COMPARISONS[said['op']]} $value)"

    def says(self, value: dict[str, Any], called: Called) -> Said:
        known = called(value["name"])
        subject = self.whose + (value["name"].replace("_", " ") if known == f"“{value['name']}”" else known)
        if value["op"] == HAS:
            return one_of(subject, "has", texts_of(value["value"]), called)
        return compared(subject, value["op"], called(value["value"]))

    def parts(self) -> list[Part]:
        return [
            Part("choice", key="name", label="attribute", choices=self.known()),
            Part("choice", key="op", label="compared", choices=OPS, by="name"),
            Part("by", key="value", label="value", by="name"),
        ]

    def known(self) -> list[Choice]:
        """The attributes that the kinds of interaction declare; one that two kinds declare stands once."""
        declared: dict[str, Choice] = {}
        for schema in InteractionKind.objects.order_by("code").values_list("schema", flat=True):
            for name, rule in schema.items():
                declared.setdefault(name, _choice(name, rule.get("label") or "", rule["type"]))
        return sorted(declared.values(), key=lambda choice: choice.label.lower())

    def named(self, values: list[str], principal: Principal) -> dict[str, str]:
        return {choice.value: choice.label for choice in self.known() if choice.value in values}

    def suggest(self, rows: QuerySet[Any], words: str, principal: Principal) -> list[Choice]:
        """Values of the attribute "NAME:" that begins `words`, in the newest rows."""
        name, _, part = words.partition(":")
        newest = rows.order_by("-pk").values_list(self.field_name, flat=True)[:NEWEST]
        lists = [texts_of(kept[name]) for kept in newest if isinstance(kept, dict) and name in kept]
        found = sorted({text for texts in lists for text in texts if isinstance(text, str)})
        return [Choice(text, text) for text in found if part.lower() in text.lower()][:PROPOSED]


class CustomerAttribute(Attribute):
    """An attribute that the customer's source told, as it is when the occasion is decided about.

    Nobody declares these: their types are those of the values themselves.
    """

    whose = "the customer's "

    def known(self) -> list[Choice]:
        from_newest = self._newest()
        return [_choice(name, "", _type_of(value)) for name, value in sorted(from_newest.items())]

    def _newest(self) -> dict[str, Any]:
        model: Any = InteractionKind._meta.apps.get_model("crm", "Customer")
        kept = model.objects.order_by("-pk").values_list("attributes", flat=True)[:NEWEST]
        return {name: value for row in kept for name, value in row.items() if NAME.match(name)}


def _choice(name: str, label: str, kind: str) -> Choice:
    shape, ops, values = TYPED[kind]
    return Choice(name, label or name.replace("_", " "), shape, ops, values)


def _type_of(value: Any) -> str:
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int | float):
        return "decimal"
    return "strings" if isinstance(value, list) else "string"
