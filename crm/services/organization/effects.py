"""What a reorganization would do beyond the tree: upper apps register what they find (tickets, scores)."""

from __future__ import annotations

from datetime import datetime
from typing import Any, NamedTuple, Protocol

from crm.models import Reorganization


class Table(NamedTuple):
    """What a preview shows: `rows` under `head`, shortened to the first; `note` says what is counted."""

    title: str
    note: str
    head: list[str]
    rows: list[list[str | int]]
    more: int = 0


class Found(NamedTuple):
    tables: list[Table]
    conflicts: list[str]


class Effect(Protocol):
    """`before` looks at the house as it is, `after` at the house as it would be, and compares."""

    name: str

    def before(self, plan: Reorganization, at: datetime) -> Any: ...

    def after(self, plan: Reorganization, at: datetime, before: Any) -> Found: ...


MOST_ROWS = 100
_effects: dict[str, Effect] = {}


def register(effect: Effect) -> None:
    """Called from the upper app's AppConfig.ready."""
    _effects[effect.name] = effect


def registered() -> list[Effect]:
    return list(_effects.values())


def table(title: str, note: str, head: list[str], rows: list[list[str | int]]) -> Table:
    return Table(title, note, head, rows[:MOST_ROWS], max(0, len(rows) - MOST_ROWS))
