"""Numbers put into steps, so that people can cut by them. Pure.

`edges` are the ascending ends between steps: a figure stands in step i if i of the edges are at or below it (as
`width_bucket` of PostgreSQL counts), so edges (3, 7) make "under 3", "3 to under 7" and "7 and more".
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from decimal import Decimal

from analytics.maths.rounding import MINUS

MOST_STEPS = 8
NICE = (1, 2, 5, 10)


def even_edges(low: float, high: float, *, whole: bool) -> tuple[Decimal, ...]:
    """Edges at round figures between `low` and `high`, at most eight steps; none if there is nothing between."""
    if not high > low:
        return ()
    rough = (high - low) / (MOST_STEPS - 1)
    power = math.floor(math.log10(rough))
    width = next(Decimal(nice).scaleb(power) for nice in NICE if float(Decimal(nice).scaleb(power)) >= rough)
    if whole:
        width = max(Decimal(1), width)
    first = math.floor(Decimal(repr(low)) / width) + 1
    last = math.floor(Decimal(repr(high)) / width)
    return tuple(number * width for number in range(first, last + 1))


def told_step(edges: Sequence[Decimal], step: int, *, whole: bool) -> str:
    """ "under 3", "3 to 6" (of whole numbers) or "3 to under 7", "7 and more"; "all" without edges."""
    if not edges:
        return "all"
    if step <= 0:
        return f"under {_plain(edges[0])}"
    if step >= len(edges):
        return f"{_plain(edges[-1])} and more"
    low, high = edges[step - 1], edges[step]
    if whole and high - low == 1:
        return _plain(low)
    return f"{_plain(low)} to {_plain(high - 1)}" if whole else f"{_plain(low)} to under {_plain(high)}"


def _plain(figure: Decimal) -> str:
    """12, 2.5 or −3: without zeros behind the point."""
    text = f"{figure.normalize():f}"
    return text.replace("-", MINUS)
