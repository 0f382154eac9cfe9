"""What one line of a file of answers says: strict about scores and times, generous about nothing. Pure; no Django."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

_WHOLE = re.compile(r"^[+-]?\d{1,6}(\.0{1,6})?$")  # exports write 9 as 9.0
_INTEGER = re.compile(r"^-?(0|[1-9]\d{0,14})$")  # not 007 and no telephone numbers
_DECIMAL = re.compile(r"^-?(0|[1-9]\d{0,14})\.\d{1,10}$")
EARLIEST = 1970
AHEAD = timedelta(days=1)  # of our clock; days are dated by the clock of the unit


class BadLine(Exception):
    """Why a line cannot be taken."""


@dataclass(frozen=True)
class Scale:
    low: int = 0
    high: int = 10

    @classmethod
    def parse(cls, text: str) -> Scale:
        """ "0-10". Raises ValueError."""
        found = re.fullmatch(r"(\d{1,3})-(\d{1,3})", text.strip())
        if not found or int(found[1]) >= int(found[2]):
            raise ValueError(f"{text!r} is not a scale; write the lowest and the highest score, such as 0-10")
        return cls(int(found[1]), int(found[2]))

    def score(self, text: str) -> int:
        """A whole number on the scale; raises BadLine. 9.0 is 9, 9.5 is refused and never rounded."""
        text = text.strip()
        if not text:
            raise BadLine("no score")
        if not _WHOLE.match(text):
            raise BadLine(f"score {text[:40]!r} is not a whole number")
        score = int(float(text))
        if not self.low <= score <= self.high:
            raise BadLine(f"score {score} is not on the scale from {self.low} to {self.high}")
        return score


@dataclass(frozen=True)
class Collected:
    """One answer, ready to be stored."""

    external_id: str
    score: int
    answered_at: datetime
    unit_id: int
    channel: str
    comment: str = ""
    truncated: bool = False
    attributes: dict[str, Any] = field(default_factory=dict)


def moment(text: str, *, zone: ZoneInfo, now: datetime, layout: str | None = None) -> datetime:
    """When it was answered, in UTC. A day alone means noon, a time without offset the clock of `zone`."""
    text = text.strip()
    try:
        found = datetime.strptime(text, layout) if layout else datetime.fromisoformat(text)
    except ValueError as error:
        raise BadLine(f"date {text[:40]!r} is not of the form {layout or '2026-11-23'}") from error
    if found.time() == time() and ":" not in text:
        found = datetime.combine(found.date(), time(12))
    if not EARLIEST - 1 <= found.year <= now.year + 1:  # what no calendar can turn to UTC included
        raise BadLine(f"date {text[:40]!r} is before {EARLIEST} or in the future")
    found = (found if found.tzinfo else found.replace(tzinfo=zone)).astimezone(UTC)
    if found.year < EARLIEST or found > now + AHEAD:
        raise BadLine(f"date {text[:40]!r} is before {EARLIEST} or in the future")
    return found


def noon_of(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(12), zone).astimezone(UTC)


def value(text: str) -> int | float | str:
    """An attribute: a number if it is written like one, else the text."""
    if _INTEGER.match(text):
        return int(text)
    return float(text) if _DECIMAL.match(text) else text


def attributes(cells: Mapping[str, str]) -> dict[str, Any]:
    """{name: value}; what is empty is left out, missing is not zero."""
    return {name: value(text) for name, text in cells.items() if text}
