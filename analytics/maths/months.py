"""Calendar months in periods: which are in one as a whole, and which days are left."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date, timedelta

from analytics.maths.scorecards import Period

Days = tuple[date, date]  # both included
DAY = timedelta(days=1)


def split_months(periods: Sequence[Period], cuts: Collection[date] = ()) -> tuple[list[date], list[Days]]:
    """The months (their first days) that lie in one of the periods as a whole and in which nothing is cut, and the days
    of the periods that are in none of them, as few ranges as may be. `periods` do not overlap; a cut lies before its
    day, so one on the first of a month cuts none.
    """
    whole, left = [], []
    for period in sorted(periods, key=lambda each: each.start):
        start = period.start
        while start <= period.end:
            after = month_after(start)
            end = min(period.end, after - DAY)
            if start.day == 1 and end == after - DAY and not any(start < cut < after for cut in cuts):
                whole.append(start)
            else:
                left.append((start, end))
            start = end + DAY
    return whole, joined(left)


def joined(ranges: Sequence[Days]) -> list[Days]:
    """The same days in fewer ranges, where one begins the day after another ends."""
    found: list[Days] = []
    for start, end in ranges:
        if found and found[-1][1] + DAY == start:
            found[-1] = (found[-1][0], end)
        else:
            found.append((start, end))
    return found


def month_after(day: date) -> date:
    """The first day of the next month."""
    return (day.replace(day=1) + timedelta(days=32)).replace(day=1)
