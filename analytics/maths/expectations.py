"""Do answers about a launch fall short of what comparable launches had at the same age? Pure;
docs/algorithms/expectations.md.

Age is weeks since the day of the launch. What was to be expected at an age is what comparable launches had then. They
differ: a launch stands `tau` points (standard deviation) above or below the others for good, and one more of them
would too. `tau` is known from few launches only, so all values of it count, each by how well it agrees with them
(half-normal prior, sd 10 points; Röver et al. 2021, Research Synthesis Methods 12).

One looks when each week of the launch is over, at all its weeks so far together: how likely is so low a score, or a
lower one, of one more comparable launch? The looks share the 5 % that the whole watch may err with (`SPENT`; Lan and
DeMets 1983, Biometrika 70, here without counting on how looks go together, so that the sum is an upper bound): half of
it by the second week, when one wants to know, the rest evenly.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from analytics.maths.nps import Counts

ALPHA = 0.05  # launches as expected that may raise an alarm, over the whole watch
WATCH = 26  # weeks
SPENT = (0.1, 0.4, *[0.5 / (WATCH - 2)] * (WATCH - 2))  # of alpha, by the look after each week
FEWEST_LAUNCHES = 3  # comparable ones with answers at an age, below which nothing is expected of it
FEWEST_ANSWERS = 10
USUAL_TAU = 10.0  # points: how far launches may be apart, before any is known
GRID = tuple(range(41))  # points: values of tau that count
BAND = 1.96

Course = Mapping[int, Counts]  # week since the launch, from 0 -> what was answered in it


@dataclass(frozen=True)
class Baseline:
    """What comparable launches had. `by_week`: mean score (points) at every age that enough of them have; `apart`: by
    how much each stands above it, with the variance of that; `variance`: of one answer, within a week of a launch,
    widened where weeks differ by more than chance; `weights`: of every value of tau in `GRID`."""

    courses: Sequence[Course]
    by_week: Mapping[int, float]
    variance: float
    weights: Sequence[float]

    @cached_property
    def tau(self) -> float:
        """How far launches are apart (standard deviation, points), the mean of what is likely."""
        return math.sqrt(sum(w * tau * tau for w, tau in zip(self.weights, GRID, strict=True)))


@dataclass(frozen=True)
class Reading:
    """Of the weeks taken together: answers, score, what was expected of it, and `sd`, of the difference if the launch
    is one more of the comparable ones; points. `p`: how likely so low a score is then."""

    n: int
    score: float
    expected: float
    sd: float
    p: float

    @property
    def gap(self) -> float:
        """Points above what was expected; below it, negative."""
        return self.score - self.expected

    @property
    def low(self) -> float:
        """The lower end of where 19 of 20 comparable launches would stand."""
        return max(-100.0, self.expected - BAND * self.sd)

    @property
    def high(self) -> float:
        return min(100.0, self.expected + BAND * self.sd)

    def is_short(self, *, weeks: int) -> bool:
        """Whether the look after so many weeks raises the alarm."""
        return weeks <= WATCH and self.n >= FEWEST_ANSWERS and self.p <= ALPHA * SPENT[weeks - 1]


def baseline_of(courses: Sequence[Course]) -> Baseline | None:
    """None where there is no age of which enough comparable launches have answers."""
    weeks = [week for week in range(WATCH) if sum(_n(course, week) > 0 for course in courses) >= FEWEST_LAUNCHES]
    if not weeks:
        return None
    by_week = {week: _mean([_score(course[week]) for course in courses if _n(course, week)]) for week in weeks}
    known = [course for course in courses if any(_n(course, week) for week in weeks)]
    chance = _variance([course[week] for course in known for week in weeks if _n(course, week)])
    variance = chance * max(1.0, _bursts(known, by_week, chance))
    even = dict.fromkeys(weeks, 1.0)
    return Baseline(known, by_week, variance, _weights(_apart(known, by_week, even, variance)))


def read(own: Course, baseline: Baseline) -> Reading | None:
    """`own` against its expectation, all its weeks together, each counting by its own answers; None where none of them
    has an expectation."""
    counts = {week: own[week] for week in baseline.by_week if _n(own, week)}
    n = sum(each.n for each in counts.values())
    if not n:
        return None
    share = {week: each.n / n for week, each in counts.items()}
    score = sum(share[week] * _score(each) for week, each in counts.items())
    usual = sum(share[week] * baseline.by_week[week] for week in share)
    apart = _apart(baseline.courses, baseline.by_week, share, baseline.variance)
    middles = [_middle(apart, tau) for tau in GRID]
    spreads = [
        tau * tau + 1 / precision + baseline.variance / n
        for tau, (_, precision) in zip(GRID, middles, strict=True)
    ]  # fmt: skip
    gaps = [score - usual - middle for middle, _ in middles]
    expected = usual + sum(w * middle for w, (middle, _) in zip(baseline.weights, middles, strict=True))
    sd = math.sqrt(sum(w * spread for w, spread in zip(baseline.weights, spreads, strict=True)))
    return Reading(n, score, expected, sd, _chance(gaps, spreads, baseline.weights))


def _chance(gaps: Sequence[float], spreads: Sequence[float], weights: Sequence[float]) -> float:
    """The probability of a gap as low, all values of tau by their weight."""
    return sum(
        weight * math.erfc(-gap / math.sqrt(2 * spread)) / 2
        for gap, spread, weight in zip(gaps, spreads, weights, strict=True)
    )


# --- how far launches are apart --------------------------------------------------------------------------------------


def _apart(
    courses: Sequence[Course], by_week: Mapping[int, float], share: Mapping[int, float], variance: float
) -> list[tuple[float, float]]:
    """Of every launch how far it stands above the mean of all, its weeks weighted by `share`, and the variance of that
    by the chance of single answers."""
    found = []
    for course in courses:
        weeks = {week: part for week, part in share.items() if _n(course, week)}
        if whole := sum(weeks.values()):
            gap = sum(part * (_score(course[week]) - by_week[week]) for week, part in weeks.items()) / whole
            chance = variance * sum(part * part / course[week].n for week, part in weeks.items()) / whole**2
            found.append((gap, chance))
    return found


def _middle(apart: Sequence[tuple[float, float]], tau: float) -> tuple[float, float]:
    """The mean of launches and its precision, if they are `tau` apart."""
    weights = [1 / (tau * tau + chance) for _, chance in apart]
    precision = sum(weights)
    return sum(w * gap for w, (gap, _) in zip(weights, apart, strict=True)) / precision, precision


def _weights(apart: Sequence[tuple[float, float]]) -> list[float]:
    """Of every value of tau in `GRID` how likely it is, by the launches that are known; they add up to 1."""
    logs = []
    for tau in GRID:
        middle, precision = _middle(apart, tau)
        spreads = [tau * tau + chance for _, chance in apart]
        fit = sum((gap - middle) ** 2 / spread for (gap, _), spread in zip(apart, spreads, strict=True))
        determinant = sum(math.log(spread) for spread in spreads) + math.log(precision)
        logs.append(-(fit + determinant) / 2 - tau * tau / (2 * USUAL_TAU**2))
    top = max(logs)
    likely = [math.exp(each - top) for each in logs]
    return [each / sum(likely) for each in likely]


def _bursts(courses: Sequence[Course], by_week: Mapping[int, float], chance: float) -> float:
    """The variance of a launch's weeks around its own level, of what the chance of single answers would have (1)."""
    squares, freedom = 0.0, 1 - len(by_week)
    for course in courses:
        weeks = [week for week in by_week if _n(course, week)]
        n = sum(course[week].n for week in weeks)
        level = sum(course[week].n * (_score(course[week]) - by_week[week]) for week in weeks) / n
        squares += sum(course[week].n * (_score(course[week]) - by_week[week] - level) ** 2 for week in weeks)
        freedom += len(weeks) - 1
    return squares / (chance * freedom) if freedom > 0 and chance else 1.0


def _variance(weeks: Sequence[Counts]) -> float:
    """Of one answer, points squared: -100, 0 or +100; never none, for launches of which all answered alike."""
    n = sum(week.n for week in weeks)
    promoters, detractors = sum(week.promoters for week in weeks) / n, sum(week.detractors for week in weeks) / n
    return max(100.0, 10_000 * (promoters + detractors - (promoters - detractors) ** 2))


def _score(counts: Counts) -> float:
    return 100 * (counts.promoters - counts.detractors) / counts.n


def _n(course: Course, week: int) -> int:
    return course[week].n if week in course else 0


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)
