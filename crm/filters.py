"""The words that conditions are made of where they are about customers and where they are served, and the vocabulary of
whom an offer is for (`Offer.condition`). What is about occasions stands in `surveys/filters.py`.

Every leaf is strict about JSON: a number is not a text, an unknown unit is an error when the condition is saved and not
an empty selection at night.
"""

from __future__ import annotations

import re
from typing import Any

import django_filters
from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Exists, OuterRef, Q
from django.db.models.functions import Now, TruncDate

from crm.models import Customer, Interaction, OrgUnit, UnitClosure

MOST = 200


class WordsField(forms.Field):
    """One text or a list of them; always a list afterwards."""

    def to_python(self, value: Any) -> list[str]:
        words = value if isinstance(value, list) else [value]
        if not words or len(words) > MOST or not all(isinstance(word, str) and word for word in words):
            raise ValidationError(f"expected a text or a list of 1 to {MOST} texts")
        return words


class OneOf(django_filters.Filter):
    field_class = WordsField

    def q(self, words: list[str]) -> Q:
        return Q(**{f"{self.field_name}__in": words})


class LanguageIs(OneOf):
    """A primary tag stands for its regions: "fr" is also true of "fr-CA"."""

    def q(self, words: list[str]) -> Q:
        return Q(**{f"{self.field_name}__iregex": f"^({'|'.join(map(re.escape, words))})(-|$)"})


class UnitField(WordsField):
    """External ids of units, as "EXTERNAL_ID" or "SOURCE/EXTERNAL_ID"; cleaned to the units' keys."""

    def to_python(self, value: Any) -> list[Any]:
        return [self._unit(word) for word in super().to_python(value)]

    def _unit(self, word: str) -> int:
        source, _, external_id = word.rpartition("/")
        exact = Q(external_id=word) | Q(source=source, external_id=external_id) if source else Q(external_id=word)
        found = list(OrgUnit.objects.filter(exact).values_list("pk", flat=True)[:2])
        if len(found) != 1:
            raise ValidationError(
                f"{word!r} is {'no unit' if not found else 'several units: write SOURCE/EXTERNAL_ID'}"
            )
        return found[0]


class ServedWith(django_filters.Filter):
    """Has been served, at any time, about one of these products."""

    field_class = WordsField

    def q(self, words: list[str]) -> Q:
        return Q(Exists(Interaction.objects.filter(customer=OuterRef("pk"), product__in=words)))


class HomeUnder(django_filters.Filter):
    """At home in the unit or anywhere below it, as the organization stands today (UTC)."""

    field_class = UnitField

    def q(self, units: list[int]) -> Q:
        below = UnitClosure.objects.filter(
            hierarchy__is_primary=True, ancestor__in=units, valid__contains=TruncDate(Now())
        )
        return Q(Exists(below.filter(descendant=OuterRef("unit"))))


class CustomerFilter(django_filters.FilterSet):
    """Whom an offer is for. Names are what people write into conditions; docs/money.md explains each."""

    segment = OneOf(field_name="segment")
    language = LanguageIs(field_name="language")
    unit = HomeUnder(field_name="unit")
    product = ServedWith(field_name="pk")

    class Meta:
        model = Customer
        fields: list[str] = []
