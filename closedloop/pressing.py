"""How much a ticket presses: of all bands that its signals meet the most pressing one holds. Pure; no Django.
docs/algorithms/priority.md tells it in words."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

URGENT, HIGH, NORMAL, LOW = 1, 2, 3, 4
WHY = 300  # letters


@dataclass(frozen=True)
class Band:
    """A level that the office has set for what meets a condition. `position`: of bands of one level the smaller one is
    told of; `hours`: open hours until the first contact under the band's own policy, None where it has none."""

    pk: int
    level: int
    name: str
    position: int = 0
    policy: int | None = None
    hours: Decimal | None = None

    @property
    def why(self) -> str:
        return f"“{self.name}”"[:WHY]


def most_pressing(met: Iterable[Band]) -> Band | None:
    """The band that holds; None where nothing meets one, which is normal."""
    return min(met, default=None, key=lambda band: (band.level, band.position, band.pk))


def level_of(band: Band | None) -> int:
    return band.level if band else NORMAL


def tighter(policy: int, hours: Decimal, band: Band | None) -> int:
    """The policy (id) that holds: that of the rule, unless the band's own asks for a contact sooner."""
    if band is None or band.policy is None or band.hours is None:
        return policy
    return band.policy if band.hours < hours else policy
