"""Where drivers' bars and a curve's points stand, for charts that the server draws. Pure.

x is in per cent of the width, y in pixels.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from analytics.maths.drivers.curves import Bin, Curve
from analytics.maths.intervals import Interval

ROOM = 1.04
HEIGHT = 160  # of the plot, in pixels
TOP = 10


@dataclass(frozen=True)
class Bar:
    """From 0 to `to`, with a whisker from `low` to `high`."""

    to: str
    low: str
    high: str


@dataclass(frozen=True)
class Pair:
    """One driver: by itself, and beside the others."""

    driver: Any
    alone: Bar
    part: Bar


def bars(drivers: Sequence[Any]) -> list[Pair]:
    """All on one axis from 0. `drivers` have `found` (analytics.maths.drivers.ranks.Importance)."""
    ends = [max(each.found.alone_interval.high, each.found.part_interval.high, each.found.part) for each in drivers]
    reach = max(ends, default=0) * ROOM or 1.0

    def bar(share: float, interval: Interval) -> Bar:
        return Bar(*(f"{100 * max(0.0, each) / reach:.2f}" for each in (share, *interval)))

    return [
        Pair(each, bar(each.found.alone, each.found.alone_interval), bar(each.found.part, each.found.part_interval))
        for each in drivers
    ]


@dataclass(frozen=True)
class Point:
    """A bin: its middle in per cent of the width, the figure and its interval in pixels from above."""

    bin: Bin
    x: str
    y: str
    low: str
    high: str


@dataclass(frozen=True)
class Points:
    points: Sequence[Point]
    lines: Sequence[tuple[Point, Point]]  # between neighbours; options have none
    top: str  # the figures at the upper and the lower end of the plot
    bottom: str
    height: int = HEIGHT + 2 * TOP


def points(curve: Curve, scale: tuple[int, int]) -> Points:
    """The mean scores of the bins, evenly spaced (each holds about as many answers), within the reach of the whiskers;
    never beyond the scale."""
    low = max(float(scale[0]), min(each.interval.low for each in curve.bins))
    high = min(float(scale[1]), max(each.interval.high for each in curve.bins))
    reach = (high - low) or 1.0

    def place(figure: float) -> str:
        return f"{TOP + HEIGHT * (1 - (min(high, max(low, figure)) - low) / reach):.1f}"

    step = 100 / len(curve.bins)
    found = [
        Point(
            each, f"{step * (number + 0.5):.2f}", place(each.mean), place(each.interval.low), place(each.interval.high)
        )
        for number, each in enumerate(curve.bins)
    ]
    lines = list(pairwise(found)) if curve.ordered else []
    return Points(found, lines, f"{high:.1f}", f"{low:.1f}")
