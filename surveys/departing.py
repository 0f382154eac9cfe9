"""When what a program decides about departs from what is usual. Pure; no Django.

A day's volume is held against the last four same weekdays as a feed's is (`crm.volumes`), in both directions. What
became of it is held against those days together: that a reason has the same share now as then is tested exactly (given
how often it came at all, the day's part of that is binomial). Since days differ more than chance alone would have it, a
share must also lie outside of all of them, and differ by enough to speak of. Shares are of the occasions that the
program is about, as on the page of who is asked.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from crm.volumes import CHANCE, ENOUGH, least, most, tail

TOLERANCE = 50  # percent less or more than usual that is nothing to speak of
POINTS = 0.15  # by which the share of a reason must differ
ASKED = "asked"
OUTSIDE = "not_eligible"  # none of the program's business: in no share but its own, as wherever shares are told

Day = Mapping[str, int]  # how many occasions, by reason


class Band(NamedTuple):
    """The fewest and the most occasions that are nothing to speak of."""

    low: int
    high: int


class Shift(NamedTuple):
    """A reason's share of the day, and of the days before; of how many occasions of the day."""

    reason: str
    share: float
    before: float
    of: int


@dataclass(frozen=True)
class Span:
    """A day, or its hours so far, and the same of the weekdays before it (`past`, the latest first). `comparable`:
    those of them on which the version in force decided."""

    day: Day
    past: Sequence[Day]
    comparable: Sequence[Day]

    @property
    def number(self) -> int:
        return sum(self.day.values())

    @property
    def volumes(self) -> list[int]:
        return [sum(day.values()) for day in self.past]

    @property
    def usual(self) -> float | None:
        return sum(self.volumes) / len(self.past) if len(self.past) >= ENOUGH else None

    @property
    def band(self) -> Band | None:
        """None while too few days are known."""
        high = most(self.volumes, tolerance=TOLERANCE)
        return None if high is None else Band(least(self.volumes, tolerance=TOLERANCE), high)

    @property
    def before(self) -> dict[str, int]:
        """What became of the comparable days together."""
        reasons = {reason for day in self.comparable for reason in day}
        return {reason: sum(day.get(reason, 0) for day in self.comparable) for reason in sorted(reasons)}

    @property
    def usual_asked(self) -> float | None:
        return share_of(ASKED, self.before) if len(self.comparable) >= ENOUGH else None

    def shift_of_asked(self) -> Shift | None:
        """The share that is asked, where it is far from usual."""
        shift = self._shift(ASKED)
        if shift is None:
            return None
        few, many = shift.before * (100 - TOLERANCE) / 100, shift.before * (100 + TOLERANCE) / 100
        return None if few < shift.share < many else shift

    def shifts(self) -> list[Shift]:
        """Other reasons whose share is far from usual, the farthest first."""
        reasons = {*self.day, *self.before} - {ASKED}
        found = [shift for reason in sorted(reasons) if (shift := self._shift(reason)) is not None]
        far = [shift for shift in found if abs(shift.share - shift.before) >= POINTS]
        return sorted(far, key=lambda shift: -abs(shift.share - shift.before))

    def _shift(self, reason: str) -> Shift | None:
        """Where the day's share is outside of all days before, and not so by chance."""
        number, together = about(self.day, reason), about(self.before, reason)
        if not number or not together or len(self.comparable) < ENOUGH:
            return None
        hits, before = self.day.get(reason, 0), self.before.get(reason, 0)
        shift = Shift(reason, hits / number, before / together, number)
        shares = [share for day in self.comparable if (share := share_of(reason, day)) is not None]
        if not (shift.share < min(shares) or shift.share > max(shares)):
            return None
        return shift if _chance(hits, before, number / (number + together)) < CHANCE else None


def about(day: Day, reason: str = ASKED) -> int:
    """The occasions that a share of the reason is of: those that the program is about."""
    return sum(number for each, number in day.items() if each != OUTSIDE or reason == OUTSIDE)


def share_of(reason: str, day: Day) -> float | None:
    """None where there was nothing to have a share of."""
    number = about(day, reason)
    return day.get(reason, 0) / number if number else None


def _chance(hits: int, before: int, share: float) -> float:
    """How likely a day's part of what came at all lies so far off, or farther, on its side."""
    together = hits + before
    if hits < together * share:
        return tail(hits, of=together, share=share)
    return tail(before, of=together, share=1 - share)
