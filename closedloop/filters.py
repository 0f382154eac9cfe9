"""The words in which an alert rule says when it fires: leaves of `common.conditions` over `CustomerSignal`."""

from __future__ import annotations

import re
import unicodedata
from typing import Any

import django_filters
from django import forms
from django.core.exceptions import ValidationError
from django.db.models import DateField, Exists, F, OuterRef, Q
from django.db.models.functions import Cast

from closedloop.models import CustomerSignal
from crm.filters import UnitField
from crm.models import UnitClosure
from surveys.models import Program
from surveys.scoring import Category

MAX_WORDS = 50
CATEGORIES = [(c.value, c.value) for c in Category]


class WholeNumberField(forms.IntegerField):
    def to_python(self, value: Any) -> int | None:
        if isinstance(value, bool | float) or not isinstance(value, int):
            raise ValidationError("expected a whole number, such as 6")
        return value


class WholeNumber(django_filters.NumberFilter):
    field_class = WholeNumberField


class YesNo(django_filters.BooleanFilter):
    """A fact that is more than one column: `condition` when asked for true, its complement for false."""

    condition = Q()

    def q(self, value: bool) -> Q:
        return self.condition if value else ~self.condition


class CategoryChanged(YesNo):
    condition = ~Q(category="") & ~Q(previous_category="") & ~Q(category=F("previous_category"))


class Moved(YesNo):
    """Another category, or two points or more up or down, against the previous answer (surveys.scoring.moved)."""

    condition = CategoryChanged.condition | (
        ~Q(category="")
        & Q(score__isnull=False, previous_score__isnull=False)
        & (Q(score__gte=F("previous_score") + 2) | Q(score__lte=F("previous_score") - 2))
    )


class HasComment(YesNo):
    condition = ~Q(text="")


class WordsField(forms.Field):
    """A list of words or phrases; text with commas is taken as one."""

    def to_python(self, value: Any) -> list[str]:
        words = value.split(",") if isinstance(value, str) else value
        if not isinstance(words, list) or not all(isinstance(word, str) and word.strip() for word in words or [None]):
            raise ValidationError('expected a list of words, such as ["lawyer", "close my account"]')
        if len(words) > MAX_WORDS:
            raise ValidationError(f"at most {MAX_WORDS} words")
        return [word.strip() for word in words]


class TextHas(django_filters.Filter):
    """Any of the words stands in the text, whatever its case and accents; "cancel" also finds "cancelled"."""

    field_class = WordsField

    def q(self, words: list[str]) -> Q:
        return Q(text__unaccent__iregex="|".join(map(_word_pattern, words)))


def _word_pattern(word: str) -> str:
    # \m, the start of a word, is sure of plain letters only; scripts it may not know are looked for anywhere
    plain = unicodedata.normalize("NFD", word)[0]
    return (r"\m" if plain.isascii() and plain.isalnum() else "") + re.escape(word)


class InUnit(django_filters.Filter):
    """The signal's unit stood at or below one of these units on the day (UTC) of the signal."""

    field_class = UnitField

    def q(self, units: list[int]) -> Q:
        day = Cast(OuterRef("at"), DateField())
        below = UnitClosure.objects.filter(hierarchy__is_primary=True, ancestor__in=units, valid__contains=day)
        return Q(Exists(below.filter(descendant=OuterRef("unit"))))


class SignalFilter(django_filters.FilterSet):
    """Score filters look at the bare figure, whatever its scale; `category` exists on the scale 0-10 alone."""

    score = WholeNumber()
    score__lt = WholeNumber(field_name="score", lookup_expr="lt")
    score__lte = WholeNumber(field_name="score", lookup_expr="lte")
    score__gt = WholeNumber(field_name="score", lookup_expr="gt")
    score__gte = WholeNumber(field_name="score", lookup_expr="gte")
    category = django_filters.ChoiceFilter(choices=CATEGORIES)
    previous_score__lte = WholeNumber(field_name="previous_score", lookup_expr="lte")
    previous_score__gte = WholeNumber(field_name="previous_score", lookup_expr="gte")
    previous_category = django_filters.ChoiceFilter(choices=CATEGORIES)
    category_changed = CategoryChanged()
    moved = Moved()
    text_has = TextHas()
    has_comment = HasComment()
    callback = django_filters.BooleanFilter()
    program = django_filters.ModelChoiceFilter(queryset=Program.objects.all(), to_field_name="code")
    channel = django_filters.CharFilter(field_name="response__channel", lookup_expr="iexact")
    segment = django_filters.CharFilter(field_name="customer__segment", lookup_expr="iexact")
    unit = InUnit()

    class Meta:
        model = CustomerSignal
        fields: list[str] = []
