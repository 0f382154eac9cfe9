"""The lots of `crm.heirs` in SQL."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db.models import BigIntegerField, CharField, F, Func, Q, Value
from django.db.models.functions import Cast, Coalesce, Concat
from django.db.models.lookups import GreaterThanOrEqual, LessThan

from crm.heirs import RANGE, Lot


class _Draw(Func):
    """First 4 bytes of sha256 of a text as an unsigned integer: `crm.heirs.draw`."""

    template = "('x' || left(encode(sha256(convert_to(%(expressions)s, 'UTF8')), 'hex'), 8))::bit(32)::bigint"
    output_field = BigIntegerField()


def person(customer: str = "customer_id", otherwise: str = "pk") -> Any:
    """Who a row is about, as text: the customer's id, or the row's own where nobody knows the customer."""
    own = Concat(Value("r"), Cast(F(otherwise), CharField()))
    return Coalesce(Cast(F(customer), CharField()), own)


def drawn(lots: Iterable[Lot], who: Any) -> Q:
    """Rows for whom all lots hold."""
    held = Q()
    for lot in lots:
        number = _Draw(Concat(Value(f"{lot.salt}:"), who))
        held &= Q(GreaterThanOrEqual(number, lot.low))
        if lot.high < RANGE:
            held &= Q(LessThan(number, lot.high))
    return held
