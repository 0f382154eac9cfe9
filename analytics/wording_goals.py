"""How a goal and where one stands to it are said in plain English, with their numbers. Pure."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from analytics.maths.goals import Standing
from analytics.maths.intervals import Interval
from analytics.maths.rounding import points, signed
from analytics.maths.scorecards import SCORE_FROM

NBSP = "\N{NO-BREAK SPACE}"
KINDS = {Standing.COURSE: "up", Standing.BEHIND: "down", Standing.UNKNOWN: "same"}
_STANDS = {
    Standing.COURSE: ("On course", "Met", "the whole interval reaches it"),
    Standing.BEHIND: ("Behind", "Not met", "the whole interval lies below it"),
    Standing.UNKNOWN: ("Cannot be told yet", "Cannot be told", "the interval holds it"),
}


def title(measure: str, target: Decimal, last_on: date) -> str:
    """Goal +36 by 31 December 2026; Goal 90 % of detractors called in time by 31 December 2026."""
    until = f"by {_day(last_on)} {last_on.year}"
    if measure == "score":
        return f"Goal {signed(target, 0 if target == int(target) else 1)} {until}"
    return f"Goal {float(target):g}{NBSP}% of detractors called in time {until}"


def figures(measure: str, n: int, value: float | None, interval: Interval | None, *, since: date) -> str:
    """+31 since 1 October (n 118, 95 % +17 to +44); 70 % of 118 since 1 October (95 % 61 to 77 %)."""
    when = f"since {_day(since)}"
    if value is None or interval is None:
        return f"{n} {_things(measure, n)} {when}"
    if measure == "score":
        ends = f"{signed(interval.low)} to {signed(interval.high)}"
        return f"{signed(value)} {when} (n{NBSP}{n}, 95{NBSP}% {ends})"
    ends = f"{points(interval.low)} to {points(interval.high)}{NBSP}%"
    return f"{points(value)}{NBSP}% of {n} {when} (95{NBSP}% {ends})"


def verdict(measure: str, standing: Standing, n: int, *, over: bool) -> dict[str, str]:
    """As staff/_verdict.html takes it."""
    during, ended, why = _STANDS[standing]
    if n < SCORE_FROM:
        why = f"{n or 'no'} {_things(measure, n)}{' are too few' if n > 1 else ' is too few' if n else ''}"
    return {"kind": KINDS[standing], "text": f"{ended if over else during}: {why}"}


def _things(measure: str, n: int) -> str:
    one, many = ("answer", "answers") if measure == "score" else ("first call", "first calls")
    return one if n == 1 else many


def _day(day: date) -> str:
    return f"{day.day} {day:%B}"
