"""What a staged roll-out did to the score: differences in differences. Pure; docs/outer-loop.md.

Units in which it began are held against units in which it had not: what changed for both is the season's, the market's
or the survey's; what changed for the first alone is laid to what began there. That holds as far as both would otherwise
have moved alike, which nobody can see in these figures; and answers of one unit count as independent of each other.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from analytics.maths.intervals import ALPHA, Z95, Difference, Interval, adjusted_score, difference
from analytics.maths.nps import Counts
from analytics.maths.scorecards import SCORE_FROM


@dataclass(frozen=True)
class Turn:
    """Answers of the same units before a day, and from that day on."""

    before: Counts
    after: Counts

    @property
    def n(self) -> int:
        return self.before.n + self.after.n

    @property
    def change(self) -> Difference:
        """After minus before, in points."""
        return difference(self.after, self.before)


@dataclass(frozen=True)
class StageEffect:
    """The change `here` minus the change of the `others`, in points, with its standard error and 95 % interval."""

    here: Turn
    others: Turn
    points: float
    error: float

    @property
    def interval(self) -> Interval:
        return Interval(self.points - Z95 * self.error, self.points + Z95 * self.error)

    @property
    def p(self) -> float:
        """Two-sided."""
        return math.erfc(abs(self.points / self.error) / math.sqrt(2))

    @property
    def verdict(self) -> str:
        """ "higher", "lower" or "not detectable"."""
        if self.p >= ALPHA:
            return "not detectable"
        return "higher" if self.points > 0 else "lower"


def stage_effect(here: Turn, others: Turn) -> StageEffect | None:
    """None if any of the four groups has fewer than ten answers. Scores are those that intervals are made of, with the
    adjusted counts (`adjusted_score`)."""
    cells = (here.after, here.before, others.after, others.before)
    if min(cell.n for cell in cells) < SCORE_FROM:
        return None
    scores = [adjusted_score(cell) for cell in cells]
    points = (scores[0][0] - scores[1][0]) - (scores[2][0] - scores[3][0])
    return StageEffect(here, others, points, math.hypot(*(error for _, error in scores)))
