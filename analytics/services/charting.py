"""The control chart of a unit: its whole weeks, held against the first twelve of them.

Where the chart begins does not move with the calendar's days, or what is usual would creep after what happens: on the
first Monday of the quarter two before the one in which the period ends; or after the last break in the series, since
what came before is no figure of the same thing.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from django.db.models import Count, F, Q, QuerySet, Sum
from django.db.models.functions import TruncWeek

from analytics.maths.control import Chart, Week, chart
from analytics.maths.nps import Counts, pooled
from analytics.maths.scorecards import Period
from analytics.models import AnswerFact, UnitDayScores
from analytics.services.tallying import DETRACTORS, PASSIVES, PROMOTERS, Cut, Source, added
from crm.services.organization.drawing import person

WEEK = timedelta(days=7)
BINS = {"detractors": Q(score__lte=6), "passives": Q(score__in=(7, 8)), "promoters": Q(score__gte=9)}


def first_day(end: date) -> date:
    """The first Monday of the quarter two before the one of `end`."""
    month = end.year * 12 + (end.month - 1) // 3 * 3 - 6
    return monday_from(date(month // 12, month % 12 + 1, 1))


def monday_from(day: date) -> date:
    """That day, or the first Monday after it."""
    return day + timedelta(days=-day.weekday() % 7)


def weekly_chart(cut: Cut, *, end: date, breaks: Sequence[date] = ()) -> Chart | None:
    """The weeks that are over by `end` and by today. `cut`: whose answers, over a period that holds all the weeks. None
    while there is no baseline. One statement, or two where units were divided."""
    start = first_day(end)
    start = max([start, *(monday_from(day) for day in breaks if start < day <= end)])
    over = min(end, cut.today - timedelta(days=1))
    mondays = [start + WEEK * number for number in range(((over - start).days + 1) // 7)]
    if not mondays:
        return None
    found = _weeks(cut, Period(start, mondays[-1] + WEEK - timedelta(days=1)))
    return chart(Week(Period(monday, monday + timedelta(days=6)), found[monday]) for monday in mondays)


def _weeks(cut: Cut, period: Period) -> dict[date, Counts]:
    """By Monday."""
    weeks: dict[date, Counts] = defaultdict(Counts)
    for source in _sources(cut, period):
        for row in source.read(cut, "week"):
            counts = Counts(row["detractors"] or 0, row["passives"] or 0, row["promoters"] or 0)
            weeks[row["group"]] = pooled([weeks[row["group"]], counts])
    return weeks


def _sources(cut: Cut, period: Period) -> list[Source]:
    """The rollup; and the answers themselves for units that were divided, since a cell cannot be."""
    which = Q(day__range=(period.start, period.end))
    which &= Q(program=cut.program) if cut.program else Q()
    which &= Q(channel=cut.channel) if cut.channel else Q()
    by = {"week": TruncWeek("day")}
    sums = {"detractors": DETRACTORS, "passives": PASSIVES, "promoters": PROMOTERS}
    figures = {name: Sum(added(columns)) for name, columns in sums.items()}
    sources = [Source(UnitDayScores.objects.filter(which), by, F("day"), figures)]
    if shared := [share.unit for share in cut.frame.shares]:
        rows: QuerySet[Any] = AnswerFact.objects.filter(which, unit__in=shared)
        counted = {name: Count("pk", filter=bins) for name, bins in BINS.items()}
        sources.append(Source(rows, by, F("day"), counted, person("response__customer_id", "response_id")))
    return sources
