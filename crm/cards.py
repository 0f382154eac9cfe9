"""The shopkeeper's card: what somebody who is about to speak with a customer should know, in sections.

Each app registers the sections it knows about; crm puts them together once, and the page and the API show the same. The
shape is that of common/panels.py, but a section gives data, which a template and a JSON answer both can show.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any, NamedTuple

from crm.models import ApiKey, Customer
from crm.roles import roles_with
from crm.sight import Principal, assignments_of

FUNCTION = "crm.view_card"
SCOPE = "cards:read"


@dataclass(frozen=True)
class Subject:
    """The person a card is about, and who looks. `rows`: ids of every row of the person; `seen`: the rows in sight of
    who looks, the one asked for first."""

    customer: Customer
    rows: tuple[int, ...]
    seen: tuple[Customer, ...]
    principal: Principal
    at: datetime

    def function(self, name: str) -> str | None:
        """What `visible_to` is to be asked with: keys are cut by scopes, people by functions."""
        return None if isinstance(self.principal, ApiKey) else name

    def within(self, function: str, scope: str) -> frozenset[int]:
        """Ids of the rows for which who looks has this function (a person), or this scope (a key)."""
        seen = frozenset(row.pk for row in self.seen)
        if isinstance(self.principal, ApiKey):
            return seen if scope in self.principal.scopes else frozenset()
        if not self.principal.has_perm(function):
            return frozenset()
        if self._sees_alike(function):
            return seen
        theirs = Customer.objects.visible_to(self.principal, function).filter(pk__in=self.rows)
        return frozenset(theirs.values_list("pk", flat=True))

    def _sees_alike(self, function: str) -> bool:
        """Does whatever role shows them the card give `function` too? Then no customer is to be asked about."""
        return self.principal.is_superuser or self._roles & roles_with(FUNCTION) <= roles_with(function)

    @cached_property
    def _roles(self) -> frozenset[str]:
        return frozenset(assignments_of(self.principal).values_list("role", flat=True))


class Told(NamedTuple):
    """What a section says: `data` (a dataclass of plain values), and what follows for who speaks with the customer.
    `asks`: what to do in a conversation about us, left out while there has been a death or the matter is with lawyers.
    `reach`: how to reach them; of several sections the first says it."""

    data: Any
    do: Sequence[str] = ()
    avoid: Sequence[str] = ()
    asks: Sequence[str] = ()
    reach: str = ""


class Section(NamedTuple):
    """`shape`: the dataclass that `tell` gives. `place`: sections come in its order. Told only to people who have
    `function` for one of the rows and to keys that have `scope`; rows in it are cut by `visible_to` as everywhere."""

    name: str
    title: str
    place: int
    template: str
    shape: type[Any]
    tell: Callable[[Subject], Told]
    function: str = FUNCTION
    scope: str = SCOPE


_sections: dict[str, Section] = {}


def register(section: Section) -> None:
    """Show `section` on every card. Called when the upper app's console is imported."""
    _sections[section.name] = section


def sections() -> list[Section]:
    """Every section, in the order in which a card shows them."""
    return sorted(_sections.values(), key=lambda section: section.place)
