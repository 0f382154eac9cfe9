"""How a launch and its expectation are said in plain English, with their numbers. Pure."""

from __future__ import annotations

from analytics.maths.expectations import ALPHA, FEWEST_LAUNCHES, SPENT, Reading
from analytics.maths.rounding import points, signed

ORDINALS = ("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth")
ENDINGS = {1: "st", 2: "nd", 3: "rd"}


def short(name: str, reading: Reading, week: int) -> str:
    """The new card is 18 points short of its expectation since its second week. If it caught up, that."""
    if points(reading.gap) < 0:
        return f"{_name(name)} is {_points(-reading.gap)} short of its expectation since its {nth(week)} week"
    return f"{_name(name)} fell short of its expectation in its {nth(week)} week, and has caught up since"


def as_expected(name: str, reading: Reading, week: int) -> str:
    """Not told from chance: The new card is as expected after 5 weeks: 3 points below what comparable launches had."""
    return f"{_name(name)} is not detectably short of its expectation after {_weeks(week)}: {_apart(reading)}"


def unexpected(name: str, compared: int, week: int) -> str:
    """No expectation: nothing to compare with, or nothing answered."""
    if compared < FEWEST_LAUNCHES:
        known = {0: "none is", 1: "only 1 is"}.get(compared, f"only {compared} are")
        need = f"{FEWEST_LAUNCHES} comparable launches with answers are needed, {known} known"
        return f"Nothing can be expected of {_inside(name)}: {need}"
    return f"Too few answers about {_inside(name)} after {_weeks(week)} to hold against its expectation"


def not_yet(name: str) -> str:
    return f"{_name(name)} has no week behind it yet"


def limit(week: int) -> float:
    """How unlikely a score must be for the look after so many weeks to raise the alarm."""
    return ALPHA * SPENT[week - 1]


def chance(p: float) -> str:
    """0.034, below 0.001: as a table says it."""
    return "< 0.0001" if p < 0.0001 else f"{points(p, 4)}"


def nth(week: int) -> str:
    """second, 11th, 22nd."""
    if week <= len(ORDINALS):
        return ORDINALS[week - 1]
    return f"{week}{'th' if week // 10 == 1 else ENDINGS.get(week % 10, 'th')}"


def _apart(reading: Reading) -> str:
    if points(reading.gap) == 0:
        return "the same as comparable launches had"
    side = "below" if reading.gap < 0 else "above"
    return f"{_points(abs(reading.gap))} {side} what comparable launches had"


def band(low: float, high: float) -> str:
    """12 to 34."""
    return f"{signed(low).lstrip('+')} to {signed(high).lstrip('+')}"


def _points(value: float) -> str:
    whole = points(value)
    return f"{whole} point" if whole == 1 else f"{whole} points"


def _weeks(number: int) -> str:
    return "1 week" if number == 1 else f"{number} weeks"


def _name(name: str) -> str:
    return name[0].upper() + name[1:]


def _inside(name: str) -> str:
    """Within a sentence: "the new card", but "FlexiCard"."""
    return f"the {name[4:]}" if name.startswith("The ") else name
