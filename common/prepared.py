"""A cursor whose statements PostgreSQL plans once per connection, not each time: for the few that run hundreds of times
a second, where planning takes longer than execution. (Django's own cursors bind on the client, which always replans.)

Parameters are bound by the server, so a statement has to say their types where they do not follow from a column.
A pooler that hands each transaction another connection must know prepared statements (PgBouncer from 1.21 on).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, cast

import psycopg
from django.db import connection
from django.db.backends.utils import CursorWrapper


class _Planned(psycopg.Cursor[Any]):
    """Not to be used on its own: `prepared_cursor` wraps it as Django wraps its cursors, so that errors and query
    counts are the same."""

    def execute(self, query: Any, params: Any = None, **options: Any) -> _Planned:
        return super().execute(query, params, **{"prepare": True, **options})

    def _convert_query(self, query: Any, params: Any = None) -> Any:
        self._query = super()._convert_query(query, params)  # where Django's log of queries reads the statement
        return self._query


@contextmanager
def prepared_cursor() -> Iterator[CursorWrapper]:
    """As `connection.cursor()`, on the same connection and in the same transaction."""
    with connection.cursor() as cursor:
        cursor.cursor.close()
        cursor.cursor = cast("Any", _Planned(connection.connection))
        yield cursor
