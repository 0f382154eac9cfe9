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


class Change(StrEnum):
    """Why a change of answer is worth an alert (METHOD.md section 10); both may hold at once."""

    CROSSED = "crossed"  # another category
    MOVED = "moved"  # two points or more, up or down


def changes(previous: int, now: int) -> tuple[Change, ...]:
    """The reasons for which a change from one score to another, on the scale 0-10, is worth an alert; empty: none."""
    crossed, far = category(previous) != category(now), abs(now - previous) >= 2
    return tuple(reason for reason, holds in ((Change.CROSSED, crossed), (Change.MOVED, far)) if holds)


def moved(previous: int, now: int) -> bool:
    """Whether a change of answer is worth an alert: another category, or two points or more, up or down."""
    return bool(changes(previous, now))
