"""What a person is worth, as the books told it for the days before an occasion."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import (
    DateField,
    DecimalField,
    ExpressionWrapper,
    F,
    Func,
    IntegerField,
    QuerySet,
    Subquery,
    Value,
)
from django.db.models.functions import Greatest, Least

from common.conditions.describing import COMPARISONS, Choice, Part
from common.conditions.wording import COMPARED, Called, Said
from common.money import CURRENCIES, digits_of
from crm.models import FinancialRecord
from surveys.filters.comparing import Compared, ComparisonField, check_whole, occasion_day, rows_of_person

OF = {"revenue": "revenue", "margin": "margin", "balance": "balance"}
MOST_DAYS = 1830
EXACT: Any = DecimalField(max_digits=30, decimal_places=9)


class MoneyField(ComparisonField):
    keys = frozenset({"of", "currency", "days", "op", "value"})

    def check(self, value: dict[str, Any]) -> None:
        if not isinstance(value["of"], str) or value["of"] not in OF:
            raise ValidationError(f"of: expected one of {', '.join(OF)}")
        if not isinstance(value["currency"], str) or value["currency"] not in CURRENCIES:
            raise ValidationError("currency: expected a code of ISO 4217, such as EUR")
        check_whole("days", value["days"], 1, MOST_DAYS)
        _amount(value["value"])


def _amount(said: Any) -> Decimal:
    if isinstance(said, int | float | str) and not isinstance(said, bool):
        try:
            amount = Decimal(str(said))
        except InvalidOperation:
            amount = Decimal("NaN")
        if amount.is_finite() and abs(amount) < 10**17 and amount == round(amount, 3):
            return amount
    raise ValidationError('value: expected an amount with at most three decimals, such as 1250 or "1250.50"')


class Money(Compared):
    """{"of": "revenue", "currency": "EUR", "days": 365, "op": "gte", "value": 1000}: what the records tell of the
    person in the so many days that ended on the day (UTC) before the occasion.

    Revenue and margin: their sum; a record that lies partly in these days counts by its days. Balance: the last told of
    each account and product line whose stretch ended in these days, summed. In one currency, never converted; of whom
    no record tells anything, no comparison is true.
    """

    field_class = MoneyField

    def value(self, said: dict[str, Any]) -> Any:
        return Value(_amount(said["value"]), output_field=EXACT)

    def figure(self, said: dict[str, Any]) -> Any:
        exact = _balance(said) if said["of"] == "balance" else _sum(said)
        return Func(exact, Value(digits_of(said["currency"])), function="round", output_field=EXACT)

    def says(self, value: dict[str, Any], called: Called) -> Said:
        amount = f"{COMPARED[value['op']]}{value['value']} {value['currency']}"
        return Said(f"the person's {OF[value['of']]} in the {value['days']} days before", "was", amount)

    def parts(self) -> list[Part]:
        return [
            Part("choice", key="of", label="figure", choices=[Choice(*pair) for pair in OF.items()]),
            Part("choice", key="op", label="compared", choices=COMPARISONS),
            Part("number", key="value", label="amount"),
            Part("choice", key="currency", label="currency", choices=[Choice(each, each) for each in _currencies()]),
            Part("number", key="days", label="days before", least=1, most=MOST_DAYS, whole=True, initial=365),
        ]


def _told(said: dict[str, Any], depth: int = 1) -> QuerySet[FinancialRecord]:
    """The person's records that tell the figure, from a query `depth` deep inside the occasion's."""
    told = FinancialRecord.objects.filter(customer__in=rows_of_person(depth + 1), currency=said["currency"])
    return told.filter(**{f"{said['of']}__isnull": False}).order_by()


def _sum(said: dict[str, Any]) -> Subquery:
    start, day = _before(said["days"]), occasion_day()
    inside = _days(Least(F("ends_before"), day), Greatest(F("starts_on"), start))
    share = ExpressionWrapper(F(said["of"]) * inside / _days(F("ends_before"), F("starts_on")), output_field=EXACT)
    return _total(_told(said).filter(starts_on__lt=day, ends_before__gt=start), share)


def _balance(said: dict[str, Any]) -> Subquery:
    ended = _told(said, depth=2).filter(
        ends_before__lte=occasion_day(depth=2), ends_before__gt=_before(said["days"], depth=2)
    )
    each = ("source", "account", "product")
    last = ended.order_by(*each, "-ends_before", "-pk").distinct(*each).values("pk")
    return _total(FinancialRecord.objects.filter(pk__in=last).order_by(), F("balance"))


def _total(rows: QuerySet[FinancialRecord], figure: Any) -> Subquery:
    """Their sum, as one row: a Func, since Django would group an aggregate by the row's id."""
    return Subquery(rows.annotate(total=Func(figure, function="sum", output_field=EXACT)).values("total"))


def _days(until: Any, since: Any) -> Func:
    return Func(until, since, template="(%(expressions)s)", arg_joiner=" - ", output_field=IntegerField())


def _before(days: int, depth: int = 1) -> Func:
    """The day so many days before that of the occasion."""
    day, back = occasion_day(depth), Value(days, output_field=IntegerField())
    return Func(day, back, template="(%(expressions)s)", arg_joiner=" - ", output_field=DateField())


def _currencies() -> list[str]:
    """Those that records are told in; finding each by the index of nothing would read the table, so the newest say."""
    newest = FinancialRecord.objects.order_by("-pk").values_list("currency", flat=True)[:2_000]
    return sorted(set(newest)) or sorted(CURRENCIES)
