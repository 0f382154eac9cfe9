"""How a control chart is told: its finding, not its method. Pure."""

from __future__ import annotations

from analytics.maths.control import BASELINE, Chart, Point
from analytics.maths.rounding import signed
from analytics.maths.scorecards import Period
from analytics.wording import day, days, plain


def control_finding(chart: Chart | None) -> str:
    """The title: "Nothing unusual since 6 July 2026"."""
    if chart is None:
        return "Too early to say what is unusual"
    if chart.since is None:
        return f"{BASELINE} weeks say what is usual; the next will be held against them"
    signals = chart.signals
    if not signals:
        return f"Nothing unusual since {day(chart.since)}"
    last = signals[-1]
    if len(signals) == 1:
        return f"Unusual: {when(last.week.period)}, {side(last)}"
    return f"{len(signals)} of {len(chart.judged)} weeks unusual, the last {when(last.week.period)}"


def side(point: Point) -> str:
    """Which way it is unusual: "score 2 where 5 to 52 is usual", or what makes it so."""
    low, high = point.limits
    if not low <= point.score <= high:
        return f"score {plain(point.score)} where {plain(low)} to {plain(high)} is usual"
    return f"score {plain(point.score)}, {why(point)}"


def why(point: Point) -> str:
    """By which rule; empty where nothing is unusual."""
    if point.rule is None:
        return ""
    return f"{point.rule.value}, {'above' if point.z > 0 else 'below'} {signed(point.usual.center)}"


def when(weeks: Period) -> str:
    """In the week from 5 to 11 October 2026; of several together: in the weeks ..."""
    return f"in the week{'' if weeks.days == 7 else 's'} of {days(weeks)}"


def short(weeks: Period) -> str:
    """5 Oct: the Monday."""
    return f"{weeks.start.day} {weeks.start:%b}"
