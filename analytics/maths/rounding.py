"""Rounding once, at display, half away from zero (Python's own `round` goes to the even neighbor). Pure."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction

Number = int | float | Decimal | Fraction
MINUS = "\N{MINUS SIGN}"


def points(value: Number, digits: int = 0) -> Decimal:
    """`value` with `digits` decimals. A float counts as the shortest decimal that reads back as it: 1.15 is 1.15."""
    step = Decimal(1).scaleb(-digits)
    if isinstance(value, Fraction):
        scaled = abs(value) * 10**digits
        whole = (2 * scaled.numerator + scaled.denominator) // (2 * scaled.denominator)
        return (Decimal(whole if value >= 0 else -whole) * step).quantize(step) + 0
    exact = Decimal(repr(value)) if isinstance(value, float) else Decimal(value)
    return exact.quantize(step, ROUND_HALF_UP) + 0  # plus 0: no negative zero


def signed(value: Number, digits: int = 0) -> str:
    """Points as people read them: +34, 0, −5 (with a true minus sign)."""
    rounded = points(value, digits)
    if rounded == 0:
        return f"{abs(rounded)}"
    return f"{'+' if rounded > 0 else MINUS}{abs(rounded)}"


def percent(share: float, digits: int = 0) -> str:
    """A share from 0 to 1 as per cent: 24 %."""
    return f"{points(Decimal(repr(float(share))) * 100, digits)}\N{NO-BREAK SPACE}%"
