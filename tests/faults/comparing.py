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
    refused: frozenset[str] = frozenset()  # Message-IDs that were refused for good, or given up by rule

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
        """Mails that arrived although their row says that they did not. Where a first copy was accepted unheard and the
        second refused for good, the row says the last word that was heard, and is right."""
        denied = ("pending", "failed", "cancelled")
        said = set(self.arrived) - self.refused
        return sum(len(said & self.ids.get(state, set())) for state in denied)

    @property
    def unfinished(self) -> int:
        """Rows of which nothing became."""
        return self.states["pending"] + self.states["sending"] + self.states["cancelled"]

    @property
    def unfounded(self) -> int:
        """Rows said to have failed that nobody ever refused for good."""
        return self.states["failed"] - len(self.ids.get("failed", set()) & self.refused)

    @property
    def unheard(self) -> int:
        """Refusals for good that no row tells of: it has not failed, is not unknown, and was not accepted later."""
        told = self.ids.get("failed", set()) | self.ids.get("unknown", set()) | set(self.arrived)
        return len(self.refused - told)

    @property
    def sum(self) -> str:
        """Where all rows are, to the row."""
        parts = " + ".join(f"{self.states[state]:,} {state.replace('_', ' ')}" for state in FINAL)
        return f"{self.states.total():,} enqueued = {parts}"

    def figures(self) -> dict[str, Any]:
        return {
            "states": {state: self.states[state] for state in FINAL if self.states[state]},
            "arrived": len(self.arrived),
            "lost": self.lost,
            "twice": self.twice,
            "strangers": self.strangers,
            "unaccounted": self.unaccounted,
            "unfinished": self.unfinished,
            "unfounded": self.unfounded,
            "unheard": self.unheard,
        }


def compare(rows: Iterable[tuple[str, str]], accepted: Iterable[str], refused: Iterable[str] = ()) -> Comparison:
    """`rows`: (state, Message-ID); `accepted`: Message-IDs as the ledger has them, each time; `refused`: those that
    were refused for good, or given up by rule."""
    states: Counter[str] = Counter()
    ids: dict[str, set[str]] = {}
    for state, message_id in rows:
        states[state] += 1
        if message_id:
            ids.setdefault(state, set()).add(message_id)
    return Comparison(states, Counter(accepted), ids, frozenset(refused))
