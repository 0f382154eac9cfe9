"""A score never stands alone: what travels with it, and how little is too little to show.

Pure; docs/algorithms/nps.md.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from enum import StrEnum
from functools import cached_property
from typing import TypeVar

from analytics.maths.bounds import silent_bounds
from analytics.maths.discoveries import stand_out
from analytics.maths.intervals import Z95, Z_RUNNING, Difference, Interval, adjusted_wald, difference
from analytics.maths.nps import Counts, nps
from analytics.maths.ranks import Place, places
from analytics.maths.score_intervals import score_interval
from analytics.maths.targets import AgainstTarget, against_target

K = TypeVar("K", bound=Hashable)

COUNTS_FROM = 5  # answers from which counts are shown
SCORE_FROM = 10  # ... a score, faint, with its interval
FIRM_FROM = 30  # ... a score like any other
RANK_FROM = 100  # ... a place among others, or from a half-width of
RANK_HALF_WIDTH = 10.0
RESPONSE_RATE = (
    "RR2: answers with a score, finished or not, of all invitations that went out, undelivered ones included"
)
COVERAGE = "invited out of all occasions that the program is about"


class Shown(StrEnum):
    """What may be shown of a number of answers."""

    NOTHING = "nothing"
    COUNTS = "counts"
    FAINT = "faint"
    FULL = "full"


def shown(n: int) -> Shown:
    if n < COUNTS_FROM:
        return Shown.NOTHING
    if n < SCORE_FROM:
        return Shown.COUNTS
    return Shown.FAINT if n < FIRM_FROM else Shown.FULL


@dataclass(frozen=True)
class Period:
    """Days, both included."""

    start: date
    end: date

    @property
    def days(self) -> int:
        return (self.end - self.start).days + 1

    def running(self, today: date) -> bool:
        """Whether it moves or grows with the calendar, so that it is looked at day after day: it ends yesterday or
        later. What ended before is one period, however often anybody looks."""
        return self.end >= today - timedelta(days=1)

    def overlaps(self, other: Period) -> bool:
        return self.start <= other.end and other.start <= self.end

    @property
    def previous(self) -> Period:
        """As many days, ending the day before; it does not overlap, so the two may be compared."""
        return Period(self.start - timedelta(days=self.days), self.start - timedelta(days=1))


@dataclass(frozen=True)
class Asked:
    """What became of a period's occasions and invitations. `reasons`: why eligible occasions were not asked about.
    `since`: the first day of the period on which something happened that was decided about in time; None: never."""

    invited: int = 0
    answered: int = 0
    eligible: int = 0
    asked: int = 0
    reasons: Mapping[str, int] = field(default_factory=dict)
    since: date | None = None


NO_ANSWERS = Counts()
NOBODY_ASKED = Asked()


@dataclass(frozen=True)
class ScoreCard:
    """The score of a unit, program, channel or month in a period, with what it takes to read it.

    `loaded` of the answers were collected elsewhere: how many people were asked for them is unknown, and they are in
    neither rate. `previous` are the counts of the period before. None always means unknown or not to be shown.

    `running`: the period is looked at day after day, so that a change takes more (`Period.running`). `held`: among many
    that were tested together this change still stands (`held_together`). `target`: in points, to be held against.
    `place`: which places among its peers it could have (`placed`). `against`: the period of `previous`, where it is not
    as many days right before.
    """

    key: str  # unit id, program code, channel, or month as 2026-11
    label: str
    period: Period
    counts: Counts = NO_ANSWERS
    loaded: int = 0
    asking: Asked = NOBODY_ASKED
    previous: Counts | None = None
    running: bool = False
    held: bool = True
    target: float | None = None
    place: Place | None = None
    against: Period | None = None

    @property
    def n(self) -> int:
        return self.counts.n

    @property
    def shown(self) -> Shown:
        return shown(self.n)

    @property
    def visible_counts(self) -> Counts | None:
        """Counts, from five answers on."""
        return None if self.shown is Shown.NOTHING else self.counts

    @property
    def nps(self) -> float | None:
        """The raw score in points, unrounded; None under ten answers."""
        return nps(self.counts) if self.n >= SCORE_FROM else None

    @cached_property
    def interval(self) -> Interval | None:
        """Adjusted Wald, 95 %, clipped to the scale; None under ten answers."""
        return adjusted_wald(self.counts).clipped() if self.n >= SCORE_FROM else None

    @property
    def score_interval(self) -> Interval | None:
        """The score interval, 95 %: another way to the same; None under ten answers."""
        return score_interval(self.counts) if self.n >= SCORE_FROM else None

    @property
    def low(self) -> float | None:
        return self.interval.low if self.interval else None

    @property
    def high(self) -> float | None:
        return self.interval.high if self.interval else None

    @property
    def response_rate(self) -> float | None:
        """RR2 of the invitations of the period, 0 to 1; None when nobody was invited."""
        return self.asking.answered / self.asking.invited if self.asking.invited else None

    @property
    def coverage(self) -> float | None:
        """Invited out of eligible occasions, 0 to 1; None when no occasion was decided about."""
        return self.asking.asked / self.asking.eligible if self.asking.eligible else None

    @property
    def bounds(self) -> Interval | None:
        """Between which the score lies, whatever those who were asked and stayed silent would have said. None where the
        response rate is unknown: nobody was invited, or answers collected elsewhere are among these."""
        if self.nps is None or self.response_rate is None or self.loaded:
            return None
        return silent_bounds(self.nps, self.response_rate)

    @property
    def z(self) -> float:
        """How many standard errors it takes to call a figure of this period different."""
        return Z_RUNNING if self.running else Z95

    @property
    def against_target(self) -> AgainstTarget | None:
        """None without a target, or under ten answers."""
        if self.target is None or self.n < SCORE_FROM:
            return None
        return against_target(self.counts, self.target, self.z)

    @property
    def previous_nps(self) -> float | None:
        return nps(self.previous) if self.previous is not None and self.previous.n >= SCORE_FROM else None

    @cached_property
    def change(self) -> Difference | None:
        """This period minus the one before; None if either has fewer than ten answers."""
        if self.previous is None or min(self.n, self.previous.n) < SCORE_FROM:
            return None
        return replace(difference(self.counts, self.previous, self.z), held=self.held)

    @property
    def verdict(self) -> str | None:
        """ "changed" or "not detectable"; None if it cannot be compared."""
        return self.change.verdict if self.change else None

    @property
    def ranks(self) -> bool:
        """Whether there is enough to give it a place among others."""
        return self.interval is not None and (self.n >= RANK_FROM or self.interval.half_width <= RANK_HALF_WIDTH)


def surprises(cards: Mapping[K, ScoreCard]) -> set[K]:
    """The cards whose change stands when all are tested together."""
    found = {key: card.change for key, card in cards.items() if card.change is not None}
    alpha = min((change.alpha for change in found.values()), default=0.0)
    return stand_out({key: change.p for key, change in found.items()}, alpha)


def held_together(cards: Sequence[ScoreCard]) -> list[ScoreCard]:
    """The same cards, each knowing whether its change stands among all of them: of twenty parts that chance alone
    moves, one looks changed."""
    kept = surprises(dict(enumerate(cards)))
    return [card if number in kept else replace(card, held=False) for number, card in enumerate(cards)]


def placed(cards: Sequence[ScoreCard]) -> list[ScoreCard]:
    """The same cards, those with enough answers for a place among others knowing from which to which it may be."""
    ranked = {number: card.counts for number, card in enumerate(cards) if card.ranks}
    found = places(ranked) if len(ranked) > 1 else {}
    return [replace(card, place=found.get(number)) for number, card in enumerate(cards)]
