"""When a program goes no further by itself: arithmetic of bounces and complaints.

Mail providers close an account at 5 % bounces or 0.1 % complaints (Amazon SES; RELIABILITY R-07). A share is of the
mail that was sent, or of `LEAST` if that is more: so the brake is never late when the thousandth mail goes out, and a
handful of bad addresses stops nobody. Among the first 1,250 mails one complaint is 0.08 % or more, and does.
"""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple

LEAST = 1_000


class Level(StrEnum):
    WARN = "warn"
    STOP = "stop"


class Figures(NamedTuple):
    sent: int = 0
    bounced: int = 0
    complained: int = 0

    def without(self, other: Figures) -> Figures:
        return Figures(*(max(mine - theirs, 0) for mine, theirs in zip(self, other, strict=True)))


class Limits(NamedTuple):
    """Shares (0 to 1) at which a program is warned of, and stopped."""

    warn: float
    stop: float

    def level(self, number: int, sent: int) -> Level | None:
        share = number / max(sent, LEAST)
        if number and share >= self.stop:
            return Level.STOP
        return Level.WARN if number and share >= self.warn else None


class Finding(NamedTuple):
    what: str  # bounces or complaints
    level: Level


def findings(figures: Figures, *, bounces: Limits, complaints: Limits) -> list[Finding]:
    """What speaks against going on; empty if nothing does."""
    found = [
        ("bounces", bounces.level(figures.bounced, figures.sent)),
        ("complaints", complaints.level(figures.complained, figures.sent)),
    ]
    return [Finding(what, level) for what, level in found if level is not None]
