"""The kinds of file that the house takes: each app registers its own in its module `file_kinds`."""

from __future__ import annotations

from argparse import ArgumentParser
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol

from rest_framework import serializers

from common.api.serializers import CleanObject, Day, Instant, StrictBoolean, StrictInteger
from common.csv_files import Unreadable
from common.models import Load
from crm.services.taking_in import ListKind
from crm.shapes import Reference

Item = dict[str, Any]


class Refused(Exception):
    """Why a file as a whole is refused after it was read; nothing of it has been stored."""


@dataclass(frozen=True)
class LoadKind:
    """Rows of one kind as lines of a CSV file.

    A column is a field of the shape, `field.source` beside a reference, or one of `extra` (name -> what it means; a
    name that ends in `.*` stands for many). `arrange(items, columns)` brings the extra ones of many items into the form
    of the shape and may look things up; `columns`: those that the file has, empty cells or not. `column(path, item)`:
    the column that a path in an arranged item came from. `at_once`: rows refer to each other, so a file of up to 32 MB
    is taken as one list.

    `whole`: all of a file or nothing, in one transaction; `settle(load)` then has the last word and may raise Refused.
    What it needs to know comes in `Load.options["given"]`, which `arguments` adds to the command; `labels`: {argument:
    what it is called on a page, where that is not its name}.
    """

    rows: ListKind
    title: str
    extra: Mapping[str, str] = field(default_factory=dict)
    arrange: Callable[[list[Item], Collection[str]], None] = lambda _items, _columns: None
    column: Callable[[str, Item], str] = lambda path, _item: path
    at_once: bool = False
    whole: bool = False
    settle: Callable[[Load], None] = lambda _: None
    arguments: Callable[[ArgumentParser], None] = lambda _: None
    labels: Mapping[str, str] = field(default_factory=dict)
    given: Callable[[Mapping[str, Any]], dict[str, Any]] = lambda _: {}
    fast: type[Any] | None = None  # crm.services.loading.fast.lane.Lane

    @property
    def name(self) -> str:
        return self.rows.name

    def columns(self) -> dict[str, str]:
        """{column: what it means}, for the docs and for whoever maps a file."""
        found: dict[str, str] = {}
        for name, shape in self.rows.shape().fields.items():
            if isinstance(shape, serializers.ListSerializer):
                continue  # a list has no place in one cell; `extra` says how it comes
            if isinstance(shape, CleanObject):
                found[f"{name}.*"] = str(shape.help_text or "Any other figure or text, under its name.")
                continue
            found[name] = _meaning(name, shape)
            if isinstance(shape, Reference):
                found[f"{name}.source"] = "The source that gave this id. Left out: the file's own."
        return found | dict(self.extra)

    def required(self) -> list[str]:
        return [name for name, shape in self.rows.shape().fields.items() if shape.required]

    def knows(self, column: str) -> bool:
        known = self.columns()
        return column in known or any(name.endswith(".*") and column.startswith(name[:-1]) for name in known)

    def items(self, rows: Sequence[Mapping[str, str | list[str]]]) -> list[Item]:
        """The rows ({column: cell}) in the form of the shape. An empty cell is one that was left out, a list one whose
        parts are known already."""
        shapes = self.rows.shape().fields
        items = [_item(cells, shapes) for cells in rows]
        self.arrange(items, rows[0].keys() if rows else ())
        return items


def _meaning(name: str, shape: serializers.Field[Any, Any, Any, Any]) -> str:
    if shape.help_text:
        return str(shape.help_text)
    if isinstance(shape, serializers.ChoiceField):
        return f"One of {', '.join(map(str, shape.choices))}."
    if name == "external_id":
        return "By which the source knows it."
    return next((words for kind, words in _MEANINGS.items() if isinstance(shape, kind)), "")


_MEANINGS: dict[type[Any], str] = {
    Instant: "A moment with its offset, such as 2026-11-23T14:30:00+00:00.",
    Day: "A day such as 2026-11-23.",
    Reference: "An external id.",
    StrictBoolean: "true or false.",
}


def _item(cells: Mapping[str, str | list[str]], shapes: Mapping[str, serializers.Field[Any, Any, Any, Any]]) -> Item:
    item: Item = {}
    for name, cell in cells.items():
        if not cell or (isinstance(cell, str) and cell.isspace()):
            continue
        first, dot, rest = name.partition(".")
        shape = shapes.get(first)
        if dot and isinstance(shape, CleanObject):
            item.setdefault(first, {})[rest] = cell
        elif not (dot and isinstance(shape, Reference)):
            item[name] = typed(cell, shape) if isinstance(cell, str) else cell
    for name in [name for name in cells if name.endswith(".source") and str(cells[name]).strip()]:
        first = name.removesuffix(".source")
        if first in item and isinstance(shapes.get(first), Reference):
            item[first] = {"source": cells[name], "external_id": item[first]}
    return item


def typed(cell: str, shape: Any) -> Any:
    """A cell as the shape's field wants it; what cannot be is left as text, and the shape says so."""
    if isinstance(shape, StrictBoolean):
        return boolean(cell)
    return integer(cell) if isinstance(shape, StrictInteger) else cell


BOOLEANS = {**dict.fromkeys(("true", "yes", "y", "1"), True), **dict.fromkeys(("false", "no", "n", "0"), False)}


# what fields say of JSON, as it has to be said of a cell
OF_CELLS = {
    StrictBoolean.default_error_messages["invalid"]: f"Give one of {', '.join(BOOLEANS)}.",
    StrictInteger.default_error_messages["invalid"]: "Give a whole number, such as 9.",
}


def boolean(cell: str) -> bool | str:
    return BOOLEANS.get(cell.strip().lower(), cell)


def integer(cell: str) -> int | str:
    text = cell.strip()
    digits = text.removeprefix("-")
    return int(text) if digits.isascii() and digits.isdigit() and len(digits) <= 18 else cell


class OwnWay(Protocol):
    """A kind with options and a reader of its own, such as answers collected elsewhere."""

    name: str
    title: str

    def add_arguments(self, parser: ArgumentParser) -> None: ...

    def run(self, path: Path, options: Mapping[str, Any], *, at: datetime, progress: Callable[[int], None]) -> Load:
        """Load the file, telling `progress` how many rows are in. Raises Unreadable if it cannot be taken."""


_kinds: dict[str, LoadKind] = {}
_own_ways: dict[str, OwnWay] = {}


def register(kind: LoadKind) -> None:
    """Take files of this kind from now on. Called when an app's `file_kinds` is imported."""
    _kinds[kind.name] = kind


def register_own_way(way: OwnWay) -> None:
    _own_ways[way.name] = way


def kinds() -> dict[str, LoadKind]:
    """All kinds by name, in the order of registration."""
    return dict(_kinds)


def own_ways() -> dict[str, OwnWay]:
    return dict(_own_ways)


def kind_named(name: str) -> LoadKind:
    if name not in _kinds:
        raise Unreadable(f"There are no files of {name!r}; known are {', '.join(sorted(_kinds))}.")
    return _kinds[name]
