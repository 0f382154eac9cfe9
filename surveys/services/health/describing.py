"""A departure in a sentence, and the days before it for a small chart."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from django.db.models import Q, Sum
from django.db.models.functions import TruncDate

from surveys.departing import ASKED
from surveys.models import AskingHour, Departure, Reason, TriggerHealth

Rule = Departure.Rule
DAYS = 28


def describe(departure: Departure) -> str:
    """What is not as usual, since when."""
    figures, since = departure.figures, f"Since {departure.since:%-d %B}"
    if departure.rule == Rule.FEW:
        if not figures["occasions"]:
            return f"{since} nothing has come; about {_about(figures['usual'])} by now are usual."
        return f"{since} too little comes: {figures['occasions']:,}; about {_about(figures['usual'])} are usual."
    if departure.rule == Rule.MANY:
        return f"{since} far more comes: {figures['occasions']:,}; about {_about(figures['usual'])} are usual."
    share, before = f"{figures['share']:.0%}", f"{figures['before']:.0%}"
    of = f"of {figures['occasions']:,} occasions"
    if departure.rule == Rule.FEW_ASKED:
        who = "nobody is asked" if not figures["share"] else f"only {share} are asked"
        return f"{since} {who} {of}; {before} are usual."
    if departure.rule == Rule.MANY_ASKED:
        return f"{since} {share} are asked {of}; {before} are usual."
    reason = Reason(figures["reason"]).label
    return f"{since} “{reason}” is the reason in {share} {of}; {before} are usual."


def _about(usual: float) -> str:
    return f"{usual:,.0f}" if usual >= 10 else f"{usual:.1f}"


@dataclass(frozen=True)
class Bar:
    """A day of the chart: heights in percent of the tallest."""

    day: date
    number: int
    asked: int
    height: int
    height_asked: int


def last_days(health: TriggerHealth) -> list[Bar]:
    """The last four weeks, today included; the day that runs is a part of one."""
    first = health.at.astimezone(UTC).date() - timedelta(days=DAYS - 1)
    since = datetime.combine(first, time.min, UTC)
    rows = AskingHour.objects.filter(
        program=health.program_id,
        source=health.source,
        hour__gte=since,
    )
    by_day = rows.annotate(day=TruncDate("hour", tzinfo=UTC)).order_by().values_list("day")
    counted = {
        day: (number, asked or 0)
        for day, number, asked in by_day.annotate(n=Sum("number"), a=Sum("number", filter=Q(reason=ASKED)))
    }
    top = max((number for number, _ in counted.values()), default=0) or 1
    days = [first + timedelta(days=number) for number in range(DAYS)]
    return [_bar(day, *counted.get(day, (0, 0)), top) for day in days]


def _bar(day: date, number: int, asked: int, top: int) -> Bar:
    return Bar(day, number, asked, round(100 * number / top), round(100 * asked / top))
