"""Databases to measure on: each migrated, empty and of its own, in an embedded server under var/pg-bench."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import LiteralString

import psycopg
from psycopg import sql

from common import embedded_pg

HOUSE = Path(__file__).resolve().parent.parent
ROOT = HOUSE / "var" / "pg-bench"


def fresh(name: str) -> str:
    """The URL of an empty, migrated database called `name`, whatever stood there before."""
    migrated = embedded_pg.ensure(ROOT)
    command = [sys.executable, "manage.py", "migrate", "--verbosity", "0"]
    subprocess.run(command, check=True, cwd=HOUSE, env={**os.environ, "DATABASE_URL": migrated})
    return copy(embedded_pg.NAME, name)


def copy(source: str, name: str) -> str:
    """Make `name` an exact copy of the database `source`, to which nobody is connected; its URL."""
    forget(name)
    _do("CREATE DATABASE {} TEMPLATE {} STRATEGY file_copy", name, source)
    return url(name)


def forget(name: str) -> None:
    _do("DROP DATABASE IF EXISTS {} WITH (FORCE)", name)


def url(name: str) -> str:
    return embedded_pg.url(ROOT).replace(f"/{embedded_pg.NAME}?", f"/{name}?")


def _do(statement: LiteralString, *names: str) -> None:
    with psycopg.connect(url("postgres"), autocommit=True) as connection:
        connection.execute(sql.SQL(statement).format(*map(sql.Identifier, names)))
