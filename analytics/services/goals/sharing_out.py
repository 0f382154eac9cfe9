"""A goal for a unit becomes goals for the units directly below it.

A score: by their room to improve (`analytics.maths.goals`), from the answers of as many days before the goal begins as
it lasts, 90 at least. A unit whose answers are too few to show its share of the rise would be judged by chance: it is
asked for calls in time instead. Calls: the same share for all.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from decimal import Decimal

from django.db import transaction
from django.db.models import QuerySet

from analytics.maths.goals import CannotShareOut, Cascade, Share, share_out
from analytics.maths.scorecards import NO_ANSWERS, Period
from analytics.models import Goal
from analytics.services.tallying import Cut, tally
from common.models import Event, User
from crm.models import OrgUnit, UnitClosure

LEAST_DAYS = 90
_GIVEN = ("first_on", "last_on", "calls_instead", "measure", "target")


@dataclass(frozen=True)
class Line:
    """What one unit below would get. `own`: a goal of its own, which is left as it is."""

    unit: OrgUnit
    measure: str
    target: Decimal
    share: Share | None = None  # None: of calls, or too few answers for a score
    own: Goal | None = None


@dataclass(frozen=True)
class Plan:
    """`cascade`, `base`: of a score, and the days whose answers it is reckoned from."""

    goal: Goal
    lines: list[Line]
    base: Period | None = None
    cascade: Cascade | None = None

    @property
    def changes(self) -> list[Line]:
        return [line for line in self.lines if line.own is None]


def plan_of(goal: Goal, *, at: datetime) -> Plan:
    """What sharing the goal out would give. CannotShareOut with the reason, where it cannot be."""
    if goal.last_on < at.date():
        raise CannotShareOut("Its last day is over.")
    below = list(_directly_below(goal, at.date()))
    if not below:
        raise CannotShareOut("No unit stands below it today.")
    found = _by_score(goal, below, at) if goal.measure == Goal.Measure.SCORE else _by_calls(goal, below)
    owned = {(own.unit_id, own.measure): own for own in _own_goals(goal, below)}
    return replace(found, lines=[replace(line, own=owned.get((line.unit.pk, line.measure))) for line in found.lines])


@transaction.atomic
def cascade(goal: Goal, *, by: User | None, at: datetime) -> Plan:
    """Give the units below their goals, or others than were given before. CannotShareOut says why not."""
    held = Goal.objects.select_for_update().select_related("unit").get(pk=goal.pk)
    plan = plan_of(held, at=at)
    _give(held, plan.changes)
    Event.objects.record("goal.shared_out", subject=held, by=by, at=at, goals=len(plan.changes))
    return plan


def _give(goal: Goal, lines: list[Line]) -> None:
    given = {child.unit_id: child for child in goal.shared_out.all()}
    rows = [given.get(line.unit.pk) or Goal(unit=line.unit, parent=goal) for line in lines]
    for row, line in zip(rows, lines, strict=True):
        row.first_on, row.last_on, row.calls_instead = goal.first_on, goal.last_on, goal.calls_instead
        row.measure, row.target = line.measure, line.target
    Goal.objects.bulk_update([row for row in rows if row.pk], _GIVEN)
    Goal.objects.bulk_create(row for row in rows if not row.pk)


def _by_score(goal: Goal, below: list[OrgUnit], at: datetime) -> Plan:
    base = _base(goal, at.date())
    found = tally(Cut((goal.unit_id, *(unit.pk for unit in below)), base, at.date()), "unit")
    whole = found[goal.unit_id].counts if goal.unit_id in found else NO_ANSWERS
    parts = {unit.pk: found[unit.pk].counts for unit in below if unit.pk in found}
    reckoned = share_out(whole, parts, float(goal.target), ahead=goal.days / base.days)
    return Plan(goal, [_line(goal, unit, reckoned.shares.get(unit.pk)) for unit in below], base, reckoned)


def _line(goal: Goal, unit: OrgUnit, share: Share | None) -> Line:
    if share is not None and share.can_be_told:
        return Line(unit, Goal.Measure.SCORE, Decimal(share.target), share)
    return Line(unit, Goal.Measure.CALLS, Decimal(goal.calls_instead), share)


def _by_calls(goal: Goal, below: Iterable[OrgUnit]) -> Plan:
    return Plan(goal, [Line(unit, Goal.Measure.CALLS, goal.target) for unit in below])


def _base(goal: Goal, today: date) -> Period:
    last = min(goal.first_on, today) - timedelta(days=1)
    return Period(last - timedelta(days=max(LEAST_DAYS, goal.days) - 1), last)


def _directly_below(goal: Goal, today: date) -> QuerySet[OrgUnit]:
    held = UnitClosure.objects.filter(hierarchy__is_primary=True, valid__contains=today, ancestor=goal.unit_id, depth=1)
    return OrgUnit.objects.filter(pk__in=held.values("descendant")).order_by("name")


def _own_goals(goal: Goal, below: list[OrgUnit]) -> QuerySet[Goal]:
    """Of the units below, for some of its days, and not shared out from it."""
    during = Goal.objects.filter(unit__in=below, first_on__lte=goal.last_on, last_on__gte=goal.first_on)
    return during.exclude(parent=goal)
