"""Two transactions that lock the same rows in another order wait for each other, in a ring; the database ends one."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from django.db import OperationalError
from psycopg.errors import DeadlockDetected

T = TypeVar("T")
TRIES = 5


def out_of_ring(work: Callable[[], T], *, before_again: Callable[[], object] = lambda: None) -> T:
    """What `work` gives, which is a transaction (or a part of one) that may be done again: it is, up to TRIES times,
    where the database ended it so that another could go on."""
    for _ in range(TRIES - 1):
        try:
            return work()
        except OperationalError as error:
            if not isinstance(error.__cause__, DeadlockDetected):
                raise
            before_again()
    return work()
