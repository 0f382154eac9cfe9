"""The vocabulary of whom to ask: leaves over an interaction, its customer, its unit and the person's past.

Used by `ProgramVersion.condition` through `common.conditions`. Every leaf is strict about JSON: a number is not a text,
true is not 1, an unknown unit is an error when the version is published and not an empty selection at night.
Everything relative to time is relative to the occasion, so that a decision can be replayed.
"""

from __future__ import annotations

from typing import Any

import django_filters
from django.db.models import Exists, OuterRef, Q

from common.conditions.wording import Called, Said, one_of
from crm.filters import ByEmployee, ChosenOf, InUnit, LanguageIs, OneOf, RowOf, texts_of
from crm.models import Interaction, InteractionKind, OrgUnit, UnitClosure
from surveys.filters.attributes import Attribute, CustomerAttribute
from surveys.filters.comparing import occasion_day
from surveys.filters.money import Money
from surveys.filters.persons import (
    AccountKind,
    AccountSegment,
    Acquired,
    DaysSinceAnswer,
    DaysSinceAsked,
    DaysSinceInteraction,
    HomeThen,
    PreviousCategory,
    PreviousScore,
    Tenure,
)


class UnderUnit(InUnit):
    """Happened in the unit or anywhere below it, as the organization stood on the day (UTC) it happened."""

    def q(self, words: list[Any]) -> Q:
        below = UnitClosure.objects.filter(
            hierarchy__is_primary=True, ancestor__in=words, valid__contains=occasion_day()
        )
        return Q(Exists(below.filter(descendant=OuterRef("unit"))))

    def says(self, value: Any, called: Called) -> Said:
        return one_of("it", "happened", texts_of(value), called).under()


class OccasionFilter(django_filters.FilterSet):
    """Whom to ask. Names are what people write into conditions; docs/algorithms/selecting.md explains each."""

    kind = RowOf(field_name="kind__code", related=InteractionKind, key="code", label="kind of interaction")
    product = OneOf(field_name="product", label="product")
    channel = OneOf(field_name="channel", label="channel")
    employee = ByEmployee(field_name="employee", label="employee who served them")
    attribute = Attribute(field_name="attributes", label="attribute of the interaction")
    unit = UnderUnit(field_name="unit", label="unit where it happened, or below it")
    unit_kind = ChosenOf(field_name="unit__kind", choices=OrgUnit.Kind.choices, label="kind of unit")
    segment = OneOf(field_name="customer__segment", label="customer's segment")
    language = LanguageIs(field_name="customer__language", label="customer's language")
    customer_unit = HomeThen(field_name="customer__unit", label="customer's home unit, or below it")
    customer_attribute = CustomerAttribute(field_name="customer__attributes", label="attribute of the customer")
    tenure_days = Tenure(field_name="customer", label="time since they became a customer")
    acquired = Acquired(field_name="customer", label="way they first heard of us")
    account_kind = AccountKind(field_name="customer", label="kind of an account of theirs")
    account_segment = AccountSegment(field_name="customer", label="segment of an account of theirs")
    money = Money(field_name="customer", label="value of the customer")
    previous_score = PreviousScore(field_name="customer", label="person's last score")
    previous_category = PreviousCategory(field_name="customer", label="person's last answer")
    days_since_answer = DaysSinceAnswer(field_name="customer", label="time since their last answer")
    days_since_asked = DaysSinceAsked(field_name="customer", label="time since they were last asked")
    days_since_interaction = DaysSinceInteraction(field_name="customer", label="time since their last interaction")

    groups = {
        "What happened": ["kind", "product", "channel", "attribute", "employee"],
        "Where": ["unit", "unit_kind"],
        "The customer": [
            "segment", "language", "customer_unit", "customer_attribute", "tenure_days", "acquired", "account_kind",
            "account_segment", "money",
        ],
        "What they said and when": [
            "previous_score", "previous_category", "days_since_answer", "days_since_asked", "days_since_interaction",
        ],
    }  # fmt: skip
    everything = "every occasion"
    nothing = "no occasion"

    class Meta:
        model = Interaction
        fields: list[str] = []
