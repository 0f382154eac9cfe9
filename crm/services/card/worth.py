"""What the person is worth to us, as far as anybody told."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from crm.cards import Subject, Told
from crm.services.money.valuing import worth_of

FUNCTION, SCOPE = "crm.view_financialrecord", "worth:read"


@dataclass(frozen=True)
class Amount:
    """Twelve months in one currency; null: not told. `trend` of the revenue: up, down, level, or empty."""

    currency: str
    revenue: Decimal | None
    margin: Decimal | None
    balance: Decimal | None
    trend: str


@dataclass(frozen=True)
class Value:
    """`known` is false where no record of money was ever told: that is not zero."""

    known: bool
    until: date
    customer_since: date | None
    left_on: date | None
    share_of_wallet: Decimal | None
    amounts: list[Amount] = field(default_factory=list)


def tell(subject: Subject) -> Told:
    worth = worth_of(rows=subject.within(FUNCTION, SCOPE), at=subject.at)
    amounts = [Amount(each.currency, each.revenue, each.margin, each.balance, each.trend) for each in worth.money]
    data = Value(bool(amounts), worth.until, worth.joined_on, worth.left_on, worth.share_of_wallet, amounts)
    falling = [each.currency for each in amounts if each.trend == "down"]
    return Told(data, asks=["What they do with us is shrinking: ask what has changed."] if falling else ())
