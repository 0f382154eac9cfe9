"""Leaves that compare a figure with a number. Of what nobody knows no comparison is true, whatever it compares."""

from __future__ import annotations

from typing import Any

import django_filters
from django import forms
from django.core.exceptions import ValidationError
from django.db.models import BooleanField, DateField, F, Func, IntegerField, OuterRef, Q, Value
from django.db.models.functions import Cast, Coalesce
from django.db.models.lookups import Exact, GreaterThan, GreaterThanOrEqual, LessThan, LessThanOrEqual

from common.conditions.describing import COMPARISONS, Part
from common.conditions.wording import Called, Said, compared
from crm.models import Customer

LOOKUPS = {"eq": Exact, "lt": LessThan, "lte": LessThanOrEqual, "gt": GreaterThan, "gte": GreaterThanOrEqual}
LONGEST = 36_500  # days


class ComparisonField(forms.Field):
    """{"op": ..., "value": ...} and, for some, more keys; nothing else."""

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
        """Each kind of value says what it takes: ValidationError for anything else."""
        raise NotImplementedError


def check_whole(name: str, value: Any, least: int, most: int) -> None:
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
        raise ValidationError(f"{name}: expected a whole number from {least} to {most}")


class ScoreField(ComparisonField):
    def check(self, value: dict[str, Any]) -> None:
        check_whole("value", value["value"], 0, 10)


class DaysField(ComparisonField):
    def check(self, value: dict[str, Any]) -> None:
        check_whole("value", value["value"], 0, LONGEST)


class Compared(django_filters.Filter):
    """A figure about the occasion, given by `figure`, compared with `value`."""

    least, most = 0, 10
    verb = "is"
    unit = ""  # of the figure, in words

    def q(self, said: dict[str, Any]) -> Q:
        found = LOOKUPS[said["op"]](self.figure(said), self.value(said))
        # never unknown: NOT of a person of whom nothing is known has to be true
        return Q(Coalesce(found, Value(False), output_field=BooleanField()))

    def figure(self, said: dict[str, Any]) -> Any:
        """Each leaf gives its figure, an expression over the occasion; null: nothing is known."""
        raise NotImplementedError

    def value(self, said: dict[str, Any]) -> Any:
        return said["value"]

    def says(self, value: dict[str, Any], called: Called) -> Said:
        figure = compared(f"the {self.label}", value["op"], called(value["value"]), self.verb)
        return figure._replace(rest=f"{figure.rest} {self.unit}".strip())

    def parts(self) -> list[Part]:
        return [
            Part("choice", key="op", label="compared", choices=COMPARISONS),
            Part("number", key="value", label=self.unit or "value", least=self.least, most=self.most, whole=True),
        ]


class ComparedDays(Compared):
    """Whole days, of 24 hours each, from a moment until the occasion."""

    field_class = DaysField
    most = LONGEST
    unit = "days"

    def figure(self, said: dict[str, Any]) -> Any:
        return Func(
            F("occurred_at"), self.moment(),
            template="floor(extract(epoch FROM (%(expressions)s)) / 86400)::int", arg_joiner=" - ",
            output_field=IntegerField(),
        )  # fmt: skip

    def moment(self) -> Any:
        """Each leaf gives its moment, an expression over the occasion; null: there was none."""
        raise NotImplementedError


def outer(name: str, depth: int) -> Any:
    """A field of the occasion, from a query `depth` deep inside it."""
    found: Any = name
    for _ in range(depth):
        found = OuterRef(found)
    return found


def rows_of_person(depth: int = 2) -> Any:
    """Customer rows of the person of an occasion (the canonical one and those merged into it), as a query that stands
    `depth` deep inside the occasion's."""
    person = Coalesce(outer("customer__canonical", depth), outer("customer", depth))
    return Customer.objects.filter(Q(pk=person) | Q(canonical=person)).values("pk")


def occasion_day(depth: int = 1) -> Cast:
    """The day (UTC) of the occasion, from a query `depth` deep inside it."""
    return Cast(outer("occurred_at", depth), DateField())
