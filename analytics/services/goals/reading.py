"""Where units stand to their goals: what came in since the goal's first day, with its interval.

A score is that of the unit with all below it as the organization was then, by local days. Calls are first calls of
detractors' tickets of units that stand below it today, asked for on the goal's days (UTC): made by their due time, of
those that were made or are overdue.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from django.db.models import Count, F, Q

from analytics.maths.goals import Standing, standing
from analytics.maths.intervals import Interval, adjusted_wald
from analytics.maths.nps import Counts, nps
from analytics.maths.proportions import wilson
from analytics.maths.scorecards import SCORE_FROM, Period
from analytics.models import Goal
from analytics.services.tallying import Cut, score_rows
from analytics.wording_goals import figures, title, verdict
from closedloop.models import ContactAttempt
from crm.sight import Principal

FUNCTION = "analytics.view_scores"
Made = tuple[int, float | None, Interval | None]  # how many, and of them the score or the share, with its interval


@dataclass(frozen=True)
class GoalReading:
    """`value`, `interval`: points or per cent; None where there are too few. `upto`: the last day counted."""

    goal: Goal
    upto: date
    n: int
    value: float | None
    interval: Interval | None

    @property
    def standing(self) -> Standing:
        return standing(self.interval, float(self.goal.target))

    @property
    def over(self) -> bool:
        """All its days are counted."""
        return self.upto >= self.goal.last_on

    @property
    def title(self) -> str:
        return title(self.goal.measure, self.goal.target, self.goal.last_on)

    @property
    def figures(self) -> str:
        return figures(self.goal.measure, self.n, self.value, self.interval, since=self.goal.first_on)

    @property
    def verdict(self) -> dict[str, str]:
        return verdict(self.goal.measure, self.standing, self.n, over=self.over)


def goals_of(*, principal: Principal, units: Collection[int], at: datetime) -> list[GoalReading]:
    """Goals of these units in sight that are pursued on the day of `at`."""
    seen = Goal.objects.visible_to(principal, FUNCTION).filter(unit__in=units).on(at.date())
    return read_goals(seen.select_related("unit"), upto=at.date() - timedelta(days=1), at=at)


def read_goals(goals: Iterable[Goal], *, upto: date, at: datetime) -> list[GoalReading]:
    """Each goal by the day `upto`. The statements are those of one goal for all that have their measure and days in
    common."""
    together: dict[tuple[str, Period], list[Goal]] = defaultdict(list)
    for goal in (listed := list(goals)):
        together[goal.measure, Period(goal.first_on, min(upto, goal.last_on))].append(goal)
    made: dict[int, Made] = {}
    for (measure, period), some in together.items():
        units = tuple(sorted({goal.unit_id for goal in some}))
        found = _READ[measure](units, period, at) if period.days > 0 else {}
        made |= {goal.pk: found.get(goal.unit_id, (0, None, None)) for goal in some}
    return [GoalReading(goal, min(upto, goal.last_on), *made[goal.pk]) for goal in listed]


def _scores(units: tuple[int, ...], period: Period, at: datetime) -> dict[int, Made]:
    found: dict[int, Counts] = defaultdict(Counts)
    for row in score_rows(Cut(units, period, at.date()), "unit"):
        was = found[row["group"]]
        found[row["group"]] = Counts(*(n + (row[name] or 0) for n, name in zip(was, Counts._fields, strict=True)))
    return {unit: _of_answers(counts) for unit, counts in found.items()}


def _of_answers(counts: Counts) -> Made:
    if counts.n < SCORE_FROM:
        return counts.n, None, None
    return counts.n, nps(counts), adjusted_wald(counts).clipped()


def _calls(units: tuple[int, ...], period: Period, at: datetime) -> dict[int, Made]:
    """One statement. A share is shown of as many calls as a score is of answers."""
    above = "ticket__unit__closure_above"
    belongs = {"ancestor__in": units, "valid__contains": at.date(), "hierarchy__is_primary": True}
    asked = ContactAttempt.objects.exclude(outcome=ContactAttempt.Outcome.CANCELLED).filter(
        Q(made_at__isnull=False) | Q(due_at__lt=at), number=1, ticket__origin__category="detractor",
        requested_at__gte=_midnight(period.start), requested_at__lt=_midnight(period.end + timedelta(days=1)),
        **{f"{above}__{name}": value for name, value in belongs.items()},
    )  # fmt: skip
    in_time = Count("pk", filter=Q(made_at__lte=F("due_at")))
    rows: Any = asked.order_by().values(group=F(f"{above}__ancestor")).annotate(n=Count("pk"), in_time=in_time)
    return {row["group"]: _of_calls(row["in_time"], row["n"]) for row in rows}


def _of_calls(in_time: int, n: int) -> Made:
    if n < SCORE_FROM:
        return n, None, None
    return n, 100 * in_time / n, Interval(*(100 * end for end in wilson(in_time, n)))


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time.min, UTC)


_READ = {Goal.Measure.SCORE.value: _scores, Goal.Measure.CALLS.value: _calls}
