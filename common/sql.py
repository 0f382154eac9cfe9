"""Queries of the ORM: as a part of a larger statement, and as the planner is to take them."""

from __future__ import annotations

import re
from typing import Any

from django.db import DEFAULT_DB_ALIAS
from django.db.models import DateField, DateTimeField, Func, QuerySet


def named_sql(rows: QuerySet[Any, Any], prefix: str) -> tuple[str, dict[str, Any]]:
    """A query as SQL with named values, to stand within a larger statement. One that can find nothing (a condition that
    is true of no row) is a query all the same."""
    text, values = rows.query.get_compiler(DEFAULT_DB_ALIAS, elide_empty=False).as_sql()
    named = {f"{prefix}_{number}": value for number, value in enumerate(values)}
    names = iter(named)
    return re.sub(r"%%|%s", lambda found: found[0] if found[0] == "%%" else f"%({next(names)})s", text), named


class AmongOwn(Func):
    """A moment as it is, looked for among the rows of one: a planner that knows only that it lies within two years, or
    that the latest is wanted, goes through everybody's rows by time."""

    template = "((%(expressions)s) + interval '0')"
    output_field = DateTimeField()


class FirstOfMonth(Func):
    """The first day of a day's month. TruncMonth takes the day for a moment of the session's time zone first, which
    over many rows costs several times what is counted of them."""

    template = "date_trunc('month', (%(expressions)s)::timestamp)::date"
    output_field = DateField()
