"""What makes a person a promoter, a passive or a detractor. Pure; no Django. METHOD.md section 1."""

from __future__ import annotations

from enum import StrEnum


class Category(StrEnum):
    PROMOTER = "promoter"
    PASSIVE = "passive"
    DETRACTOR = "detractor"


def category(score: int | None, *, low: int = 0, high: int = 10) -> Category | None:
    """The class of an answer. None without a score, and on any scale but 0-10: it is no Net Promoter answer."""
    if score is None or (low, high) != (0, 10):
        return None
    if not 0 <= score <= 10:
        raise ValueError(f"score {score} is not on the scale from 0 to 10")
    if score >= 9:
        return Category.PROMOTER
    return Category.PASSIVE if score >= 7 else Category.DETRACTOR


def moved(previous: int, now: int) -> bool:
    """Whether a change of answer is worth an alert: another category, or two points or more, up or down."""
    return category(previous) != category(now) or abs(now - previous) >= 2
