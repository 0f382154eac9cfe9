"""The one way to take rows whose hand-over mark is empty (docs/architecture.md, "How things travel up").

Rows that leave the house (mail) are claimed by lease: `common.models.outgoing`.
"""

from __future__ import annotations

from typing import TypeVar

from django.db import connection, models

T = TypeVar("T", bound=models.Model)


def take_unmarked(queryset: models.QuerySet[T], mark: str, *, limit: int = 500) -> list[T]:
    """Lock up to `limit` rows of `queryset` whose `mark` is empty, oldest first, skipping what others hold.

    Call it inside `transaction.atomic()` and set the mark in that same transaction (`set_mark`).
    """
    unmarked = queryset.filter(**{f"{mark}__isnull": True}).order_by("pk")
    return list(unmarked.select_for_update(skip_locked=True, of=("self",))[:limit])


def set_mark(rows: list[T], mark: str, at: object) -> int:
    """Set the hand-over mark of rows taken by `take_unmarked`, in one statement."""
    if not rows:
        return 0
    return type(rows[0])._base_manager.filter(pk__in=[row.pk for row in rows]).update(**{mark: at})


def one_at_a_time(work: str) -> None:
    """Wait until no other transaction does `work`, and keep others out until this one ends."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [work])
