"""The test database is a copy of one that all migrations made, kept in the server while these stay as they are: copied
in seconds for each worker and each run, whatever the run before left behind."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db import connection

ROOT = Path(__file__).resolve().parents[1]
# what a migrated database comes out of; tests/house/test_migrations.py holds that migrations use nothing else of ours
SOURCES = ("*/migrations/*.py", "common/migrating.py", "analytics/bi/*.py", "requirements/runtime.txt")
KIND = "test_shopkeeper_made_by_"
TURN = 20261123  # the advisory lock of whoever makes or copies: the second worker waits for what the first one makes


def fingerprint(root: Path = ROOT) -> str:
    """The same for the same sources, whatever else changes."""
    digest = hashlib.sha256()
    for path in sorted(path for pattern in SOURCES for path in root.glob(pattern)):
        body = path.read_bytes()
        digest.update(f"{path.relative_to(root)} {len(body)}\n".encode() + body)
    return digest.hexdigest()[:16]


@pytest.fixture(scope="session")
def django_db_setup(
    django_test_environment: None, django_db_blocker: Any, django_db_modify_db_settings: None, quick_migrations: None
) -> None:
    """Instead of pytest-django's, which migrates for each worker, and goes through all migrations in each run."""
    with django_db_blocker.unblock():
        own, quoted = connection.creation._get_test_db_name(), connection.ops.quote_name
        with connection._nodb_cursor() as server:
            server.execute("SET lock_timeout = 0")  # to make one takes minutes
            server.execute("SELECT pg_advisory_lock(%s)", [TURN])
            made = _made(server)
            server.execute(f"DROP DATABASE IF EXISTS {quoted(own)} WITH (FORCE)")
            server.execute(f"CREATE DATABASE {quoted(own)} TEMPLATE {made}")
        _point_to(own)


def _made(server: Any) -> str:
    """The name of the migrated database, made now unless it stands. Those of other migrations go."""
    name = KIND + fingerprint()
    server.execute("SELECT datname FROM pg_database WHERE starts_with(datname, %s)", [KIND])
    found = {row[0] for row in server.fetchall()}
    for old in found - {name}:
        server.execute(f"DROP DATABASE {old} WITH (FORCE)")
    if name not in found:
        _migrate(f"{name}_draft")
        server.execute(f"ALTER DATABASE {name}_draft RENAME TO {name}")  # an interrupted one must not pass for it
        server.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false")  # nobody is within while it is copied
    return name


def _migrate(name: str) -> None:
    test: dict[str, Any] = connection.settings_dict["TEST"]
    kept, test["NAME"] = test["NAME"], name
    try:
        connection.creation.create_test_db(verbosity=0, autoclobber=True, serialize=False)
    finally:
        test["NAME"] = kept
        connection.close()


def _point_to(name: str) -> None:
    connection.close()
    settings.DATABASES[connection.alias]["NAME"] = connection.settings_dict["NAME"] = name
