"""What it would bring a year if customers thought better of us. Pure; docs/outer-loop.md.

A customer who turns from detractor to promoter moves their own part of the score by 200 points (from -100 to +100). So
`effect` points among `customers` are effect / 200 of them turned round; each brings what promoters bring more than
detractors did in the days of the period, counted up to a year.
"""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal

TURN = 200  # points between a detractor and a promoter
YEAR = 365  # days


def turned_round(customers: int, effect: Decimal) -> Decimal:
    """How many customers would have to turn from detractors to promoters: `effect` in points, 0 to 200."""
    return customers * effect / TURN


def worth_a_year(customers: int, effect: Decimal, value: Decimal, *, days: int, digits: int = 2) -> Decimal:
    """Customers x effect x value of one who turned round, where `value` is what that one brings in `days` days. In the
    currency of `value`, to `digits` figures after the point (half up); below zero where promoters bring less."""
    exact = turned_round(customers, effect) * value * YEAR / days
    return exact.quantize(Decimal(1).scaleb(-digits), rounding=ROUND_HALF_UP)
