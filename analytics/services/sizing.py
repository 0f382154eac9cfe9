"""How large an initiative is: customers concerned, effect stated, and what analytics knows of worth, put together and
kept with everything it was reckoned from."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db import transaction

from analytics.maths.groups import Gap, Reading
from analytics.maths.sizing import YEAR, worth_a_year
from analytics.models import WorthCell, WorthPeriod
from analytics.services.worth.reading import periods, usual, worth_report
from closedloop.errors import OuterLoopRefused
from closedloop.models import Initiative, Sizing
from closedloop.models.tickets.rows import author, via
from closedloop.services.concerning import concerned
from common.models import Event
from common.money import digits_of
from common.text import clean_line
from crm.models import OrgUnit
from crm.sight import Principal

Measure = WorthCell.Measure
FOUR = Decimal("0.0001")
MOST = Decimal(200)


@transaction.atomic
def size_up(
    initiative: Initiative, *, effect: Decimal, effect_source: str, by: Principal, at: datetime,
    measure: str = Measure.MARGIN,
) -> Sizing:  # fmt: skip
    """Reckon what the initiative would bring a year, in the currency of its budget. `effect`: points of the score among
    those concerned, above 0 to 200, as stated by `effect_source` until it is measured. `measure`: revenue or margin.
    OuterLoopRefused where nothing is known to reckon with."""
    source = clean_line(effect_source, limit=300)
    if not source:
        raise OuterLoopRefused("Say where the effect comes from: a trial, a like case, somebody's judgement.")
    if not 0 < effect <= MOST:
        raise OuterLoopRefused("The effect is in points, above 0 and at most 200.")
    period, gap, basis = _value(initiative, measure, by=by, at=at)
    since, days = at - timedelta(days=YEAR), (period.ends_before - period.starts_on).days
    found = concerned(condition=initiative.condition, unit=initiative.unit, since=since, until=at)
    value, low, high = (_exact(figure) for figure in (gap.points, *gap.interval))
    worth, worth_low, worth_high = (
        worth_a_year(found.customers, effect, figure, days=days, digits=digits_of(initiative.currency))
        for figure in (value, low, high)
    )
    sizing = Sizing.objects.create(
        initiative=initiative, at=at, by=author(by), condition=initiative.condition, since=since, until=at,
        **found._asdict(), effect=effect, effect_source=source, period=period.code, period_days=days, measure=measure,
        basis=basis, currency=initiative.currency, value=value, value_low=low, value_high=high,
        worth=worth, worth_low=worth_low, worth_high=worth_high,
    )  # fmt: skip
    told: dict[str, Any] = {"sizing": sizing.pk, "customers": found.customers, "effect": str(effect), **via(by)}
    Event.objects.record("initiative.sized", subject=initiative, by=author(by), at=at, **told, worth=str(worth))
    return sizing


def _value(
    initiative: Initiative, measure: str, *, by: Principal, at: datetime
) -> tuple[WorthPeriod, Gap, Sizing.Basis]:
    """What promoters bring more than detractors, of alike customers (within segments) where that can be told."""
    if measure not in {Measure.REVENUE, Measure.MARGIN}:
        raise OuterLoopRefused("Worth is told in revenue or in margin.")
    period = usual(periods(), at.date())
    reading = _reading(initiative, period, measure, by=by, at=at) if period else None
    gap = (reading.within or reading.gap) if reading else None
    if period is None or reading is None or gap is None:
        raise OuterLoopRefused(
            f"Nothing is known yet of the {measure} that promoters and detractors bring in {initiative.currency}, of"
            " ten each at least: see what loyalty goes with."
        )
    return period, gap, Sizing.Basis.WITHIN if reading.within else Sizing.Basis.OVERALL


def _reading(
    initiative: Initiative, period: WorthPeriod, measure: str, *, by: Principal, at: datetime
) -> Reading | None:
    try:
        report = worth_report(principal=by, unit=initiative.unit, period=period, at=at, currency=initiative.currency)
    except OrgUnit.DoesNotExist as error:
        raise OuterLoopRefused("What customers are worth there is not yours to see.") from error
    found = {reading.measure: reading for reading in report.readings if reading.currency == initiative.currency}
    return found.get(measure)


def _exact(figure: float) -> Decimal:
    return Decimal(repr(figure)).quantize(FOUR)
