"""Changes of tables that are in use: nobody who reads or writes them may have to wait."""

from __future__ import annotations

from django.db.migrations import AlterField, RunSQL, SeparateDatabaseAndState


def without_index(change: AlterField, *, index: str, on: str, like: bool = False) -> SeparateDatabaseAndState:
    """`change` takes from a field the `index` that Django made for it, `on` 'table (column)', and no more; `like`: the
    one for LIKE with it. Dropped, and on the way back made, beside the running house: the migration is not atomic."""
    made = {index: on} | ({f"{index}_like": on.replace(")", " varchar_pattern_ops)")} if like else {})
    drop = tuple(f'DROP INDEX CONCURRENTLY IF EXISTS "{name}"' for name in made)
    make = tuple(f'CREATE INDEX CONCURRENTLY "{name}" ON {place}' for name, place in made.items())
    # a making that was interrupted leaves an index that serves nobody: it goes first
    return SeparateDatabaseAndState(database_operations=[RunSQL(drop, drop + make)], state_operations=[change])


# PostgreSQL lets nobody drop or retype a column that a view shows
DROP_VIEWS = """
DO $$ DECLARE found record; BEGIN
    FOR found IN SELECT viewname FROM pg_views WHERE schemaname = 'bi' LOOP
        EXECUTE format('DROP VIEW IF EXISTS bi.%I CASCADE', found.viewname);
    END LOOP;
END $$
"""


def without_bi_views() -> RunSQL:
    """First in a migration that drops, retypes or renames a column which the `bi` schema shows. The views must come
    back: in the same release, analytics gets a migration that makes them and depends on that one (analytics/bi)."""
    return RunSQL(DROP_VIEWS, RunSQL.noop)
