"""How a pattern across branches is said in plain English, with its numbers. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from analytics.maths.patterns import Count, risen

THIN = "\N{NO-BREAK SPACE}"


def about(topic: str, product: str) -> str:
    """What is complained about; without a topic it is low scores about a product."""
    if not topic:
        return f"low scores about {product}"
    return f"complaints about “{topic}” with {product}" if product else f"complaints about “{topic}”"


def rising(what: str, counts: Sequence[Count], upto: date) -> str:
    """Complaints about X rose in 5 of 12 branches: 14 of 210 answers in the week to 22 November ..."""
    now = among(sum(c.complaints for c in counts), sum(c.answers for c in counts))
    before = among(sum(c.complaints_before for c in counts), sum(c.answers_before for c in counts))
    return (
        f"{what[0].upper()}{what[1:]} rose in {len(risen(counts))} of {len(counts)} branches: {now} answers in the week"
        f" to {_day(upto)}, against {before} in the eight weeks before"
    )


def unlike(what: str, name: str, counts: Sequence[Count], unit: int, since: date) -> str:
    """Station stands out: complaints about X in 14 of 60 answers since 21 September ..."""
    (own,) = (count for count in counts if count.unit == unit)
    others = [count for count in counts if count.unit != unit]
    rest = among(sum(c.complaints for c in others), sum(c.answers for c in others))
    return (
        f"{name} stands out: {what} in {among(own.complaints, own.answers)} answers since {_day(since)}, against"
        f" {rest} in the {len(others)} other branches"
    )


def among(part: int, whole: int) -> str:
    return f"{_number(part)} of {_number(whole)}"


def _number(number: int) -> str:
    return f"{number:,}".replace(",", THIN)


def _day(day: date) -> str:
    return f"{day.day} {day:%B}"
