"""What promoters, passives and detractors brought in a period, within one's sight: from the cells, in a fixed number of
queries."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from django.db.models import Count, Q, QuerySet, Sum

from analytics.maths.groups import Reading
from analytics.maths.means import Moments
from analytics.models import WorthCell, WorthPeriod
from crm.models import Acquisition, OrgUnit, UnitClosure
from crm.sight import Principal

FUNCTION = "analytics.view_worth"
Measure = WorthCell.Measure
MONEY = (Measure.REVENUE, Measure.MARGIN)
SHARES = (Measure.CHURN, Measure.REFERRED)
NEARLY = 0.8  # of the most
DAYS = 28  # so that months of 28 to 31 days are as long as each other
ORDER = (Measure.REVENUE, Measure.MARGIN, Measure.SHARE_OF_WALLET, Measure.CHURN, Measure.REFERRED)


@dataclass(frozen=True)
class Heard:
    """How new customers of a period first heard of us: {how: number}, unknown included, and how many were brought by a
    customer we know. Each came once and is counted once."""

    by_how: Mapping[str, int] = field(default_factory=dict)
    by_known_referrer: int = 0

    @property
    def n(self) -> int:
        return sum(self.by_how.values())

    @property
    def ranked(self) -> list[tuple[str, int]]:
        """(how, number), the most first."""
        return sorted(self.by_how.items(), key=lambda pair: -pair[1])

    @property
    def unknown(self) -> float | None:
        """Share of those of whom nobody knows how they came; None without new customers."""
        return self.by_how.get(Acquisition.How.UNKNOWN, 0) / self.n if self.n else None

    @property
    def earned(self) -> float | None:
        """Share, of those of whom it is known, that loyalty brought."""
        known = self.n - self.by_how.get(Acquisition.How.UNKNOWN, 0)
        return sum(self.by_how.get(how, 0) for how in Acquisition.EARNED) / known if known else None


@dataclass(frozen=True)
class Report:
    """A unit's worth page. `customers`: how many have a category. `readings`: those measures of which anything is told,
    money in one currency. `running`: the period is not over."""

    unit: OrgUnit
    period: WorthPeriod
    segment: str | None
    currency: str
    currencies: Sequence[str]
    segments: Sequence[str]
    customers: Mapping[str, int]
    readings: Sequence[Reading]
    heard: Heard
    running: bool

    @property
    def n(self) -> int:
        return sum(self.customers.values())


def periods() -> list[WorthPeriod]:
    """Those that were counted, newest first."""
    return list(WorthPeriod.objects.all())


def usual(found: Sequence[WorthPeriod], today: date) -> WorthPeriod | None:
    """What the page opens with, among the periods that have nearly as many customers with a category as any: the
    longest that is over, of several the newest; else the newest."""
    counted = dict(WorthCell.objects.filter(measure=Measure.CUSTOMERS).values_list("period").annotate(number=Sum("n")))
    most = max(counted.values(), default=0)
    rich = [period for period in found if counted.get(period.pk, 0) >= NEARLY * most]
    over = [period for period in rich if period.ends_before <= today]
    longest = max(((p.ends_before - p.starts_on).days // DAYS for p in over), default=0)
    fit = [period for period in over if (period.ends_before - period.starts_on).days // DAYS == longest]
    return next(iter(fit or rich or found), None)


def worth_report(
    *, principal: Principal, unit: OrgUnit, period: WorthPeriod, at: datetime, segment: str | None = None,
    currency: str | None = None,
) -> Report:  # fmt: skip
    """OrgUnit.DoesNotExist if the unit is out of sight. `currency` None: the one of most customers."""
    if not OrgUnit.objects.visible_to(principal, FUNCTION).filter(pk=unit.pk).exists():
        raise OrgUnit.DoesNotExist(f"unit {unit.pk} is not in sight")
    below = UnitClosure.objects.filter(hierarchy__is_primary=True, ancestor=unit, valid__contains=at.date())
    cells = WorthCell.objects.visible_to(principal, FUNCTION).filter(period=period, unit__in=below.values("descendant"))
    rows: list[Any] = list(
        cells.values("segment", "category", "measure", "currency").annotate(
            count=Sum("n"), sum_1=Sum("s1"), sum_2=Sum("s2"), sum_3=Sum("s3")
        )
    )
    segments = sorted({row["segment"] for row in rows} - {""})
    rows = [row for row in rows if segment is None or row["segment"] == segment]
    currencies = _currencies(rows)
    chosen = currency if currency in currencies else next(iter(currencies), "")
    return Report(
        unit=unit, period=period, segment=segment, currency=chosen, currencies=currencies, segments=segments,
        customers=_customers(rows), readings=_readings(rows, chosen),
        heard=_heard(principal, below, period, segment), running=period.ends_before > at.date(),
    )  # fmt: skip


def _currencies(rows: Sequence[Any]) -> list[str]:
    """Those of most customers first."""
    sizes: dict[str, int] = defaultdict(int)
    for row in rows:
        if row["currency"]:
            sizes[row["currency"]] += row["count"]
    return sorted(sizes, key=lambda code: (-sizes[code], code))


def _customers(rows: Sequence[Any]) -> dict[str, int]:
    found: dict[str, int] = defaultdict(int)
    for row in rows:
        if row["measure"] == Measure.CUSTOMERS:
            found[row["category"]] += row["count"]
    return dict(found)


def _readings(rows: Sequence[Any], currency: str) -> list[Reading]:
    strata: dict[str, dict[str, dict[str, Moments]]] = defaultdict(lambda: defaultdict(dict))
    for row in rows:
        if row["currency"] in {"", currency}:
            moments = Moments(row["count"], row["sum_1"], row["sum_2"], row["sum_3"])
            strata[row["measure"]][row["segment"]][row["category"]] = moments
    return [
        Reading(measure, share=measure in SHARES, currency=currency if measure in MONEY else "", strata=strata[measure])
        for measure in ORDER
        if measure in strata
    ]


def _heard(principal: Principal, below: QuerySet[UnitClosure], period: WorthPeriod, segment: str | None) -> Heard:
    """New customers of the period at home in the units. Sight is that of the units: all of them are in it."""
    told = Acquisition.objects.filter(acquired_on__gte=period.starts_on, acquired_on__lt=period.ends_before)
    seen = OrgUnit.objects.visible_to(principal, FUNCTION).values("pk")
    persons: Any = told.of_persons()
    new = persons.filter(home__in=below.values("descendant")).filter(home__in=seen)
    if segment is not None:
        new = new.filter(segment=segment)
    rows = list(new.values("how").annotate(number=Count("pk"), known=Count("pk", filter=Q(referred_by__isnull=False))))
    return Heard({row["how"]: row["number"] for row in rows}, sum(row["known"] for row in rows))
