"""What a tool that fills the landing tables may do: write the columns that are its own, read all, and nothing else."""

from __future__ import annotations

from django.db import connection, transaction

from crm.services.landing.tables import TABLES


def grants(role: str) -> list[str]:
    """The statements that let the database role `role` write into the landing tables. It cannot mark rows as taken."""
    name = connection.ops.quote_name(role.replace('"', '""'))
    found = [f"GRANT USAGE ON SCHEMA landing TO {name}"]
    for table in TABLES.values():
        own = ", ".join(("source", *table.columns))
        found.append(f"GRANT SELECT, INSERT ({own}) ON {table.place} TO {name}")
    return found


@transaction.atomic
def grant(role: str) -> None:
    """Run them. The role must exist; the caller must own the schema."""
    with connection.cursor() as cursor:
        for statement in grants(role):
            cursor.execute(statement)
