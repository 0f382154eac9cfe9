"""Who may read the `bi` schema from outside."""

from __future__ import annotations

from django.db import connection, transaction
from psycopg import sql

from analytics.bi.making import SCHEMA

PATIENCE = "60s"  # of one query
RIGHTS = (
    "GRANT USAGE ON SCHEMA {schema} TO {role}",
    "GRANT SELECT ON ALL TABLES IN SCHEMA {schema} TO {role}",
    "ALTER DEFAULT PRIVILEGES IN SCHEMA {schema} GRANT SELECT ON TABLES TO {role}",  # views that are made anew
    "ALTER ROLE {role} SET default_transaction_read_only = on",
    "ALTER ROLE {role} SET statement_timeout = {patience}",
    "ALTER ROLE {role} SET search_path = {schema}",
)


@transaction.atomic
def grant_bi(*, role: str, password: str = "") -> bool:
    """Let `role` read the views and nothing else, each query for at most PATIENCE; True if it had to be created. A role
    that has other rights keeps them."""
    named = {"role": sql.Identifier(role), "schema": sql.Identifier(SCHEMA), "patience": sql.Literal(PATIENCE)}
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [role])
        created = cursor.fetchone() is None
        if created:
            cursor.execute(sql.SQL("CREATE ROLE {role} LOGIN").format(**named))
        if password:
            cursor.execute(sql.SQL("ALTER ROLE {role} PASSWORD {word}").format(**named, word=sql.Literal(password)))
        for right in RIGHTS:
            cursor.execute(sql.SQL(right).format(**named))
    return created
