"""The vocabulary of whom to ask: leaves over an interaction, its customer, its unit and the previous answer.

Used by `ProgramVersion.condition` through `common.conditions`. Every leaf is strict about JSON: a number is not a text,
true is not 1, an unknown unit is an error when the version is published and not an empty selection at night.
Everything relative to time is relative to the occasion, so that a decision can be replayed.
"""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import django_filters
from django import forms
from django.core.exceptions import ValidationError
from django.db.models import BooleanField, DateField, Exists, F, Func, IntegerField, OuterRef, Q, Subquery, Value
from django.db.models.functions import Cast, Coalesce
from django.db.models.lookups import Exact, GreaterThan, GreaterThanOrEqual, LessThan, LessThanOrEqual

from crm.attributes import NAME
from crm.filters import LanguageIs, OneOf, UnitField, WordsField
from crm.models import Customer, Interaction, UnitClosure
from surveys.models import Response

PREVIOUS_ANSWER = timedelta(days=730)  # at most 24 months old
HAS = "has"  # of a list of texts: any of those named is in it
COMPARISONS = {"eq": "==", "ne": "!=", "lt": "<", "lte": "<=", "gt": ">", "gte": ">="}
LOOKUPS = {"eq": Exact, "lt": LessThan, "lte": LessThanOrEqual, "gt": GreaterThan, "gte": GreaterThanOrEqual}


class ComparisonField(forms.Field):
    """{"op": ..., "value": ...} and, for attributes, "name"; nothing else."""

    keys = frozenset({"op", "value"})
    operators = frozenset(LOOKUPS)

    def to_python(self, value: Any) -> dict[str, Any]:
        if not isinstance(value, dict) or set(value) != self.keys:
            raise ValidationError(f"expected an object with {', '.join(sorted(self.keys))}")
        if not isinstance(value["op"], str) or value["op"] not in self.operators:
            raise ValidationError(f"op: expected one of {', '.join(sorted(self.operators))}")
        self.check(value)
        return value

    def check(self, value: dict[str, Any]) -> None:
        raise NotImplementedError


class ScoreField(ComparisonField):
    def check(self, value: dict[str, Any]) -> None:
        score = value["value"]
        if isinstance(score, bool) or not isinstance(score, int) or not 0 <= score <= 10:
            raise ValidationError("value: expected a whole number from 0 to 10")


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


class UnderUnit(django_filters.Filter):
    """Happened in the unit or anywhere below it, as the organization stood on the day (UTC) it happened."""

    field_class = UnitField

    def q(self, units: list[int]) -> Q:
        day = Cast(OuterRef("occurred_at"), DateField())
        below = UnitClosure.objects.filter(hierarchy__is_primary=True, ancestor__in=units, valid__contains=day)
        return Q(Exists(below.filter(descendant=OuterRef("unit"))))


class Attribute(django_filters.Filter):
    """A declared attribute compared: {"name": "wait_minutes", "op": "gte", "value": 10}; of a list of texts, whether it
    has any of those named: {"name": "reasons", "op": "has", "value": ["Delays", "Denial of claim"]}.

    A missing attribute is not zero: no comparison is true of it, "ne" included. Numbers also compare with decimals that
    were sent as text; dates compare as ISO text.
    """

    field_class = AttributeField

    def q(self, compared: dict[str, Any]) -> Q:
        found = Func(
            F("attributes"), Value(self._path(compared)), Value(json.dumps({"value": compared["value"]})), Value(True),
            function="jsonb_path_exists", template="%(function)s(%(expressions)s)", output_field=BooleanField(),
        )  # fmt: skip
        return Q(found)

    def _path(self, compared: dict[str, Any]) -> str:
        attribute = f'$."{compared["name"]}"'
        if compared["op"] == HAS:
            return f"{attribute}[*] ? (@ == $value[*])"
        number = isinstance(compared["value"], int | float) and not isinstance(compared["value"], bool)
        left = "@.double()" if number else "@"
        return f"{attribute} ? ({left} {COMPARISONS[compared['op']]} $value)"


class PreviousScore(django_filters.Filter):
    """The person's last score from 0 to 10 before the occasion, at most 24 months old: {"op": "lte", "value": 6}."""

    field_class = ScoreField

    def q(self, compared: dict[str, Any]) -> Q:
        person = Coalesce(OuterRef(OuterRef("customer__canonical")), OuterRef(OuterRef("customer")))
        rows = Customer.objects.filter(Q(pk=person) | Q(canonical=person))
        answers = Response.objects.promoter_scale().filter(
            customer__in=rows.values("pk"),
            answered_at__lt=OuterRef("occurred_at"),
            answered_at__gte=OuterRef("occurred_at") - PREVIOUS_ANSWER,
        )
        last = Subquery(answers.order_by("-answered_at", "-id").values("score")[:1], output_field=IntegerField())
        # never unknown: NOT of a person without answers has to be true
        return Q(Coalesce(LOOKUPS[compared["op"]](last, compared["value"]), Value(False), output_field=BooleanField()))


class OccasionFilter(django_filters.FilterSet):
    """Whom to ask. Names are what people write into conditions; docs/algorithms/selecting.md explains each."""

    kind = OneOf(field_name="kind__code")
    product = OneOf(field_name="product")
    channel = OneOf(field_name="channel")
    unit = UnderUnit(field_name="unit")
    unit_kind = OneOf(field_name="unit__kind")
    employee = OneOf(field_name="employee__external_id")
    segment = OneOf(field_name="customer__segment")
    language = LanguageIs(field_name="customer__language")
    attribute = Attribute(field_name="attributes")
    previous_score = PreviousScore(field_name="customer")

    class Meta:
        model = Interaction
        fields: list[str] = []
