"""The points of view from which a report may be read. Pure; no Django."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal


@dataclass(frozen=True)
class View:
    """The point of view of a report: which tree its answers are read through.

    `was`: where each unit stood on the day of the answer. `is`: where it stands today, divided units through their
    heirs. `day`: the same, as of the day `on`. `known_at`: as the house knew it at that moment; None: as it knows now.
    `hierarchy`: code of the arrangement; empty: the line of management.
    """

    kind: Literal["was", "is", "day"] = "was"
    on: date | None = None
    known_at: datetime | None = None
    hierarchy: str = ""

    @classmethod
    def as_was(cls, *, known_at: datetime | None = None, hierarchy: str = "") -> View:
        return cls("was", None, known_at, hierarchy)

    @classmethod
    def as_is(cls, *, known_at: datetime | None = None, hierarchy: str = "") -> View:
        return cls("is", None, known_at, hierarchy)

    @classmethod
    def as_of(cls, on: date, *, known_at: datetime | None = None, hierarchy: str = "") -> View:
        return cls("day", on, known_at, hierarchy)

    def day(self, today: date) -> date | None:
        """The day whose tree it is; None: the day of each answer."""
        return None if self.kind == "was" else self.on or today


AS_WAS = View()
