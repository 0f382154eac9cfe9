"""Noise or signal: a control chart of a score by weeks. Pure; docs/algorithms/control.md.

Laney's p' chart (2002, Quality Engineering 14) carried over to answers worth -1, 0 or +1: the spread from week to week,
sigma_z, widens the limits if there is more of it than sampling makes (never narrows them). The first twelve weeks set
what is usual, and stay; later weeks are held against them.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from itertools import pairwise

from analytics.maths.intervals import Interval, variance
from analytics.maths.nps import Counts, nps, pooled
from analytics.maths.scorecards import SCORE_FROM, Period

BASELINE = 12  # weeks
LIMIT = 3.0  # standard errors
WARNING = 2.0
RUN = 8  # weeks in a row on one side of the middle
MEAN_RANGE = 1.128  # of two draws from a standard normal (d2)


class Rule(StrEnum):
    """Why a week is a signal; the first that applies."""

    BEYOND = "beyond the limits"
    TWO_OF_THREE = "the second of three weeks far out on the same side"
    RUN = "the eighth week in a row on the same side"


@dataclass(frozen=True)
class Week:
    """Whole weeks, one or, where answers are few, several together."""

    period: Period
    counts: Counts


@dataclass(frozen=True)
class Usual:
    """What the baseline says is usual: the middle and the spread of one answer, in points, and how much more weeks
    differ than sampling alone makes them (1: no more)."""

    center: float
    spread: float
    sigma_z: float

    def error(self, n: int) -> float:
        """Standard error of a week of `n` answers."""
        return max(1.0, self.sigma_z) * self.spread / math.sqrt(n)

    def limits(self, n: int) -> Interval:
        """Between which a week of `n` answers is nothing unusual, in points; may lie outside the scale."""
        return Interval(self.center - LIMIT * self.error(n), self.center + LIMIT * self.error(n))


@dataclass(frozen=True)
class Point:
    """A week on the chart. `z`: how many standard errors from the middle; `rule`: None where nothing is unusual, as in
    all weeks of the baseline, which are not judged by themselves."""

    week: Week
    usual: Usual
    baseline: bool
    rule: Rule | None = None

    @property
    def score(self) -> float:
        return nps(self.week.counts)

    @property
    def z(self) -> float:
        return z_of(self.week.counts, self.usual)

    @property
    def limits(self) -> Interval:
        return self.usual.limits(self.week.counts.n).clipped()


@dataclass(frozen=True)
class Chart:
    """`since`: the first day that is judged; None while the baseline is still forming."""

    points: Sequence[Point]
    usual: Usual | None

    @property
    def judged(self) -> list[Point]:
        return [point for point in self.points if not point.baseline]

    @property
    def signals(self) -> list[Point]:
        return [point for point in self.points if point.rule]

    @property
    def since(self) -> date | None:
        judged = self.judged
        return judged[0].week.period.start if judged else None


def usual_of(weeks: Sequence[Counts]) -> Usual:
    """Of the weeks of a baseline, each with answers. ValueError for fewer than twelve, or if all gave the same."""
    if len(weeks) < BASELINE:
        raise ValueError(f"a baseline takes {BASELINE} weeks, got {len(weeks)}")
    whole = pooled(weeks)
    spread = 100 * math.sqrt(variance(whole))
    if spread == 0:
        raise ValueError("answers that are all of one kind have no spread to hold others against")
    plain = Usual(nps(whole), spread, 1.0)
    moves = [abs(z_of(after, plain) - z_of(before, plain)) for before, after in pairwise(weeks)]
    return Usual(plain.center, spread, sum(moves) / len(moves) / MEAN_RANGE)


def z_of(counts: Counts, usual: Usual) -> float:
    """How many sampling errors a week lies from the middle; not widened by `sigma_z`."""
    return (nps(counts) - usual.center) / (usual.spread / math.sqrt(counts.n))


def together(weeks: Iterable[Week]) -> list[Week]:
    """Weeks with under ten answers go together with the next; what is left at the end waits for more."""
    found: list[Week] = []
    start, counts = None, Counts()
    for week in weeks:
        start, counts = start or week.period.start, pooled([counts, week.counts])
        if counts.n >= SCORE_FROM:
            found.append(Week(Period(start, week.period.end), counts))
            start, counts = None, Counts()
    return found


def chart(weeks: Iterable[Week]) -> Chart | None:
    """Weeks in order. None where there is no baseline yet, or one of which nothing can be said."""
    rows = together(weeks)
    try:
        usual = usual_of([week.counts for week in rows[:BASELINE]])
    except ValueError:
        return None
    widened = [z_of(week.counts, usual) / max(1.0, usual.sigma_z) for week in rows]
    judged = (None if number < BASELINE else rule_of(widened[BASELINE : number + 1]) for number in range(len(rows)))
    points = [Point(week, usual, n < BASELINE, rule) for n, (week, rule) in enumerate(zip(rows, judged, strict=True))]
    return Chart(points, usual)


def rule_of(z: Sequence[float]) -> Rule | None:
    """Which rule makes the last of these weeks a signal, if any does."""
    last = z[-1]
    side = math.copysign(1, last)
    if abs(last) > LIMIT:
        return Rule.BEYOND
    if side * last > WARNING and sum(side * each > WARNING for each in z[-3:]) >= 2:
        return Rule.TWO_OF_THREE
    if len(z) >= RUN and all(side * each > 0 for each in z[-RUN:]):
        return Rule.RUN
    return None
