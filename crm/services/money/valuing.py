"""What one customer brings: for the shopkeeper's card."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from django.db.models import Q

from common.money import digits_of
from crm.models import FinancialRecord, Relationship
from crm.stretches import months_before

TREND_FROM = Decimal("0.05")  # less of a change than one in twenty is called level
MONTHS = 12


@dataclass(frozen=True)
class Money:
    """Twelve months in one currency. None: not told. `before`: revenue of the twelve months before."""

    currency: str
    revenue: Decimal | None
    margin: Decimal | None
    balance: Decimal | None  # the latest that was told
    before: Decimal | None

    @property
    def change(self) -> Decimal | None:
        """Of the revenue against the twelve months before, as a share; None if it cannot be said."""
        if self.revenue is None or self.before is None or self.before <= 0:
            return None
        return self.revenue / self.before - 1

    @property
    def trend(self) -> str:
        """up, down, level, or empty if it cannot be said."""
        if self.change is None:
            return ""
        if abs(self.change) < TREND_FROM:
            return "level"
        return "up" if self.change > 0 else "down"


@dataclass(frozen=True)
class Worth:
    """What a customer is worth: money by currency, the largest revenue first, never added up across currencies."""

    money: Sequence[Money]
    share_of_wallet: Decimal | None
    joined_on: date | None
    left_on: date | None  # if they left altogether
    until: date  # the twelve months end before this day: the last that any record tells about, at most today


def worth_of(*, rows: Collection[int], at: datetime) -> Worth:
    """Twelve months up to the last day told, under these customer rows (ids) of a person: as a rule those whose money
    who asks may see. Two queries."""
    today = at.date()
    of_person = Q(customer__in=rows)
    told = list(
        FinancialRecord.objects.filter(
            of_person, starts_on__lte=today, ends_before__gt=months_before(today, 3 * MONTHS)
        )
        .order_by("ends_before", "pk")
        .defer("load", "as_of")
    )
    until = min(max((row.ends_before for row in told), default=today), today)
    shares = [row.share_of_wallet for row in told if row.share_of_wallet is not None]
    stays = list(Relationship.objects.filter(of_person).values_list("joined_on", "left_on"))
    ends = [left for _, left in stays]
    money = [_money(code, [row for row in told if row.currency == code], until) for code in {r.currency for r in told}]
    return Worth(
        money=sorted(money, key=lambda each: (-(each.revenue or 0), each.currency)),
        share_of_wallet=shares[-1] if shares else None,
        joined_on=min((joined for joined, _ in stays if joined), default=None),
        left_on=max((left for left in ends if left), default=None) if all(ends) else None,
        until=until,
    )


def _money(currency: str, rows: Sequence[FinancialRecord], until: date) -> Money:
    start = months_before(until, MONTHS)
    before = months_before(until, 2 * MONTHS)
    balances: dict[tuple[Any, ...], Decimal] = {}  # each account and product line has its own, as has each customer row
    for row in rows:
        if row.balance is not None:
            balances[row.source, row.account or row.customer_id, row.product] = row.balance
    return Money(
        currency=currency,
        revenue=_sum("revenue", rows, start, until),
        margin=_sum("margin", rows, start, until),
        balance=sum(balances.values(), Decimal(0)) if balances else None,
        before=_sum("revenue", rows, before, start),
    )


def _sum(name: str, rows: Sequence[FinancialRecord], start: date, before: date) -> Decimal | None:
    """The part of the records that lies in [start, before), by days; rounded once. None if no record tells of it."""
    told = [
        value * share
        for row in rows
        if (value := getattr(row, name)) is not None and (share := share_in(row, start, before))
    ]
    if not told:
        return None
    step = Decimal(1).scaleb(-digits_of(rows[0].currency))
    return sum(told, Decimal(0)).quantize(step, ROUND_HALF_UP)


def share_in(row: FinancialRecord, start: date, before: date) -> Decimal:
    """Which share of a record's days lies in [start, before)."""
    days = (min(row.ends_before, before) - max(row.starts_on, start)).days
    return Decimal(max(0, days)) / (row.ends_before - row.starts_on).days
