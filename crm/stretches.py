"""Stretches of days that money is told about: a month, a quarter, a year, or any days. Pure; no Django."""

from __future__ import annotations

import re
from datetime import date

from crm.dated import Span

_MONTH = re.compile(r"(\d{4})-(\d{2})")
_QUARTER = re.compile(r"(\d{4})-Q([1-4])")
_YEAR = re.compile(r"\d{4}")
WAYS = "2026-11 (a month), 2026-Q4, 2026, or 2026-11-01/2026-11-22 (from a day to before a day)"


def stretch(text: str) -> Span:
    """The days of `text`, first and first after. ValueError, for people to read, if it names none."""
    try:
        span = _read(text)
    except ValueError as error:
        raise ValueError(f"Give {WAYS}.") from error
    if span.end is None or span.end <= span.start:
        raise ValueError("The first day must come before the day on which it ends.")
    if not (span.start.year >= 1970 and span.end.year <= 2100):
        raise ValueError("Give days between 1970 and 2100.")
    return span


def _read(text: str) -> Span:
    if found := _MONTH.fullmatch(text):
        return months(int(found[1]), int(found[2]), 1)
    if found := _QUARTER.fullmatch(text):
        return months(int(found[1]), 3 * int(found[2]) - 2, 3)
    if _YEAR.fullmatch(text):
        return months(int(text), 1, 12)
    start, between, end = text.partition("/")
    if not between:
        raise ValueError(text)
    return Span(date.fromisoformat(start), date.fromisoformat(end))


def months(year: int, month: int, number: int) -> Span:
    """`number` calendar months from the first day of one on."""
    after = 12 * year + month - 1 + number
    return Span(date(year, month, 1), date(after // 12, after % 12 + 1, 1))


def months_before(day: date, number: int) -> date:
    """The same day `number` months earlier, or the last of that month if it is shorter."""
    at = 12 * day.year + day.month - 1 - number
    year, month = at // 12, at % 12 + 1
    last = (months(year, month, 1).end or day).toordinal() - date(year, month, 1).toordinal()
    return date(year, month, min(day.day, last))


def written(span: Span) -> str:
    """How people call it: "November 2026", "Q4 2026", "2026", or the first and the last day."""
    end = span.end or span.start
    number = 12 * (end.year - span.start.year) + end.month - span.start.month
    if span.start.day != 1 or end.day != 1:
        last = date.fromordinal(end.toordinal() - 1)
        return f"{span.start.day} {span.start:%B %Y} to {last.day} {last:%B %Y}"
    if number == 1:
        return f"{span.start:%B %Y}"
    if number == 3 and span.start.month % 3 == 1:
        return f"Q{span.start.month // 3 + 1} {span.start.year}"
    if number == 12 and span.start.month == 1:
        return f"{span.start.year}"
    last_month = date.fromordinal(end.toordinal() - 1)
    return f"{span.start:%B %Y} to {last_month:%B %Y}"


def lengthens(known: Span, later: Span) -> bool:
    """Is `later` the same stretch, or more of the month in which `known` was told while it ran?"""
    if known == later:
        return True
    month = months(known.start.year, known.start.month, 1)
    ends = [span.end or span.start for span in (known, later, month)]
    return known.start == later.start and ends[0] < ends[1] <= ends[2]
