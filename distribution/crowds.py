"""What may be told to somebody of their colleagues without telling which of them it is about. Pure; no Django.

A week is told whole or not at all, and only when enough colleagues are in it: so nothing is learned by looking before
and after an answer, nor by taking one's own answers from the team's.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from analytics.maths.intervals import adjusted_wald
from analytics.maths.nps import Counts, nps, pooled

NONE = Counts()
WEEKS = 13  # whole weeks, Monday to Sunday, that the team is shown


@dataclass(frozen=True)
class Week:
    """A unit's week. `scored`, `worded`: colleagues whom customers scored, or left words about; `counts`: of all
    answers, one's own (`own`) included."""

    unit: int
    monday: date
    scored: int = 0
    worded: int = 0
    counts: Counts = NONE
    own: Counts = NONE

    @property
    def end(self) -> date:
        return self.monday + timedelta(days=7)


@dataclass(frozen=True)
class Figure:
    """A score, or how many answers there are of how many that it takes."""

    n: int
    needed: int
    counts: Counts | None = None

    @property
    def nps(self) -> float | None:
        return nps(self.counts) if self.counts else None

    @property
    def low(self) -> float | None:
        return adjusted_wald(self.counts).clipped().low if self.counts else None

    @property
    def high(self) -> float | None:
        return adjusted_wald(self.counts).clipped().high if self.counts else None


def whole_weeks(today: date) -> tuple[date, date]:
    """First Monday, and the Monday on which the running week began, which is not told yet."""
    monday = today - timedelta(days=today.weekday())
    return monday - timedelta(weeks=WEEKS), monday


def own_figure(counts: Counts, *, needed: int) -> Figure:
    return Figure(counts.n, needed, counts if counts.n >= needed else None)


def team_figure(weeks: Iterable[Week], *, colleagues: int, needed: int) -> Figure:
    """The team's score, oneself included, over the weeks in which at least `colleagues` others were scored. Shown when
    what is left without oneself would be enough as well: `n` counts the others' answers until then, and all after."""
    told = [week for week in weeks if week.scored >= colleagues]
    everybody, own = pooled(week.counts for week in told), pooled(week.own for week in told)
    others = everybody.n - own.n
    return Figure(everybody.n, needed, everybody) if others >= needed else Figure(others, needed)


def told_words(weeks: Iterable[Week], *, colleagues: int) -> list[Week]:
    """The weeks whose words may be read: of at least `colleagues` others."""
    return [week for week in weeks if week.worded >= colleagues]
