"""The shopkeeper's card: what somebody who is about to speak with a customer should know, in sections.

Each app registers the sections it knows about; crm puts them together once, and the page and the API show the same. The
shape is that of common/panels.py, but a section gives data, which a template and a JSON answer both can show.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from crm.models import ApiKey, Customer
from crm.sight import Principal

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

    def may(self, function: str, scope: str) -> bool:
        """Has who looks this function at all (a person), or this scope (a key)?"""
        if isinstance(self.principal, ApiKey):
            return scope in self.principal.scopes
        return bool(self.principal.has_perm(function))


class Told(NamedTuple):
    """What a section says: `data` (a dataclass of plain values), and what follows for who speaks with the customer."""

    data: Any
    do: Sequence[str] = ()
    avoid: Sequence[str] = ()


class Section(NamedTuple):
    """`shape`: the dataclass that `tell` gives. `place`: sections come in its order. Told only to people who have
    `function` and to keys that have `scope`; rows inside are cut by `visible_to` as everywhere."""

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
