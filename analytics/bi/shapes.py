"""What a view is made of. Pure: text in, SQL out."""

from __future__ import annotations

from typing import NamedTuple

KEYS = "analytics_bikey"  # one row: what pseudonyms are made with; no role but ours may read it


class Column(NamedTuple):
    name: str
    sql: str
    about: str


class View(NamedTuple):
    """A view and the words that stand with it in the database and on the page."""

    name: str
    about: str
    columns: tuple[Column, ...]
    source: str  # FROM and what follows

    @property
    def sql(self) -> str:
        shown = ", ".join(f"{column.sql} AS {column.name}" for column in self.columns)
        return f"SELECT {shown} {self.source}"


def pseudonym(kind: str, row: str) -> str:
    """SQL for a name that says nothing about anybody and is the same in all views: a hash of the id with a secret key,
    nested as in HMAC. NULL where there is nobody. Whoever uses it has `KEYS` in FROM as k."""
    told = f"convert_to('{kind}:' || ({row})::text, 'UTF8')"
    return f"left(encode(sha256(k.key || sha256(k.key || {told})), 'hex'), 32)"


def customer_of(alias: str) -> str:
    """The pseudonym of the canonical customer, from a joined row of crm_customer."""
    return pseudonym("customer", f"coalesce({alias}.canonical_id, {alias}.id)")


def employee_of(row: str) -> str:
    return pseudonym("employee", row)


def local_day(moment: str, unit: str) -> str:
    """The day where the unit is."""
    return f"({moment} AT TIME ZONE {unit}.zone)::date"
