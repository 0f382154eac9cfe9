"""The words in which the explorer is told which answers are meant: leaves of `common.conditions` over `AnswerFact`."""

from __future__ import annotations

from typing import Any

import django_filters
from django.db.models import Q

from analytics.models import AnswerFact
from closedloop.filters import AboutTopics, WholeNumber
from crm.filters import ByEmployee, InUnit, OneOf, RowOf
from crm.models import InteractionKind
from surveys.filters.attributes import Attribute
from surveys.models import Program


class OfSegment(OneOf):
    """Of the person's canonical row, as it is today."""

    def q(self, words: list[str]) -> Q:
        merged = Q(response__customer__canonical__segment__in=words)
        return merged | Q(response__customer__canonical=None, response__customer__segment__in=words)


class DeclaredAttribute(Attribute):
    """An attribute by which figures may be cut: the facts hold no other."""

    def known(self) -> list[Any]:
        declared = InteractionKind.objects.values_list("schema", flat=True)
        names = {name for schema in declared for name, rule in schema.items() if rule.get("dimension")}
        return [choice for choice in super().known() if choice.value in names]


class AnswerFilter(django_filters.FilterSet):
    """Names are what people write into conditions; docs/explorer.md explains each."""

    score__lte = WholeNumber(field_name="score", lookup_expr="lte", label="score, at most")
    score__gte = WholeNumber(field_name="score", lookup_expr="gte", label="score, at least")
    program = RowOf(field_name="program__code", label="program", related=Program, key="code")
    channel = OneOf(field_name="channel", label="channel of the answer")
    kind = RowOf(field_name="kind", label="kind of interaction", related=InteractionKind, key="code")
    product = OneOf(field_name="product", label="product")
    segment = OfSegment(field_name="response__customer__segment", label="segment, as it is today")
    unit = InUnit(field_name="unit", label="unit that served")
    employee = ByEmployee(field_name="employee", label="employee")
    attribute = DeclaredAttribute(field_name="details", label="attribute of the interaction")
    topic = AboutTopics(field_name="pk", label="topics")

    groups = {
        "The answer": ["score__lte", "score__gte", "topic", "channel", "program"],
        "What happened": ["kind", "product", "attribute", "unit", "employee"],
        "The customer": ["segment"],
    }
    everything = "every answer"
    nothing = "no answer"

    class Meta:
        model = AnswerFact
        fields: list[str] = []
