"""What all tests of a file begin with, built once: each test runs in a savepoint above it and has copies of its own, as
with Django's setUpTestData. For files none of whose tests commits."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import transaction


@contextmanager
def standing(blocker: Any) -> Iterator[None]:
    """What is written within stays until the block ends. `blocker`: pytest-django's, which keeps others out."""
    with blocker.unblock(), transaction.atomic():
        yield
        transaction.set_rollback(True)
