"""What goes with the score, in words. Always "associated", never what brings what about."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from analytics.maths.drivers.limits import LEAST, MOST, READ
from analytics.maths.rounding import MINUS, percent, points, signed

if TYPE_CHECKING:  # these bring numpy, and the worker loads every template tag to render a mail
    from analytics.maths.drivers.choosing import Left
    from analytics.maths.drivers.curves import Bin, Curve
    from analytics.maths.drivers.ordinal import Odds
    from analytics.maths.intervals import Interval
    from analytics.services.drivers.reporting import Driver, Report

LITTLE = 0.01  # of the variance, below which nothing is said to go with the score
WHY = {
    "two_ways": "asked or declared in two ways under one name",
    "by_score": "whom it is asked hangs on the score itself",
    "words": "own words; see the themes",
    "several": "several may hold at once",
    "consent": "not about what happened",
    "personal": "declared personal",
    "dates": "a date; declare the time between two as a figure",
    "beyond": f"more than {READ} columns",
    "endless": "too many different texts to be a choice",
}


def finding(report: Report) -> str:
    """The page's title."""
    result = report.result
    if result is None:
        return "Too few answers to say what goes with the score"
    if (result.adjusted or 0.0) < LITTLE:
        return "Nothing that was asked or known here goes with the score"
    first = report.drivers[0]
    if result.first_is_sure:
        part, alone = percent(first.found.part), percent(first.found.alone)
        said = f"{alone} of its variance by itself, {part} beside the others"
        return f"{first.label} is associated most with the score: {said}"
    rivals = [each for each in report.drivers if each.found.ranks.first == 1][:3]
    if len(rivals) < 2:
        rivals = list(report.drivers[:2])
    names = " and ".join([", ".join(each.label for each in rivals[:-1]), rivals[-1].label])
    return f"{names} are associated most with the score; which of them comes first cannot be told"


def range_of(interval: Interval | None, how: str = "") -> str:
    """ "12 % to 18 %" of shares; "signed": +0.12 to +0.30; "times": 1.20 to 1.63."""
    if interval is None:
        return ""
    said = {"signed": decimals, "times": times}.get(how, share)
    return f"{said(interval.low)} to {said(interval.high)}"


def share(value: float) -> str:
    """12.3 %."""
    return percent(value, 1)


def decimals(value: float | None) -> str:
    """+0.45, or nothing."""
    return "" if value is None else signed(value, 2)


def times(value: float) -> str:
    """1.63, 0.013, over 1,000."""
    return str(points(value, 2 if value >= 0.1 else 3)) if value < 1000 else "over 1,000"


def plain(value: float | None) -> str:
    """A figure of a driver with as many digits as its size bears."""
    if value is None:
        return ""
    rounded = points(abs(value), 0 if abs(value) >= 100 else 1 if abs(value) >= 10 else 2)
    text = f"{rounded:,}"
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return f"{MINUS}{text}" if value < 0 and text != "0" else text


def rank(driver: Driver) -> str:
    """ "1", or "1 to 3" where it cannot be told closer."""
    low, high = driver.found.ranks
    return f"{low}" if low == high else f"{low} to {high}"


def left(out: Left, labels: Mapping[str, str]) -> str:
    """Why a column is no driver here."""
    if out.why == "few":
        return f"{'under 5' if 0 < out.n < 5 else out.n} answers have it; {LEAST} are needed"
    if out.why == "same":
        return f"the same in all {out.n:,} answers that have it"
    if out.why == "apart":
        return (
            f"fewer than {LEAST} answers have both it and “{labels.get(out.other, out.other)}”, of which more have one"
        )
    return f"no room: at most {MOST} drivers, and ten answers for each column; by itself {percent(out.alone or 0.0, 1)}"


def odds(found: Odds) -> str:
    """ "1.63 (1.20 to 2.21)"."""
    return f"{times(found.ratio)} ({range_of(found.interval, 'times')})"


def course(curve: Curve) -> str:
    """The curve's title: where the score is best and worst along the driver, or that no difference can be told."""
    best, worst = max(curve.bins, key=lambda each: each.mean), min(curve.bins, key=lambda each: each.mean)
    if best.interval.low <= worst.interval.high:
        return "no difference along it can be told"
    ends = [f"{points(each.mean, 1)} at {place(each)}" for each in (best, worst)]
    told = f"from {ends[0]} to {ends[1]}"
    return told if curve.straight else f"{told}, and not along a straight line"


def place(of: Bin) -> str:
    """An option, or "2 to 5", or "5"."""
    return of.option or (plain(of.low) if of.low == of.high else f"{plain(of.low)} to {plain(of.high)}")
