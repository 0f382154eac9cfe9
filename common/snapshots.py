"""Reports that read several times what others change meanwhile."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

from django.db import connection, transaction

P = ParamSpec("P")
T = TypeVar("T")


def one_moment(report: Callable[P, T]) -> Callable[P, T]:
    """Have all that `report` reads be of one moment, so that its parts add up. It may not write what others do. Inside
    a transaction it reads as that one does."""

    @wraps(report)
    def read(*args: P.args, **kwargs: P.kwargs) -> T:
        if connection.in_atomic_block:
            return report(*args, **kwargs)
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
            return report(*args, **kwargs)

    return read
