"""How far two people who code the same thing agree beyond chance. Pure; no Django.

Cohen's kappa (Cohen 1960) with the large-sample standard error of Fleiss, Cohen and Everitt (1969).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from math import sqrt

Z = 1.959963984540054  # 95 %


@dataclass(frozen=True)
class Agreement:
    """Of `n` pairs the share `observed` agrees; `expected` would by chance. `kappa`: 1 agrees throughout, 0 as chance
    does; None where both named one and the same throughout, so that nothing can be told apart. `low`, `high`: 95 %
    interval."""

    n: int
    observed: float
    expected: float
    kappa: float | None
    low: float | None
    high: float | None


def agreement(pairs: Sequence[tuple[Hashable, Hashable]]) -> Agreement | None:
    """Of (first, second) codes; None without any."""
    n = len(pairs)
    if not n:
        return None
    cells = {pair: count / n for pair, count in Counter(pairs).items()}
    first = {code: count / n for code, count in Counter(one for one, _ in pairs).items()}
    second = {code: count / n for code, count in Counter(other for _, other in pairs).items()}
    observed = sum(share for (one, other), share in cells.items() if one == other)
    expected = sum(share * second.get(code, 0.0) for code, share in first.items())
    if expected == 1:
        return Agreement(n, observed, expected, None, None, None)
    kappa = (observed - expected) / (1 - expected)
    margins = {code: (first.get(code, 0.0), second.get(code, 0.0)) for code in first.keys() | second.keys()}
    margin = Z * _spread(cells, margins, kappa, expected) / sqrt(n)
    return Agreement(n, observed, expected, kappa, max(kappa - margin, -1.0), min(kappa + margin, 1.0))


def _spread(
    cells: dict[tuple[Hashable, Hashable], float],
    margins: dict[Hashable, tuple[float, float]],
    kappa: float,
    expected: float,
) -> float:
    """The standard error of kappa, times the root of the number of pairs."""
    agreed = differed = 0.0
    for (one, other), share in cells.items():
        if one == other:
            agreed += share * (1 - sum(margins[one]) * (1 - kappa)) ** 2
        else:
            differed += share * (margins[one][1] + margins[other][0]) ** 2
    left = agreed + (1 - kappa) ** 2 * differed - (kappa - expected * (1 - kappa)) ** 2
    return sqrt(max(left, 0.0)) / (1 - expected)
