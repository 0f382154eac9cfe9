"""Whether the score of a view has really changed, asked again and again. Pure; docs/algorithms/subscriptions.md.

Whoever looks every week at 5 % sees a change that is none two or three times a year. Here the 5 % are of a whole year
of looks: each look is given an equal part of them (Bonferroni's alpha spending, which holds however much the looks
share), by the exact test of `analytics.maths.dealing`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from analytics.maths.dealing import dealt_apart
from analytics.maths.nps import Counts, nps
from analytics.maths.scorecards import SCORE_FROM, Period

LEVEL = 0.05  # the chance of even one false alarm in a year of looks, at most
LOOKS = 52  # a year: one a week
LEVEL_OF_A_LOOK = LEVEL / LOOKS


@dataclass(frozen=True)
class Look:
    """What a look found. `p`: None if either has too few answers to be compared."""

    before: Counts
    now: Counts
    p: float | None

    @property
    def changed(self) -> bool:
        return self.p is not None and self.p <= LEVEL_OF_A_LOOK

    @property
    def points(self) -> float:
        """How far the score went. Only where it could be compared."""
        return nps(self.now) - nps(self.before)


def window(reference: Period, *, days: int, today: date) -> Period | None:
    """The whole days that a look on `today` compares with the reference: as many as the view has, none of them the
    reference's own, since what overlaps is compared with itself. None until there is one."""
    start = max(reference.end + timedelta(days=1), today - timedelta(days=days))
    end = today - timedelta(days=1)
    return Period(start, end) if start <= end else None


def look(before: Counts, now: Counts) -> Look:
    comparable = min(before.n, now.n) >= SCORE_FROM
    return Look(before, now, dealt_apart(now, before) if comparable else None)
