"""A further question, as a version of a program stores it. Pure; no Django."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

Value = int | str | bool | list[str] | None  # None: skipped
Given = Mapping[str, Value]  # by the question's code


class Kind(StrEnum):
    EFFORT = "effort"
    SATISFACTION = "satisfaction"
    SINGLE = "single"
    MULTI = "multi"
    TEXT = "text"
    FIRST_HEARD = "first_heard"
    FORWARD = "forward"


KIND_NAMES: dict[str, str] = {
    "effort": "effort, 1 to 7",
    "satisfaction": "satisfaction, 1 to 5",
    "single": "one of several",
    "multi": "any of several",
    "text": "own words",
    "first_heard": "how they first heard of us",
    "forward": "consent: words may be passed on",
}
SCALES: dict[str, range] = {"effort": range(1, 8), "satisfaction": range(1, 6)}
WITH_OPTIONS = frozenset({Kind.SINGLE, Kind.MULTI})
ONCE = frozenset({Kind.FIRST_HEARD, Kind.FORWARD})  # at most one of its kind in a questionnaire
OF_SOMEBODY = frozenset({Kind.FIRST_HEARD, Kind.FORWARD})  # who is not known is not asked them
# how a customer may have heard of us: crm's words for it, but "unknown"
HEARD = (
    "referral", "reputation", "returned", "branch", "advertising", "search", "comparison", "social", "press", "partner",
    "sales", "other",
)  # fmt: skip
CATEGORIES = ("promoter", "passive", "detractor")


@dataclass(frozen=True)
class Condition:
    """An earlier question was answered by one of these (where several may be chosen: at least one of them is)."""

    question: str
    any_of: tuple[Any, ...]

    def holds(self, given: Given) -> bool:
        value = given.get(self.question)
        chosen = value if isinstance(value, list) else [value]
        return any(same(one, wanted) for one in chosen for wanted in self.any_of)


@dataclass(frozen=True)
class Question:
    """`categories`: whom it is asked (empty: everybody); `conditions`: all of them must hold."""

    code: str
    kind: Kind
    required: bool = False
    options: tuple[str, ...] = ()
    categories: frozenset[str] = frozenset()
    conditions: tuple[Condition, ...] = ()

    @property
    def choices(self) -> tuple[Any, ...]:
        """All that may be answered; of words nothing in particular."""
        if self.kind in SCALES:
            return tuple(SCALES[self.kind])
        if self.kind == Kind.FIRST_HEARD:
            return HEARD
        return (True, False) if self.kind == Kind.FORWARD else self.options


def questions_of(stored: Iterable[Mapping[str, Any]]) -> tuple[Question, ...]:
    """Of a list without problems (`checking.question_problems`), in the order in which they are asked."""
    return tuple(_question(row) for row in stored)


def _question(row: Mapping[str, Any]) -> Question:
    ask = row.get("ask") or {}
    return Question(
        code=row["code"],
        kind=Kind(row["kind"]),
        required=bool(row.get("required")),
        options=tuple(row.get("options") or ()),
        categories=frozenset(ask.get("categories") or ()),
        conditions=tuple(Condition(said["question"], tuple(said["any_of"])) for said in ask.get("answers") or ()),
    )


def same(one: Any, other: Any) -> bool:
    """Equal and of one type: yes is not 1."""
    return type(one) is type(other) and one == other
