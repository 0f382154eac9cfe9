"""What PostgreSQL's planner believes about tables. After a load of thousands of rows it still believes in the tables of
before, until autovacuum looks again: reports then take minutes that take seconds.
"""

from __future__ import annotations

from django.db import connection
from psycopg import sql

MANY = 10_000
_CHANGED = """
SELECT relname FROM pg_stat_user_tables
WHERE schemaname = current_schema() AND n_mod_since_analyze >= greatest(%s, n_live_tup / 10) ORDER BY relname
"""


def learn_sizes(*, least: int = MANY) -> list[str]:
    """ANALYZE the tables of which a tenth, and at least so many rows, came or changed since that was done last; which.
    Inside a transaction none: what it wrote is not told yet."""
    if connection.in_atomic_block:
        return []
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_stat_force_next_flush()")
        cursor.execute(_CHANGED, [least])
        tables = [row[0] for row in cursor.fetchall()]
        if tables:
            names = sql.SQL(", ").join(map(sql.Identifier, tables))
            cursor.execute(sql.SQL("ANALYZE {}").format(names).as_string(None))
    return tables
