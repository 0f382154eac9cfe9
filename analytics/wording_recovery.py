"""How the recovery page says what it found, in plain English. Pure."""

from __future__ import annotations

from analytics.maths.intervals import Interval
from analytics.maths.recovery import Effect
from analytics.maths.rounding import percent, signed
from analytics.services.recovery.reporting import Report
from analytics.wording_worth import money

KNOWN_BEFORE = {"score": "first score", "words": "whether they wrote anything", "revenue": "revenue before"}
DIGITS_FROM = 0.1  # per cent are shown with a digit below


def finding(report: Report) -> str:
    """The page's title: what calling did, as far as it can be told."""
    if not report.n:
        return "Nobody has been called here yet, so nothing can be said"
    if report.moved is None:
        return "Too few customers to say whether calling helped"
    how = "Calling" if report.study else "Calling early"
    for found, better, worse in (
        (report.stayed, f"{how} kept customers", f"{how} drove customers away"),
        (report.moved, f"{how} brought detractors back", f"{how} made detractors less pleased"),
    ):
        if found and found.told_from_zero:
            return f"{better if found.points > 0 else worse}: {points(found.points)} percentage points"
    return f"No effect of {how.lower()} can be detected"


def points(share: float) -> str:
    """A difference of shares in percentage points: +12, −3."""
    return signed(100 * share, 0 if abs(share) >= DIGITS_FROM else 1)


def between(interval: Interval) -> str:
    """+4 to +20."""
    return f"{points(interval.low)} to {points(interval.high)}"


def verdict(effect: Effect | None) -> str:
    return {"helped": "It helped", "harmed": "It harmed"}.get(effect.verdict if effect else "", "Not detectable")


def kind(effect: Effect | None) -> str:
    """up, down or same: the form of the pill."""
    return {"helped": "up", "harmed": "down"}.get(effect.verdict if effect else "", "same")


def price(report: Report) -> str:
    """What one more kept customer cost, or why that cannot be said."""
    found = report.price
    if found is None:
        return "Not known: the 180 days of too few customers are over."
    if found.interval is None:
        return "Without end: whether calling keeps anybody is not told from zero, so neither is what one costs."
    low, high = (money(end, report.currency) for end in found.interval)
    return f"{money(found.points or 0, report.currency)}, 95\N{NO-BREAK SPACE}% {low} to {high}."


def amount(value: float) -> str:
    """Money without its currency."""
    return money(value, "").strip()


def naive(report: Report) -> str:
    """The rescue rate beside what it would be without any call."""
    if report.naive is None or report.naive_interval is None:
        return "Too few of those called have answered again."
    low, high = report.naive_interval
    said = f"{percent(report.naive)} of those called who answered again (95\N{NO-BREAK SPACE}% {percent(low)} to"
    said = f"{said} {percent(high)})"
    others = "" if report.naive_others is None else f"; {percent(report.naive_others)} of the others, {_others(report)}"
    return f"{said} left the detractors{others}."


def regression(report: Report) -> str:
    """What the naive rate would be if nothing was done."""
    if report.expected is None:
        return ""
    low, high = report.expected
    said = f"With nothing done, {percent(low)} to {percent(high)} would be expected"
    return f"{said}: who scored low by chance scores higher by chance."


def _others(report: Report) -> str:
    return "who were held out" if report.study else "who were contacted late"


def unlike(report: Report) -> str:
    """In what the groups differed before."""
    return ", ".join(KNOWN_BEFORE[name] for name in report.unlike)
