"""The words in which an alert rule says when it fires: leaves of `common.conditions` over `CustomerSignal`."""

from __future__ import annotations

import re
import unicodedata
from decimal import Decimal
from typing import Any

import django_filters
from django import forms
from django.core.exceptions import ValidationError
from django.db.models import DateField, Exists, F, Func, OuterRef, Q, Sum
from django.db.models.functions import Cast

from closedloop.models import CustomerSignal, Observation
from closedloop.models.signals import UNSCREENED
from common.conditions.describing import Choice, Part
from common.conditions.wording import Called, Said, compared, one_of
from common.money import amount, currency_code
from crm.filters import InUnit, texts_of
from crm.models import FinancialRecord, UnitClosure
from surveys.models import PassageTopic, Program, Topic
from surveys.scoring import Category

MAX_WORDS = 50
CATEGORIES = [(c.value, c.value) for c in Category]
HEARD = [choice for choice in CustomerSignal.Kind.choices if choice[0] not in UNSCREENED]


class WholeNumberField(forms.IntegerField):
    def to_python(self, value: Any) -> int | None:
        if isinstance(value, bool | float) or not isinstance(value, int):
            raise ValidationError("expected a whole number, such as 6")
        return value


class WholeNumber(django_filters.NumberFilter):
    field_class = WholeNumberField

    def parts(self) -> list[Part]:
        return [Part("number", whole=True)]

    def says(self, value: Any, called: Called) -> Said:
        return compared(f"the {self.field_name.replace('_', ' ')}", self.lookup_expr, called(value))


class YesNo(django_filters.BooleanFilter):
    """A fact that is more than one column: `condition` when asked for true, its complement for false."""

    condition = Q()

    def q(self, value: bool) -> Q:
        return self.condition if value else ~self.condition


class CategoryChanged(YesNo):
    condition = ~Q(category="") & ~Q(previous_category="") & ~Q(category=F("previous_category"))


class MovedFar(YesNo):
    """Two points or more, up or down, against the previous answer (surveys.scoring.Change.MOVED)."""

    condition = (
        ~Q(category="")
        & Q(score__isnull=False, previous_score__isnull=False)
        & (Q(score__gte=F("previous_score") + 2) | Q(score__lte=F("previous_score") - 2))
    )


class Moved(YesNo):
    """Another category, or two points or more up or down, against the previous answer (surveys.scoring.moved)."""

    condition = CategoryChanged.condition | MovedFar.condition


class TopicsField(forms.Field):
    """Codes of topics in the analysts' list."""

    def to_python(self, value: Any) -> list[str]:
        codes = [value] if isinstance(value, str) else value
        if not isinstance(codes, list) or not codes or not all(isinstance(code, str) for code in codes):
            raise ValidationError('expected a list of topics, such as ["fees", "waiting"]')
        known = set(Topic.objects.filter(code__in=codes).values_list("code", flat=True))
        if unknown := [code for code in codes if code not in known]:
            raise ValidationError(f"no topic {unknown[0]!r}")
        return codes


class AboutTopics(django_filters.Filter):
    """The words of the answer are about one of the topics, as rules recognized it or a person said. Answers are read
    before rules are held against them (services/raising.py); calls and failures have no topics."""

    field_class = TopicsField

    def parts(self) -> list[Part]:
        return [
            Part("choices", choices=[Choice(topic.code, topic.name) for topic in Topic.objects.filter(active=True)])
        ]

    def q(self, codes: list[str]) -> Q:
        found = PassageTopic.objects.filter(removed=False, topic__active=True, topic__code__in=codes)
        return Q(Exists(found.filter(passage__response=OuterRef("response"))))

    def says(self, value: Any, called: Called) -> Said:
        return one_of("the answer", "is about", texts_of(value), called)

    def named(self, values: list[str], _principal: Any) -> dict[str, str]:
        return dict(Topic.objects.filter(code__in=values).values_list("code", "name"))


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

    def says(self, value: Any, called: Called) -> Said:
        return one_of("the text", "has", value.split(",") if isinstance(value, str) else value, called)

    def parts(self) -> list[Part]:
        return [Part("texts")]


def _word_pattern(word: str) -> str:
    # \m, the start of a word, is sure of plain letters only; scripts it may not know are looked for anywhere
    plain = unicodedata.normalize("NFD", word)[0]
    return (r"\m" if plain.isascii() and plain.isalnum() else "") + re.escape(word)


class Fraction(django_filters.NumberFilter):
    """How sure the machine was, from 0 to 1; what nobody heard has none."""

    def says(self, value: Any, called: Called) -> Said:
        return compared("the confidence", self.lookup_expr, called(value))


class MoneyField(forms.Field):
    """An amount with its currency, since amounts are never converted: "10000 EUR"."""

    def to_python(self, value: Any) -> tuple[Decimal, str]:
        try:
            figure, code = str(value).split()
            return amount(figure), currency_code(code)
        except ValueError as error:
            raise ValidationError('expected an amount and its currency, such as "10000 EUR"') from error


