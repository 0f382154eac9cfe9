"""Two ways to the same result, measured in turns."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from statistics import median
from typing import Any, NamedTuple


class Line(NamedTuple):
    """One result. `ratio`: how many times the reference's speed ours has; `bar`: the least it should be."""

    name: str
    ours: str
    reference: str
    ratio: float | None = None
    bar: float | None = None

    @property
    def below(self) -> bool:
        return self.ratio is not None and self.bar is not None and self.ratio < self.bar

    def __str__(self) -> str:
        ratio = "" if self.ratio is None else f"{self.ratio:.2f}"
        bar = "" if self.bar is None else f" ({'BELOW' if self.below else 'at least'} {self.bar:.2f})"
        return f"{self.name} | {self.ours} | {self.reference} | {ratio}{bar}"


def faster(name: str, ours: list[float], reference: list[float], *, bar: float | None = None) -> Line:
    """From seconds: the ratio of their medians."""
    mine, theirs = median(ours), median(reference)
    return Line(name, spent(mine), spent(theirs), theirs / mine, bar)


def spent(seconds: float) -> str:
    return f"{seconds:.1f} s" if seconds >= 10 else f"{seconds * 1000:,.1f} ms"


def compare(name: str, ours: Callable[[], Any], reference: Callable[[], Any], *, rounds: int = 7) -> Line:
    """Run both in turns, `rounds` times each after a first one that does not count. Their results must be equal."""
    if (mine := ours()) != (theirs := reference()):
        raise AssertionError(f"{name}: ours {mine!r}, reference {theirs!r}")
    times: tuple[list[float], list[float]] = ([], [])
    for _ in range(rounds):
        for way, taken in zip((ours, reference), times, strict=True):
            start = time.perf_counter()
            way()
            taken.append(time.perf_counter() - start)
    return faster(name, *times)


def progress(words: str) -> None:
    """For the person waiting; never on stdout."""
    print(f"{time.strftime('%H:%M:%S')} {words}", file=sys.stderr, flush=True)
