"""What all tests of a file begin with, built once: each test runs in a savepoint above it and has copies of its own, as
with Django's setUpTestData. For files none of whose tests commits."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.db import transaction

DATABASE = {"db", "transactional_db", "live_server", "django_db_reset_sequences", "django_db_serialized_rollback"}
COMMITS = DATABASE - {"db"}


@contextmanager
def standing(blocker: Any) -> Iterator[None]:
    """What is written within stays until the block ends. `blocker`: pytest-django's, which keeps others out."""
    with blocker.unblock(), transaction.atomic():
        yield
        transaction.set_rollback(True)


def may_stand(module: pytest.Module, fixture: str) -> bool:
    """Whether all tests of the file that have a database begin with that fixture, and none commits."""
    tests = [item for item in module.session.items if isinstance(item, pytest.Function) and item.module is module.obj]
    return not any(map(_commits, tests)) and all(fixture in test.fixturenames for test in tests if needs_database(test))


def needs_database(test: pytest.Item) -> bool:
    """By a fixture of its own, or by its marker."""
    return bool(DATABASE & set(getattr(test, "fixturenames", ()))) or test.get_closest_marker("django_db") is not None


def _commits(test: pytest.Function) -> bool:
    """A marker that asks for more than the database asks for a transaction, sequences or all rows of its own."""
    marker = test.get_closest_marker("django_db")
    return bool(COMMITS & set(test.fixturenames)) or (marker is not None and bool(marker.args or marker.kwargs))
