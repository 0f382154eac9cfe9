"""How often one is asked about, against everybody else. Pure; docs/algorithms/selecting.md.

Wilson's interval for the share; for who stands out, the two-sided test of two shares with the pooled variance, with
Holm's correction for all who were compared.
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from typing import TypeVar

from analytics.maths.holm import hold
from analytics.maths.proportions import wilson

K = TypeVar("K", bound=Hashable)
LEAST = 10  # occasions from which anybody is compared


@dataclass(frozen=True)
class Share:
    """`asked` of `n` occasions, with its 95 % interval; None without occasions."""

    asked: int
    n: int

    @property
    def value(self) -> float | None:
        return self.asked / self.n if self.n else None

    @property
    def low(self) -> float | None:
        return wilson(self.asked, self.n).low if self.n else None

    @property
    def high(self) -> float | None:
        return wilson(self.asked, self.n).high if self.n else None


def stand_out(parts: Mapping[K, Share], whole: Share) -> set[K]:
    """Those of `parts` whose share differs from that of the rest of `whole`, all compared at once."""
    rest = {key: Share(whole.asked - part.asked, whole.n - part.n) for key, part in parts.items()}
    compared = [key for key, part in parts.items() if part.n >= LEAST and rest[key].n >= LEAST]
    return hold({key: p_value(parts[key], rest[key]) for key in compared})


def p_value(one: Share, other: Share) -> float:
    """Two-sided, of the difference of two shares; 1 where both are 0 or 1 alike."""
    pooled = (one.asked + other.asked) / (one.n + other.n)
    variance = pooled * (1 - pooled) * (1 / one.n + 1 / other.n)
    if variance == 0:
        return 1.0
    z = (one.asked / one.n - other.asked / other.n) / math.sqrt(variance)
    return math.erfc(abs(z) / math.sqrt(2))
