"""What hangs on one unit and follows it whole: keys of other systems, and what upper apps register (webhooks).

Merged, it belongs to the unit that took over and sees what stands below that one. Where several took over it stays
where it is, since nobody can say for whom it was meant: people give an endpoint another unit, a system another key.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any, NamedTuple, Protocol, Self

from crm.models import ApiKey


class Rows(Protocol):
    """A QuerySet of rows with a `name` and a `unit`."""

    def filter(self, **conditions: Any) -> Self: ...

    def values_list(self, *fields: str) -> Any: ...

    def move(self, *, unit: int, at: datetime) -> int:
        """Give all of them this unit; how many they were."""
        ...


class Follower(NamedTuple):
    """One kind. `word`: what one of them is called; `rows`: all that may still see or hear something."""

    word: str
    rows: Callable[[], Rows]


_followers: dict[str, Follower] = {}


def register(follower: Follower) -> None:
    """Called by the console of the upper app, which every process loads."""
    _followers[follower.word] = follower


def followers() -> list[Follower]:
    return list(_followers.values())


register(Follower("API key", lambda: ApiKey.objects.filter(revoked_at=None)))
