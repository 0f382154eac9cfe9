"""Rows that really fail: a trigger in the database raises, or kills whoever writes, when a stage touches them."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from datetime import datetime

from django.db import connection, models

from tests.faults.forking import status_of


def poison(model: type[models.Model], ids: Iterable[int], *, how: str = "RAISE EXCEPTION 'poison'") -> None:
    """From now on every UPDATE of these rows runs `how` (PL/pgSQL). Undone with the test's transaction, or `heal`."""
    table = model._meta.db_table
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE TABLE IF NOT EXISTS poisoned_{table} (id bigint)")
        cursor.executemany(f"INSERT INTO poisoned_{table} VALUES (%s)", [(pk,) for pk in ids])
        cursor.execute(f"""
            CREATE OR REPLACE FUNCTION poison_{table}() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN
                IF NEW.id IN (SELECT id FROM poisoned_{table}) THEN {how}; END IF;
                RETURN NEW;
            END $$
        """)
        cursor.execute(f"""
            CREATE OR REPLACE TRIGGER poison BEFORE UPDATE ON {table} FOR EACH ROW EXECUTE FUNCTION poison_{table}()
        """)


def heal(model: type[models.Model]) -> None:
    table = model._meta.db_table
    with connection.cursor() as cursor:
        cursor.execute(f"DROP TRIGGER IF EXISTS poison ON {table}")
        cursor.execute(f"DROP FUNCTION IF EXISTS poison_{table}()")
        cursor.execute(f"DROP TABLE IF EXISTS poisoned_{table}")


def worker_that_dies_at_a_notice(stage: Callable[..., object], at: datetime) -> int:
    """A process of its own does all that waits for `stage`, and is gone when a row does `RAISE NOTICE`: its status."""

    def work() -> None:
        connection.ensure_connection()
        connection.connection.add_notice_handler(lambda _: os._exit(9))
        while stage(at=at):
            pass

    return status_of(work)
