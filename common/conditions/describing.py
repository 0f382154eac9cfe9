"""What a builder may offer of a vocabulary: its leaves, in groups, and how the value of each is entered.

Derived from the FilterSet. A leaf whose value is not plain says by `parts()` what it is made of, and by `suggest()`
which values are known; its label is what people call it. `FilterSet.groups` puts leaves under headings.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import django_filters


@dataclass(frozen=True)
class Choice:
    """A value to choose. `shape`, `ops`, `values`: of the parts that depend on the choice (an attribute's type)."""

    value: str
    label: str
    shape: str = ""
    ops: tuple[str, ...] = ()
    values: tuple[str, ...] = ()


@dataclass(frozen=True)
class Part:
    """One thing to enter. `key`: its place in the value; empty: it is the value.

    Shapes: text, texts (a list), number, yesno, date, choice, choices (a list), and `by`, which is as the choice made
    in the part of that name says. `lookup`: the server knows values.
    """

    shape: str
    key: str = ""
    label: str = ""
    choices: Sequence[Choice] = ()
    by: str = ""
    lookup: bool = False
    least: float | None = None
    most: float | None = None
    whole: bool = False
    initial: Any = None


@dataclass(frozen=True)
class Offered:
    """A leaf as the builder offers it."""

    name: str
    label: str
    group: str
    parts: list[Part] = field(default_factory=list)


COMPARISONS = (
    Choice("gte", "at least"), Choice("lte", "at most"), Choice("gt", "more than"), Choice("lt", "less than"),
    Choice("eq", "exactly"),
)  # fmt: skip


def offered(vocabulary: type[django_filters.FilterSet]) -> list[dict[str, Any]]:
    """The leaves of a vocabulary as JSON holds them, in the order of its groups. Asks the database what is declared."""
    leaves: dict[str, django_filters.Filter] = vocabulary.get_filters()
    return [
        asdict(Offered(name, str(leaf.label or name.replace("_", " ")), group, parts_of(leaf)))
        for group, names in _groups(vocabulary, leaves)
        for name in names
        if (leaf := leaves[name])
    ]


def _groups(vocabulary: Any, leaves: Iterable[str]) -> list[tuple[str, list[str]]]:
    """Headings with their leaves; what no group names comes last."""
    groups: dict[str, Sequence[str]] = getattr(vocabulary, "groups", {})
    named = {name for names in groups.values() for name in names}
    rest = [name for name in leaves if name not in named]
    return [*((heading, list(names)) for heading, names in groups.items()), *([("Other", rest)] if rest else [])]


def parts_of(leaf: django_filters.Filter) -> list[Part]:
    """What the leaf says itself, or what its kind of filter takes."""
    own = getattr(leaf, "parts", None)
    if own:
        parts: list[Part] = own()
        return parts
    if isinstance(leaf, django_filters.ModelChoiceFilter | django_filters.ChoiceFilter):
        return [Part("choice", choices=_choices(leaf))]
    if isinstance(leaf, django_filters.BooleanFilter):
        return [Part("yesno")]
    if isinstance(leaf, django_filters.NumberFilter):
        return [Part("number")]
    return [Part("text")]


def _choices(leaf: django_filters.Filter) -> list[Choice]:
    field: Any = leaf.field
    return [Choice(str(value), str(label)) for value, label in field.choices if value not in {None, ""}]
