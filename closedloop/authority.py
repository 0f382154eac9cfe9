"""Who may spend how much on a customer. Pure; no Django. docs/algorithms/acting.md tells it in words."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True)
class Limit:
    """Up to `amount` in `currency` for whoever has `role`, set `distance` steps above the unit in question."""

    role: str
    currency: str
    amount: Decimal
    distance: int


@dataclass(frozen=True)
class Powers:
    """The limits that hold at a unit, and the roles that one person has there or above it."""

    limits: tuple[Limit, ...] = ()
    roles: frozenset[str] = frozenset()

    @property
    def are_limited(self) -> bool:
        """Some limit holds there; where none does, amounts need nobody's word."""
        return bool(self.limits)

    def amount(self, currency: str) -> Decimal | None:
        """Up to how much the person may spend on one ticket; None: nobody there has a limit in the currency. Of a
        role's limits the one set nearest to the unit holds; of several roles the one that allows most."""
        known = [limit for limit in self.limits if limit.currency == currency]
        if not known:
            return None
        return max((_nearest(known, role) for role in self.roles), default=Decimal(0))


def _nearest(limits: Collection[Limit], role: str) -> Decimal:
    own = [limit for limit in limits if limit.role == role]
    return min(own, key=lambda limit: limit.distance).amount if own else Decimal(0)
