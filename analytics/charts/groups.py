"""Where means and their whiskers stand on an axis, for charts that the server draws. Pure.

Positions are in per cent of the axis, which reaches from 0 (or below it, where something is) to a little beyond the
last whisker.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from analytics.maths.groups import Group

ROOM = 0.06  # of the axis, beyond the last whisker


@dataclass(frozen=True)
class Whisker:
    """One group on the axis; `faint`: few customers. None where there is nothing to draw."""

    group: Group
    at: str | None = None
    low: str | None = None
    high: str | None = None

    @property
    def faint(self) -> bool:
        return self.group.n < 30


@dataclass(frozen=True)
class Axis:
    """The rows of a chart, and where 0 stands (None: not on the axis)."""

    whiskers: Sequence[Whisker]
    zero: str | None


def whiskers(groups: Sequence[Group]) -> Axis:
    """Every group on one axis."""
    ends = [end for group in groups if group.interval for end in group.interval]
    if not ends:
        return Axis([Whisker(group) for group in groups], None)
    start, stop = min(0.0, *ends), max(0.0, *ends)
    scale = Scale(start, (stop - start) * (1 + ROOM) or 1.0)
    return Axis([_whisker(group, scale) for group in groups], scale.place(0.0))


@dataclass(frozen=True)
class Scale:
    start: float
    reach: float

    def place(self, value: float) -> str:
        return f"{100 * (value - self.start) / self.reach:.2f}"


def _whisker(group: Group, scale: Scale) -> Whisker:
    if group.mean is None or group.interval is None:
        return Whisker(group)
    low, high = group.interval
    return Whisker(group, scale.place(group.mean), scale.place(low), scale.place(high))
