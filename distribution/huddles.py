"""A team's huddle: when it is, whose turn it is to lead, what fits into ten minutes. Pure; no Django."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from common.periods import Hours

MINUTES = 10  # a huddle stands; who wants longer makes it a meeting
MOST_ACTIONS = 4  # of earlier huddles, the longest due first; the others are counted
MOST_WORDS = 4
FIRST = 7  # days a unit's first huddle tells of
LONGEST = 31  # days one huddle tells of at most


@dataclass(frozen=True)
class Turn:
    """Somebody who could lead, and the day on which they led last (None: never)."""

    employee: int
    last_led: date | None


def whose_turn(turns: Iterable[Turn]) -> int | None:
    """Who led longest ago; who never led comes first, the one who is known longest (lowest id) where it is even. None
    when nobody could lead."""
    return (
        min(turns, key=lambda turn: (turn.last_led or date.min, turn.employee), default=Turn(0, None)).employee or None
    )


def is_held_on(day: date, *, weekdays: Collection[int], hours: Hours) -> bool:
    """The unit holds its huddle on these days of the week (Monday is 0), if it works that day."""
    return day.weekday() in weekdays and hours.works_on(day)


def next_day(after: date, *, weekdays: Collection[int], hours: Hours) -> date | None:
    """The first day after that day on which it is held; None within `LONGEST` days."""
    days = (after + timedelta(days=ahead) for ahead in range(1, LONGEST + 1))
    return next((day for day in days if is_held_on(day, weekdays=weekdays, hours=hours)), None)


def room_for_words(*, actions: int, parts: int) -> int:
    """How many customers' words fit beside `actions` (a minute each, as each of the words takes) and `parts` (score,
    tickets, promises, theme: a minute each)."""
    return max(2, min(MOST_WORDS, MINUTES - min(actions, MOST_ACTIONS) - parts))


def chosen_words(hurting: int, praising: int, room: int) -> tuple[int, int]:
    """How many of the words that hurt and of the praise are read out: half and half, the odd one hurts, and what one
    kind leaves free the other takes, but of what hurts no more than two."""
    hurt = min(hurting, 2, (room + 1) // 2 if praising else room)
    return hurt, min(praising, room - hurt, 2 if hurting else 3)


def shown_first(due: Sequence[tuple[date, str]], most: int = MOST_ACTIONS) -> list[str]:
    """Which of the open actions (due day, id) are talked of: the longest due first."""
    return [which for _, which in sorted(due)[:most]]