class BroughtInAYear(django_filters.Filter):
    """What the customer brought in the 365 days before the signal, in that currency, is at least so much: the value at
    risk. Counted by the records that begin in those days; who brought nothing in the currency does not meet it."""

    field_class = MoneyField

    def parts(self) -> list[Part]:
        return [Part("text", label="such as 10000 EUR")]

    def q(self, value: tuple[Decimal, str]) -> Q:
        least, currency = value
        person = Q(customer=OuterRef("customer")) | Q(customer__canonical=OuterRef("customer"))
        upto = Cast(OuterRef("at"), DateField())
        records = FinancialRecord.objects.filter(person, currency=currency, starts_on__lte=upto)
        records = records.filter(starts_on__gt=_YearBefore(OuterRef("at")))
        brought = records.values("currency").annotate(total=Sum(self.field_name)).filter(total__gte=least)
        return Q(Exists(brought.values("total")))

    def says(self, value: Any, called: Called) -> Said:
        return compared(f"the {self.field_name} of the customer's last 12 months", "gte", called(value))


class _YearBefore(Func):
    template = "((%(expressions)s) - interval '365 days')::date"
    output_field = DateField()


class SignalInUnit(InUnit):
    """The signal's unit stood at or below one of these units on the day (UTC) of the signal."""

    def says(self, value: Any, called: Called) -> Said:
        return one_of("it", "happened", texts_of(value), called).under()

    def q(self, units: list[Any]) -> Q:
        day = Cast(OuterRef("at"), DateField())
        below = UnitClosure.objects.filter(hierarchy__is_primary=True, ancestor__in=units, valid__contains=day)
        return Q(Exists(below.filter(descendant=OuterRef("unit"))))


class SignalFilter(django_filters.FilterSet):
    """Score filters look at the bare figure, whatever its scale; `category` exists on the scale 0-10 alone."""

    score = WholeNumber(label="score, exactly")
    score__lt = WholeNumber(field_name="score", lookup_expr="lt", label="score, below")
    score__lte = WholeNumber(field_name="score", lookup_expr="lte", label="score, at most")
    score__gt = WholeNumber(field_name="score", lookup_expr="gt", label="score, above")
    score__gte = WholeNumber(field_name="score", lookup_expr="gte", label="score, at least")
    category = django_filters.ChoiceFilter(choices=CATEGORIES, label="category")
    previous_score__lte = WholeNumber(field_name="previous_score", lookup_expr="lte", label="score before, at most")
    previous_score__gte = WholeNumber(field_name="previous_score", lookup_expr="gte", label="score before, at least")
    previous_category = django_filters.ChoiceFilter(choices=CATEGORIES, label="category before")
    category_changed = CategoryChanged(label="another category than before")
    moved_far = MovedFar(label="two points up or down")
    moved = Moved(label="another category, or two points up or down")
    kind = django_filters.ChoiceFilter(choices=HEARD, label="kind of signal")
    reason = django_filters.CharFilter(field_name="observation__reason", lookup_expr="iexact", label="what went wrong")
    severity = django_filters.ChoiceFilter(
        field_name="observation__severity", choices=Observation.Severity.choices, label="how bad it was"
    )
    confidence__gte = Fraction(field_name="observation__confidence", lookup_expr="gte", label="confidence, at least")
    text_has = TextHas(label="words in the text")
    has_comment = HasComment(label="there is a comment")
    topics = AboutTopics(label="is about one of the topics")
    margin__gte = BroughtInAYear(field_name="margin", label="margin of the last 12 months, at least")
    revenue__gte = BroughtInAYear(field_name="revenue", label="revenue of the last 12 months, at least")
    callback = django_filters.BooleanFilter(label="wishes to be called")
    program = django_filters.ModelChoiceFilter(queryset=Program.objects.all(), to_field_name="code", label="program")
    channel = django_filters.CharFilter(field_name="response__channel", lookup_expr="iexact", label="channel")
    segment = django_filters.CharFilter(field_name="customer__segment", lookup_expr="iexact", label="segment")
    unit = SignalInUnit(label="unit where it happened, or below it")

    groups = {
        "The score": [
            "score", "score__lt", "score__lte", "score__gt", "score__gte", "category", "previous_score__lte",
            "previous_score__gte", "previous_category", "category_changed",
            "moved_far", "moved",
        ],
        "What was noticed": ["kind", "reason", "severity", "confidence__gte"],
        "The words": ["text_has", "has_comment", "topics", "callback"],
        "Whose, and where": ["margin__gte", "revenue__gte", "program", "channel", "segment", "unit"],
    }  # fmt: skip
    everything = "every answer"
    nothing = "no answer"

    class Meta:
        model = CustomerSignal
        fields: list[str] = []
