"""Did calling help? What a unit's cohort of detractors says, three ways, and what it does not say.

docs/algorithms/recovery.md.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import cached_property
from typing import Any

from django.db.models import Count, Exists, OuterRef

from analytics.maths.intervals import Interval
from analytics.maths.means import Moments, mean_difference
from analytics.maths.proportions import wilson
from analytics.maths.recovery import FAR, CostPerKept, Effect, cost_per_kept, effect, expected_return, imbalance
from analytics.maths.scorecards import COUNTS_FROM, SCORE_FROM, Period
from analytics.services.recovery.following import BEFORE, CALLED, NEVER, OTHERS, WINDOW, Cohort, Group, follow
from analytics.services.tallying import Cut, score_rows
from closedloop.models import Action, RecoveryDraw, RecoveryStudy
from common.snapshots import one_moment
from crm.models import FinancialRecord, OrgUnit, UnitClosure
from crm.sight import Principal

FUNCTION = "analytics.view_worth"
RELIABILITY = (0.66, 0.47)  # of two askings: the best and the worst that were found for such questions
BACK = 365  # days that are looked at where no study says since when


@dataclass(frozen=True)
class Report:
    """`called` against `others`: held out by lot in a study; contacted late where there is none, which is weaker.
    `never`: not reached, in no group. `detractors`: their share of all answers of the unit in the period."""

    unit: OrgUnit
    period: Period
    study: RecoveryStudy | None
    studies: Sequence[RecoveryStudy]
    currency: str
    called: Group
    others: Group
    never: Group = field(default_factory=Group)
    detractors: float | None = None

    @property
    def n(self) -> int:
        return self.called.n + self.others.n + self.never.n

    @property
    def enough(self) -> bool:
        """Both groups are large enough to be shown."""
        return min(self.called.n, self.others.n) >= COUNTS_FROM

    @cached_property
    def moved(self) -> Effect | None:
        """Left the detractors by the next answer, of all of the cohort."""
        return effect(self.called.moved, self.others.moved) if self.enough else None

    @cached_property
    def stayed(self) -> Effect | None:
        """Still customers after 180 days, of those whose 180 days are over."""
        few = min(self.called.stayed.n, self.others.stayed.n) < COUNTS_FROM
        return None if few else effect(self.called.stayed, self.others.stayed)

    @cached_property
    def revenue(self) -> tuple[float, Interval] | None:
        """Revenue per customer in those 180 days: called minus others."""
        few = min(self.called.revenue.n, self.others.revenue.n) < SCORE_FROM
        return None if few else mean_difference(self.called.revenue, self.others.revenue)

    @cached_property
    def price(self) -> CostPerKept | None:
        return cost_per_kept(self.called.spent, self.others.spent) if self.stayed else None

    @property
    def naive(self) -> float | None:
        """The rescue rate as it is often told: of those called who answered again, who left the detractors."""
        return self.called.moved.share_of_known if self.called.moved.known >= COUNTS_FROM else None

    @property
    def naive_interval(self) -> Interval | None:
        moved = self.called.moved
        return wilson(moved.well, moved.known) if self.naive is not None else None

    @property
    def naive_others(self) -> float | None:
        """The same of the others: what it is without the call."""
        return self.others.moved.share_of_known if self.others.moved.known >= COUNTS_FROM else None

    @property
    def expected(self) -> tuple[float, float] | None:
        """What the naive rate is expected to be if nothing was done, at the best and at the worst reliability."""
        if self.detractors is None or not 0 < self.detractors < 1:
            return None
        low, high = (expected_return(self.detractors, reliability) for reliability in RELIABILITY)
        return low, high

    @property
    def balance(self) -> Mapping[str, float | None]:
        """How unlike the groups were before, by what is known: standardized differences."""
        return (
            {name: imbalance(self.called.before[name], self.others.before[name]) for name in BEFORE} if self.n else {}
        )

    @property
    def unlike(self) -> list[str]:
        return [name for name, apart in self.balance.items() if apart is not None and abs(apart) > FAR]


@one_moment
def recovery_report(
    *, principal: Principal, unit: OrgUnit, at: datetime, study: RecoveryStudy | None = None,
    by_lot: bool = True, start: date | None = None, end: date | None = None,
) -> Report:  # fmt: skip
    """OrgUnit.DoesNotExist if the unit is out of sight. `study` None: the newest with draws there, if `by_lot`; else
    tickets, contacted early against late. Days are UTC; left out: since the study began, or a year."""
    if not OrgUnit.objects.visible_to(principal, FUNCTION).filter(pk=unit.pk).exists():
        raise OrgUnit.DoesNotExist(f"unit {unit.pk} is not in sight")
    studies = _studies(unit, at)
    chosen = study or (next(iter(studies), None) if by_lot else None)
    last = end or at.date()
    first = start or (min(chosen.since.date(), last) if chosen else last - timedelta(days=BACK))
    currency = chosen.currency if chosen else _currency()
    groups = follow(Cohort(unit.pk, first, last, chosen, currency, at))
    return Report(
        unit=unit, period=Period(first, last), study=chosen, studies=studies, currency=currency,
        called=groups.get(CALLED) or _nobody(), others=groups.get(OTHERS) or _nobody(),
        never=groups.get(NEVER) or _nobody(), detractors=_detractors(unit, Period(first, last), at),
    )  # fmt: skip


def _nobody() -> Group:
    return Group(before={name: Moments() for name in BEFORE})


def _studies(unit: OrgUnit, at: datetime) -> list[RecoveryStudy]:
    """Those with draws in the unit, the newest first."""
    below = UnitClosure.objects.filter(hierarchy__is_primary=True, ancestor=unit, valid__contains=at.date())
    here = RecoveryDraw.objects.filter(study=OuterRef("pk"), unit__in=below.values("descendant"))
    return list(RecoveryStudy.objects.filter(Exists(here)).order_by("-since", "-pk"))


def _currency() -> str:
    """The one in which most was spent on customers; else that of the newest financial record."""
    spent = Action.objects.filter(cost__gt=0).values("currency").annotate(n=Count("pk")).order_by("-n", "currency")
    found = spent.values_list("currency", flat=True).first()
    return found or FinancialRecord.objects.order_by("-pk").values_list("currency", flat=True).first() or "EUR"


def _detractors(unit: OrgUnit, period: Period, at: datetime) -> float | None:
    rows: list[Any] = list(score_rows(Cut((unit.pk,), period, at.date()), "program"))
    parts = {name: sum(row[name] or 0 for row in rows) for name in ("detractors", "passives", "promoters")}
    whole = sum(parts.values())
    return parts["detractors"] / whole if whole >= SCORE_FROM else None


__all__ = ["FUNCTION", "WINDOW", "Report", "recovery_report"]
