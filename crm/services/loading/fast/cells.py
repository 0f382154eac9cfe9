"""When a cell is surely fine, and what it then means: in SQL, over `load_rows r`.

Each pattern says less than the Python that it stands for: what it lets pass, that takes with the same meaning.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from crm.attributes import MAX_STRING
from crm.services.loading.kinds import BOOLEANS
from crm.services.loading.layouts import Layout

_DAY = (
    "(19[7-9][0-9]|20[0-9][0-9])-((0[1-9]|1[0-2])-(0[1-9]|1[0-9]|2[0-8])|(0[13-9]|1[0-2])-(29|30)|(0[13578]|1[02])-31)"
)
_TIME = "[T ]([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9]([.]([0-9]{3}|[0-9]{6}))?)?"
_OFFSET = "(Z|[+-](0[0-9]|1[0-3]):[0-5][0-9])"
DAY, INSTANT = f"'^{_DAY}$'", f"'^{_DAY}{_TIME}{_OFFSET}$'"
LANGUAGE = "'^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*$'"


def quoted(text: str) -> str:
    return "'{}'".format(text.replace("'", "''"))


def one_of(texts: Sequence[str]) -> str:
    return ", ".join(map(quoted, texts))


TRUE, FALSE = (one_of([text for text, means in BOOLEANS.items() if means is way]) for way in (True, False))


@dataclass(frozen=True)
class Cells:
    """The cells of a row, by field."""

    layout: Layout

    def __contains__(self, name: str) -> bool:
        return name in self.layout.places or name in self.layout.fixed

    def __getitem__(self, name: str) -> str:
        """The text of the cell; empty where the file has no such column."""
        if name in self.layout.places:
            return f"r.c{self.layout.places[name]}"
        return f"{quoted(self.layout.fixed.get(name, ''))}::text"

    def all(self) -> str:
        """The cells of all columns that are taken, parted by a letter that none of them may hold."""
        return (
            f"concat_ws(U&'\\001F', {', '.join(f'r.c{place}' for place in sorted(set(self.layout.places.values())))})"
        )

    def named(self, prefix: str) -> list[str]:
        """The rest of the names of the fields that begin with `prefix`."""
        names = [*self.layout.places, *self.layout.fixed]
        return [name.removeprefix(prefix) for name in names if name.startswith(prefix)]

    def source(self, name: str) -> str:
        """The source of a reference, as its own cell says; empty: the file's."""
        return self[f"{name}.source"]

    def instant(self, name: str, otherwise: str | None = None) -> str:
        """A moment; NULL if it is not surely one. `otherwise`: what an empty cell means."""
        cell = self[name]
        empty = f"WHEN {cell} = '' THEN {otherwise} " if otherwise else ""
        if name not in self:
            return otherwise or "NULL::timestamptz"
        return f"CASE {empty}WHEN {cell} ~ {INSTANT} THEN {cell}::timestamptz END"

    def fits(self, name: str, length: int, *, blank: bool = True) -> str:
        cell = self[name]
        return f"length({cell}) <= {length}" if blank else f"length({cell}) BETWEEN 1 AND {length}"


def json_object(values: Mapping[str, str]) -> str:
    """The values that are not NULL, by their names. (A function takes no more than 100 arguments.)"""
    pairs = [f"{quoted(name)}, {value}" for name, value in values.items()]
    built = [f"jsonb_build_object({', '.join(pairs[start : start + 40])})" for start in range(0, len(pairs), 40)]
    return f"jsonb_strip_nulls({' || '.join(built)})" if built else "'{}'::jsonb"


def attribute_is_fine(cell: str, kind: str, *, required: bool) -> str:
    """Does the cell surely keep to what its kind of interaction declares?"""
    checks = {
        "string": f"length({cell}) <= {MAX_STRING}",
        "integer": f"({cell} = '' OR {cell} ~ '^-?[0-9]{{1,18}}$')",
        "boolean": f"({cell} = '' OR lower({cell} COLLATE \"C\") IN ({TRUE}, {FALSE}))",
        "decimal": f"({cell} = '' OR {cell} ~ '^-?[0-9]{{1,15}}([.][0-9]{{1,10}})?$')",
        "date": f"({cell} = '' OR {cell} ~ {DAY})",
        "datetime": f"({cell} = '' OR {cell} ~ {INSTANT})",
        "strings": f"(length({cell}) <= {MAX_STRING} AND strpos({cell}, ';') = 0)",  # one text, or none
    }
    return checks.get(kind, f"{cell} = ''") + (f" AND {cell} <> ''" if required else "")


def attribute_value(cell: str, kind: str) -> str:
    """What it then means, for a JSON object; NULL for an empty cell."""
    if kind == "integer":
        return f"nullif({cell}, '')::bigint"
    if kind == "boolean":
        return f"CASE WHEN {cell} <> '' THEN lower({cell} COLLATE \"C\") IN ({TRUE}) END"
    if kind == "strings":
        return f"CASE WHEN {cell} <> '' THEN jsonb_build_array({cell}) END"
    return f"nullif({cell}, '')"
