"""What asking tells on the shopkeeper's card: the customer's last words, and the path of their scores."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from crm.cards import Subject, Told
from surveys.models import Response

FUNCTION = "surveys.view_response"
MOST = 24  # points of the path
WORDS = 3
LATELY = timedelta(days=90)


@dataclass(frozen=True)
class Said:
    """What the customer said on one occasion, in their own words."""

    at: datetime
    program: str
    unit: str
    score: int | None
    scale_max: int
    category: str
    words: str
    may_quote: bool | None


@dataclass(frozen=True)
class Point:
    """A score on the scale 0 to 10."""

    at: datetime
    score: int
    category: str
    program: str


@dataclass(frozen=True)
class Voice:
    """`said`: the last answers with words, the newest first. `path`: scores in the order in which they were given, at
    most 24, across programs; each answer is one voice, so no interval goes with them."""

    said: list[Said] = field(default_factory=list)
    path: list[Point] = field(default_factory=list)


def tell(subject: Subject) -> Told:
    seen = Response.objects.visible_to(subject.principal, subject.function(FUNCTION))
    rows = seen.filter(customer__in=subject.rows).select_related("program", "unit", "customer")
    answers = list(rows.order_by("-answered_at", "-pk")[:MOST])
    data = Voice(said=list(_said(answers)), path=list(_path(answers)))
    return Told(data, asks=list(_asks(data, subject.at)))


def _said(answers: list[Response]) -> Iterator[Said]:
    """The last words; the last answer even if it has none."""
    worded = [answer for answer in answers if answer.comment][:WORDS] or answers[:1]
    for row in worded:
        yield Said(
            row.answered_at, row.program.name, row.unit.name, row.score, row.scale_max, row.category, row.words,
            row.may_quote,
        )  # fmt: skip


def _path(answers: list[Response]) -> Iterator[Point]:
    for row in reversed(answers):
        if row.score is not None and (row.scale_min, row.scale_max) == (0, 10):
            yield Point(row.answered_at, row.score, row.category, row.program.name)


def _asks(data: Voice, at: datetime) -> Iterator[str]:
    if not data.path:
        return
    last = data.path[-1]
    if last.category == "detractor" and last.at > at - LATELY:
        yield f"Listen first: they gave {last.score} on {last.at:%-d %B}. Ask whether it has been put right."
    elif last.category == "promoter" and last.at > at - LATELY:
        yield f"Thank them: they gave {last.score} on {last.at:%-d %B}."
    if len(data.path) > 1 and last.score <= data.path[-2].score - 2:
        yield f"They gave {data.path[-2].score} before. Ask what has changed."
