"""The words that conditions are made of where they are about customers and where they are served, and the vocabulary of
whom an offer is for (`Offer.condition`). What is about occasions stands in `surveys/filters/`.

Every leaf is strict about JSON: a number is not a text, an unknown unit is an error when the condition is saved and not
an empty selection at night.
"""

from __future__ import annotations

import re
from functools import reduce
from operator import or_
from typing import Any

import django_filters
from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Exists, Model, OuterRef, Q, QuerySet
from django.db.models.functions import Now, TruncDate

from common.conditions.describing import Choice, Part
from common.conditions.wording import Called, Said, one_of
from crm.models import Customer, Employee, Interaction, OrgUnit, UnitClosure
from crm.sight import Principal

MOST = 200
NEWEST = 5_000  # rows in which values to propose are looked for
PROPOSED = 30


class WordsField(forms.Field):
    """One text or a list of them; always a list afterwards."""

    def to_python(self, value: Any) -> list[str]:
        words = value if isinstance(value, list) else [value]
        if not words:
            raise ValidationError("a value is needed")
        if len(words) > MOST or not all(isinstance(word, str) and word for word in words):
            raise ValidationError(f"expected a text or a list of 1 to {MOST} texts")
        return words


class ChosenField(WordsField):
    """One of the choices or a list of them."""

    def __init__(self, *, choices: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.choices = choices

    def to_python(self, value: Any) -> list[str]:
        known = {code for code, _ in self.choices}
        words = super().to_python(value)
        if unknown := next((word for word in words if word not in known), None):
            raise ValidationError(f"{unknown!r} is none of {', '.join(sorted(known))}")
        return words


def texts_of(value: Any) -> list[Any]:
    """What a condition says of a leaf that takes a text or a list of them."""
    return value if isinstance(value, list) else [value]


class OneOf(django_filters.Filter):
    field_class: type[WordsField] = WordsField
    verb = "is"

    def q(self, words: list[Any]) -> Q:
        return Q(**{f"{self.field_name}__in": words})

    def says(self, value: Any, called: Called) -> Said:
        return one_of(f"the {self.label or self.field_name}", self.verb, texts_of(value), called)

    def parts(self) -> list[Part]:
        return [Part("texts", lookup=True)]

    def suggest(self, rows: QuerySet[Any], words: str, principal: Principal) -> list[Choice]:
        """Values of the newest rows that have `words` in them."""
        newest = rows.order_by("-pk").values_list(self.field_name, flat=True)[:NEWEST]
        found = sorted({value for value in newest if value and words.lower() in value.lower()})
        return [Choice(value, value) for value in found[:PROPOSED]]


class ChosenOf(OneOf):
    """One of a few choices that the house knows."""

    field_class = ChosenField

    def __init__(self, *args: Any, choices: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, choices=choices, **kwargs)
        self.choices = choices

    def says(self, value: Any, called: Called) -> Said:
        labels = dict(self.choices)
        return super().says(value, lambda word: labels.get(word) or called(word))

    def parts(self) -> list[Part]:
        return [Part("choices", choices=[Choice(value, label) for value, label in self.choices])]


class RowOf(OneOf):
    """Rows that people know by a name: `related` finds them by `key`."""

    def __init__(self, *args: Any, related: Any, key: str = "external_id", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.related, self.key = related, key

    def suggest(self, rows: QuerySet[Any], words: str, principal: Principal) -> list[Choice]:
        found = (
            self._seen(principal)
            .filter(Q(name__icontains=words) | Q(**{f"{self.key}__icontains": words}))
            .order_by("name")
        )
        return [Choice(*pair) for pair in found.values_list(self.key, "name")[:PROPOSED]]

    def named(self, values: list[str], principal: Principal) -> dict[str, str]:
        """What people call those of the values that are known, and in sight."""
        return dict(self._seen(principal).filter(**{f"{self.key}__in": values}).values_list(self.key, "name"))

    def _seen(self, principal: Principal) -> Any:
        rows = self.related.objects.all()
        return rows.visible_to(principal) if hasattr(rows, "visible_to") else rows


class LanguageIs(OneOf):
    """A primary tag stands for its regions: "fr" is also true of "fr-CA"."""

    def q(self, words: list[str]) -> Q:
        return Q(**{f"{self.field_name}__iregex": f"^({'|'.join(map(re.escape, words))})(-|$)"})


class KeyedField(WordsField):
    """External ids of rows that several sources may send, as "EXTERNAL_ID" or "SOURCE/EXTERNAL_ID"; cleaned to the
    rows' keys. What names a row with its source goes before what could be another row's id."""

    model: type[Model]
    noun: str

    def to_python(self, value: Any) -> list[Any]:
        return [self._row(word) for word in super().to_python(value)]

    def _row(self, word: str) -> int:
        rows = self.model._default_manager.filter(_of_source(word) | Q(external_id=word))
        known = list(rows.values_list("pk", "source", "external_id")[: MOST + 1])
        exact = [pk for pk, source, external_id in known if f"{source}/{external_id}" == word]
        found = exact or [pk for pk, *_ in known]
        if len(found) != 1:
            several = f"several {self.noun}s: write SOURCE/EXTERNAL_ID"
            raise ValidationError(f"{word!r} is {several if found else f'no {self.noun}'}")
        return int(found[0])


def _of_source(word: str) -> Q:
    """The rows that "SOURCE/EXTERNAL_ID" may mean, wherever the one ends and the other begins."""
    parts = word.split("/")
    pairs = [("/".join(parts[:place]), "/".join(parts[place:])) for place in range(1, len(parts))]
    return reduce(or_, (Q(source=source, external_id=each) for source, each in pairs), Q(pk__in=[]))


class UnitField(KeyedField):
    model, noun = OrgUnit, "unit"


class EmployeeField(KeyedField):
    model, noun = Employee, "employee"


class Keyed(RowOf):
    """Rows that are known by "EXTERNAL_ID", or "SOURCE/EXTERNAL_ID" where two sources have the same."""

    field_class: type[KeyedField]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, related=self.field_class.model, **kwargs)

    def exact(self, value: Any) -> Any:
        """The same value with each row's source, so that no row of another source can ever be meant."""
        cleaned: list[int] = self.field.clean(value)
        rows = self.related.objects.in_bulk(cleaned)
        said = [f"{rows[pk].source}/{rows[pk].external_id}" for pk in cleaned]
        return said if isinstance(value, list) else said[0]

    def named(self, values: list[str], principal: Principal) -> dict[str, str]:
        meant = reduce(or_, (_of_source(value) | Q(external_id=value) for value in values))
        rows = list(self._seen(principal).filter(meant).values_list("source", "external_id", "name"))
        plain = {external_id: name for _, external_id, name in rows}
        names = plain | {f"{source}/{external_id}": name for source, external_id, name in rows}
        return {value: names[value] for value in values if value in names}


class InUnit(Keyed):
    field_class = UnitField


class ByEmployee(Keyed):
    """Served by one of these employees."""

    field_class = EmployeeField


class ServedWith(OneOf):
    """Has been served, at any time, about one of these products."""

    verb = "was"

    def says(self, value: Any, called: Called) -> Said:
        return one_of("a product they were served about", self.verb, texts_of(value), called)

    def suggest(self, rows: QuerySet[Any], words: str, principal: Principal) -> list[Choice]:
        served = Interaction.objects.visible_to(principal).filter(product__icontains=words)
        found = set(served.order_by("-pk").values_list("product", flat=True)[:NEWEST])
        return [Choice(value, value) for value in sorted(found - {""})[:PROPOSED]]

    def q(self, words: list[str]) -> Q:
        return Q(Exists(Interaction.objects.filter(customer=OuterRef("pk"), product__in=words)))


class HomeUnder(InUnit):
    """At home in the unit or anywhere below it, as the organization stands today (UTC)."""

    def says(self, value: Any, called: Called) -> Said:
        return one_of("their home unit", "lies", texts_of(value), called).under()

    def q(self, words: list[Any]) -> Q:
        below = UnitClosure.objects.filter(
            hierarchy__is_primary=True, ancestor__in=words, valid__contains=TruncDate(Now())
        )
        return Q(Exists(below.filter(descendant=OuterRef("unit"))))


class CustomerFilter(django_filters.FilterSet):
    """Whom an offer is for. Names are what people write into conditions; docs/money.md explains each."""

    segment = OneOf(field_name="segment", label="segment")
    language = LanguageIs(field_name="language", label="language")
    unit = HomeUnder(field_name="unit", label="home unit, or below it")
    product = ServedWith(field_name="pk", label="product they were served about")

    everything = "every customer"
    nothing = "no customer"

    class Meta:
        model = Customer
        fields: list[str] = []
