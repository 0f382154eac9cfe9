"""Two ways to the same result, timed in turns."""

from __future__ import annotations

import time
from collections.abc import Callable
from statistics import median
from typing import Any, NamedTuple


class Line(NamedTuple):
    name: str
    ours: float  # seconds, median
    reference: float

    def __str__(self) -> str:
        ratio = self.reference / self.ours
        return f"{self.name} | {self.ours * 1000:.1f} ms | {self.reference * 1000:.1f} ms | {ratio:.1f}"


def compare(name: str, ours: Callable[[], Any], reference: Callable[[], Any], *, rounds: int = 7) -> Line:
    """Run both in turns, `rounds` times each after a first one that does not count. Their results must be equal."""
    if (mine := ours()) != (theirs := reference()):
        raise AssertionError(f"{name}: ours {mine!r}, reference {theirs!r}")
    times: tuple[list[float], list[float]] = ([], [])
    for _ in range(rounds):
        for way, spent in zip((ours, reference), times, strict=True):
            start = time.perf_counter()
            way()
            spent.append(time.perf_counter() - start)
    return Line(name, median(times[0]), median(times[1]))
