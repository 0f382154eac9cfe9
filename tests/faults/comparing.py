"""The outside's ledger against the rows, to the row."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

FINAL = ("handed_off", "failed", "unknown", "cancelled", "pending", "sending")


@dataclass(frozen=True)
class Comparison:
    """Rows that must leave and what arrived, by Message-ID."""

    states: Counter[str]
    arrived: Counter[str]  # how often each Message-ID was accepted
    ids: dict[str, set[str]] = field(default_factory=dict)  # by state

    @property
    def lost(self) -> int:
        """Rows said to be handed off that nobody ever accepted."""
        return len(self.ids.get("handed_off", set()) - set(self.arrived))

    @property
    def twice(self) -> int:
        """Copies beyond the first."""
        return sum(self.arrived.values()) - len(self.arrived)

    @property
    def strangers(self) -> int:
        """Message-IDs that arrived and belong to no row."""
        return len(set(self.arrived) - set().union(*self.ids.values()))

    @property
    def unaccounted(self) -> int:
        """Mails that arrived although their row says that they did not."""
        denied = ("pending", "failed", "cancelled")
        return sum(len(set(self.arrived) & self.ids.get(state, set())) for state in denied)

    def figures(self) -> dict[str, Any]:
        return {
            "states": {state: self.states[state] for state in FINAL if self.states[state]},
            "arrived": len(self.arrived),
            "lost": self.lost,
            "twice": self.twice,
            "strangers": self.strangers,
            "unaccounted": self.unaccounted,
        }


def compare(rows: Iterable[tuple[str, str]], accepted: Iterable[str]) -> Comparison:
    """`rows`: (state, Message-ID); `accepted`: Message-IDs as the ledger has them, each time."""
    states: Counter[str] = Counter()
    ids: dict[str, set[str]] = {}
    for state, message_id in rows:
        states[state] += 1
        if message_id:
            ids.setdefault(state, set()).add(message_id)
    return Comparison(states, Counter(accepted), ids)
