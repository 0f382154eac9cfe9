"""Where the time of a load goes: by stage the seconds on the clock, and those in which this process itself was at work.
The others are waiting for the database or for a process beside it."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import NamedTuple

LEAST = 0.05  # seconds; what takes less in all is not worth a line


class Spent(NamedTuple):
    """On one stage so far: how often, seconds on the clock, seconds of this process's processor."""

    times: int = 0
    seconds: float = 0.0
    own: float = 0.0


@dataclass
class Stages:
    """The stages of one process, in the order in which they came first. They do not hold one another."""

    spent: dict[str, Spent] = field(default_factory=dict)

    @contextmanager
    def __call__(self, name: str) -> Iterator[None]:
        began, own = time.monotonic(), time.process_time()
        self.spent.setdefault(name, Spent())
        try:
            yield
        finally:
            times, seconds, before = self.spent[name]
            more = time.process_time() - own
            self.spent[name] = Spent(times + 1, seconds + time.monotonic() - began, before + more)

    def lines(self, total: float) -> Iterator[str]:
        """A table; `total`: seconds on the clock of the whole."""
        yield f"  {'stage':<28} {'times':>7} {'seconds':>9} {'of them own':>12}"
        named = 0.0
        for name, (times, seconds, own) in self.spent.items():
            named += seconds
            if seconds >= LEAST:
                yield f"  {name:<28} {times:>7,} {seconds:>9.1f} {own:>12.1f}"
        yield f"  {'the rest':<28} {'':>7} {total - named:>9.1f}"
