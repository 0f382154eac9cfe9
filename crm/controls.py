"""Control totals: what a sender says they sent, held against what came, to the last figure. Pure; no Django.

Totals are over all rows that came, also those refused later, and by currency: amounts of two currencies have no sum.
They are added up as Decimal from what was written, so that they agree to the cent or not at all.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

AMOUNTS = ("revenue", "margin", "balance")
_AMOUNT = re.compile(r"-?[0-9]{1,18}(\.[0-9]{1,6})?")
_PLACE = re.compile(r"(rows|(revenue|margin|balance)(:([A-Z]{3}))?)")
HOW = "Write rows=1200, revenue=123.45, or revenue:EUR=123.45 for one of several currencies."


class Unreadable(ValueError):
    """The declared totals cannot be read; the words say why."""


def exact(value: Any) -> Decimal | None:
    """A number as it was written, or None if it is none."""
    if isinstance(value, bool) or not isinstance(value, str | int | float | Decimal):
        return None
    text = repr(value) if isinstance(value, float) else str(value).strip()
    return Decimal(text) if _AMOUNT.fullmatch(text) else None


@dataclass
class Totals:
    """How many rows, and the sum of each amount in each currency."""

    rows: int = 0
    sums: dict[tuple[str, str], Decimal] = field(default_factory=dict)  # (revenue, EUR) -> sum

    def add(self, item: Any) -> None:
        """One row as it came, readable or not."""
        self.rows += 1
        if not isinstance(item, Mapping):
            return
        currency = str(item.get("currency", "")).strip().upper()
        for name in AMOUNTS:
            value = exact(item.get(name))
            if value is not None:
                self.sums[name, currency] = self.sums.get((name, currency), Decimal(0)) + value


def received(items: Iterable[Any]) -> Totals:
    totals = Totals()
    for item in items:
        totals.add(item)
    return totals


def read_totals(said: Mapping[str, Any]) -> dict[tuple[str, str], Decimal]:
    """{"rows": 1200, "revenue": "123.45", "margin:EUR": "5.00"} as {(what, currency): figure}; a currency left out is
    empty. Unreadable for anything else, and for nothing at all."""
    if not said:
        raise Unreadable(f"No totals are given. {HOW}")
    found = {}
    for place, value in said.items():
        parts, number = _PLACE.fullmatch(str(place)), exact(value)
        if parts is None or number is None:
            raise Unreadable(f"{place}={value} is not a total. {HOW}")
        found[parts[2] or "rows", parts[4] or ""] = number
    return found


def differences(declared: Mapping[tuple[str, str], Decimal], came: Totals) -> dict[str, str]:
    """{what: how it differs}, for people to read; empty when all agree. What was not declared is not held against."""
    told = {}
    for (what, currency), wanted in declared.items():
        currencies = {code for name, code in came.sums if name == what}
        if not currency and len(currencies) > 1:
            told[what] = f"Rows came in {', '.join(sorted(currencies))}: declare a total for each, as {what}:EUR."
            continue
        found = Decimal(came.rows) if what == "rows" else _sum(came, what, currency)
        if found != wanted:
            gap = abs(found - wanted)
            words = f"Declared {wanted}, received {found}: {gap} too {'much' if found > wanted else 'little'}."
            told[f"{what}:{currency}" if currency else what] = words
    return told


def _sum(came: Totals, what: str, currency: str) -> Decimal:
    fit = (value for (name, code), value in came.sums.items() if name == what and currency in {"", code})
    return sum(fit, Decimal(0))
