"""What hangs on one unit and follows it whole: keys of other systems, and what upper apps register (webhooks).

Merged, it belongs to the unit that took over and sees what stands below that one. Where several took over no rule can
say for whom it was meant, so the plan has to: it is bound to one of them, or ends (`unbound` is a conflict).
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any, NamedTuple, Protocol, Self

from django.db.models import Exists, F, OuterRef

from common.text import number_of
from crm.models import ApiKey, OrgUnit, Reorganization, Succession


class Rows(Protocol):
    """A QuerySet of rows with a `name` and a `unit`."""

    def filter(self, **conditions: Any) -> Self: ...

    def values_list(self, *fields: str) -> Any: ...

    def count(self) -> int: ...

    def end(self, *, at: datetime) -> int:
        """None of them sees or hears anything from now on; how many they were."""
        ...

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


def unbound(plan: Reorganization) -> list[str]:
    """Units that the plan divides and closes, with keys or webhooks of which nobody says whose they will be."""
    parts = Succession.objects.filter(
        predecessor=OuterRef("unit"), on=OuterRef("on"), share__lt=1, recorded__upper_inf=True
    )
    undecided = plan.relocations.filter(Exists(parts), unit__closed_on=F("on"), bound_to=None, revokes=False)
    return [words for row in undecided.select_related("unit") for words in _undecided(row.unit)]


def _undecided(unit: OrgUnit) -> list[str]:
    counts = {follower.word: follower.rows().filter(unit=unit).count() for follower in followers()}
    told = " and ".join(number_of(n, word) for word, n in counts.items() if n)
    if not told:
        return []
    return [f"{unit} is divided and closes with {told}. Bind them to one of its heirs, or revoke them: add a step."]


register(Follower("API key", lambda: ApiKey.objects.filter(revoked_at=None)))
