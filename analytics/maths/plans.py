"""What a unit's score could be worth next period: from what happened, how many may be asked, how many answer, and how
near the truth that comes. Pure; docs/algorithms/planning.md."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations

from analytics.maths.intervals import variance
from analytics.maths.samples import (
    WORST,
    answers_needed,
    invitations_needed,
    least_detectable,
    margin_of,
)
from analytics.maths.scorecards import Period, ScoreCard
from surveys.sampling import IN_FRAME

OWN_VARIANCE_FROM = 30  # answers; fewer say little about their spread
OWN_RATE_FROM = 50  # invitations


@dataclass(frozen=True)
class Wish:
    """What is wanted: an interval of plus and minus `margin` points a period of `days`; `finite`: about the very
    customers of the period that is learned from, not about the quality that they met with."""

    margin: float
    days: int
    finite: bool = False


@dataclass(frozen=True)
class UnitPlan:
    """One unit under a wish. `above` lends its spread and its response rate where the unit's own say too little, and
    tells from when there is anything to learn from. `persons`: with an occasion that could be asked about in the period
    learned from, each once; of a finite wish only."""

    card: ScoreCard
    above: ScoreCard
    wish: Wish
    persons: int = 0

    @cached_property
    def learned(self) -> Period:
        """The period without the days before the first on which anything happened: they were not days of no volume."""
        period = self.above.period
        return Period(max(period.start, self.above.asking.since or period.start), period.end)

    @cached_property
    def volume(self) -> int:
        """Occasions a period that the program could ask about: those that it did, and those left out by chance or
        quota."""
        could = self.card.asking.asked + sum(
            self.card.asking.reasons.get(reason, 0) for reason in IN_FRAME if reason != "asked"
        )
        return round(could * self.wish.days / self.learned.days)

    @property
    def most(self) -> int:
        """The most that can be asked: about each occasion; of a list of customers, each of them once."""
        return self.persons if self.wish.finite else self.volume

    @cached_property
    def borrowed(self) -> tuple[str, ...]:
        """What does not come from the unit's own figures: "spread", "response rate"."""
        spread = ("spread",) if self.card.n < OWN_VARIANCE_FROM else ()
        return (*spread, *(("response rate",) if self.card.asking.invited < OWN_RATE_FROM else ()))

    @cached_property
    def variance(self) -> float:
        """Of one answer: the unit's, else that of the unit above, else the worst there is."""
        known = [card for card in (self.card, self.above) if card.n >= OWN_VARIANCE_FROM]
        return variance(known[0].counts) if known else WORST

    @cached_property
    def rate(self) -> float | None:
        """Answers per invitation; None where too few were asked here and above to know."""
        known = [card.asking for card in (self.card, self.above) if card.asking.invited >= OWN_RATE_FROM]
        return known[0].answered / known[0].invited if known else None

    @property
    def population(self) -> int | None:
        """N of the finite population correction counts persons, not occasions (METHOD.md section 4)."""
        return self.persons if self.wish.finite else None

    @cached_property
    def needed(self) -> int:
        """Answers for the wanted interval."""
        if self.wish.finite and not self.persons:
            return 0
        return math.ceil(answers_needed(self.variance, self.wish.margin, self.population))

    @cached_property
    def invitations(self) -> int | None:
        """Invitations for the wanted interval; None where the response rate is unknown or nobody answers."""
        return invitations_needed(self.needed, self.rate) if self.rate else None

    @property
    def reachable(self) -> bool:
        return self.invitations is not None and 0 < self.invitations <= self.most

    @cached_property
    def best_answers(self) -> int:
        """Answers if everybody who can be asked is asked."""
        return math.floor(self.most * self.rate + 1e-9) if self.rate else 0

    @cached_property
    def best_margin(self) -> float | None:
        """Half the width of the best interval, in points; None where no answer is to be expected."""
        return margin_of(self.variance, self.best_answers, self.population) if self.best_answers else None

    @cached_property
    def sampling_rate(self) -> float | None:
        """The share of those who can be asked that is enough; None where it cannot be reached."""
        return self.invitations / self.most if self.reachable and self.invitations else None

    @cached_property
    def least_change(self) -> float | None:
        """The smallest change from one period to the next that it could show, in points."""
        return self.gap_to(self)

    def gap_to(self, other: UnitPlan) -> float | None:
        """The smallest difference from another that could be shown, everybody asked in both."""
        if not self.best_answers or not other.best_answers:
            return None
        return least_detectable(self.variance, self.best_answers, other.variance, other.best_answers)


def comparable(plans: Sequence[UnitPlan], points: float) -> dict[str, int]:
    """By key of a unit, with how many of the others it can be compared by `points`."""
    found = {plan.card.key: 0 for plan in plans}
    for one, other in combinations(plans, 2):
        gap = one.gap_to(other)
        if gap is not None and gap <= points:
            found[one.card.key] += 1
            found[other.card.key] += 1
    return found
