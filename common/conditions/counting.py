"""How many rows a condition is true of, while somebody builds it: exactly where that is quick, else from a sample.

Three statements at most, each ended by the database after its time. What is estimated says so, with its interval:
every k-th row (by a hash of its id, so each by itself with chance 1/k) is looked at; of h hits the estimate is h*k with
the standard error sqrt(h*k*(k-1)); of no hit, fewer than 3k with 95 % confidence.
"""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db import OperationalError, connection, transaction
from django.db.models import BigIntegerField, Count, F, Func, IntegerField, Q, QuerySet, Value
from psycopg.errors import QueryCanceled

from common.arrays import OneOf

PATIENCE = 2_000  # ms for a count
SHORT = 1_000  # ms for a few rows to show
LOOKED_AT = 5_000  # rows in a sample, about


@dataclass(frozen=True)
class Found:
    """`total`: None where even the sample took too long. `margin`: of an estimate, half of its 95 % interval."""

    total: int | None
    every: int = 1  # each how manyth row was looked at
    margin: int = 0
    by_unit: dict[int, int] = field(default_factory=dict)  # as estimated
    ids: tuple[int, ...] = ()  # of hits in the sample

    @property
    def exact(self) -> bool:
        return self.total is not None and self.every == 1

    @property
    def least(self) -> int:
        return max(0, (self.total or 0) - self.margin)

    @property
    def most(self) -> int:
        return (self.total or 0) + self.margin


def count(
    rows: QuerySet[Any], condition: Q, where: str, *, patience: int = PATIENCE, looked_at: int = LOOKED_AT
) -> Found:
    """How many of `rows` the condition is true of, in all and by `where`. `patience` in ms for each of two tries."""
    rows = rows.order_by()
    try:
        with bounded(patience):
            return Found(**_tally(rows.filter(condition), where))
    except TookTooLong:
        pass
    try:
        with bounded(patience, enable_seqscan="off"):  # looks up the sampled rows, and asks nothing of others
            return _estimate(rows, condition, where, looked_at)
    except TookTooLong:
        return Found(total=None)


def newest(rows: QuerySet[Any], condition: Q, at: str, found: Found, most: int) -> list[Any]:
    """Some of the rows that the condition is true of, the newest first (by `at`, if they have a moment); of a condition
    that is hardly ever true, those of the sample."""
    order = (f"-{at}", "-pk") if at else ("-pk",)
    try:
        with bounded(SHORT):
            return list(rows.filter(condition).order_by(*order)[:most])
    except TookTooLong:
        return list(rows.filter(pk__in=found.ids[:most]).order_by(*order))


class TookTooLong(Exception):
    """The database ended a statement after its time."""


@contextmanager
def bounded(milliseconds: int, **settings: str) -> Iterator[None]:
    """A transaction whose statements the database ends after so long; `settings` hold within it. Raises TookTooLong."""
    settings = {**settings, "statement_timeout": str(milliseconds)}
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT name, setting FROM pg_settings WHERE name = ANY(%s)", [list(settings)])
            before = dict(cursor.fetchall())
            _set(cursor, settings)
            yield
            _set(cursor, before)
    except OperationalError as error:
        if isinstance(error.__cause__, QueryCanceled):
            raise TookTooLong from error
        raise


def _set(cursor: Any, settings: dict[str, str]) -> None:
    for name, value in settings.items():
        cursor.execute("SELECT set_config(%s, %s, true)", [name, value])


def _tally(rows: QuerySet[Any], where: str) -> dict[str, Any]:
    by_unit = dict(rows.values_list(where).annotate(rows=Count("pk")))
    return {"total": sum(by_unit.values()), "by_unit": by_unit}


def _estimate(rows: QuerySet[Any], condition: Q, where: str, wanted: int) -> Found:
    every = max(1, math.ceil(_expected(rows) / wanted))
    part = Func(F("pk"), Value(every), template="abs(hashint8(%(expressions)s)", arg_joiner=") %% ")
    part.output_field = IntegerField()
    looked_at = list(rows.alias(part=part).filter(part=0).values_list("pk", flat=True)[: 4 * wanted])
    array = Value(looked_at, ArrayField(BigIntegerField()))
    # the ids by themselves, so that the database cannot ask the condition of more rows than these
    hits = list(rows.model._base_manager.filter(OneOf(F("pk"), array), condition).values_list("pk", where))
    margin = 1.96 * math.sqrt(len(hits) * every * (every - 1)) if hits else 3 * (every - 1)
    by_unit = Counter(unit for _, unit in hits)
    return Found(
        total=len(hits) * every,
        every=every,
        margin=math.ceil(margin),
        by_unit={unit: number * every for unit, number in by_unit.items()},
        ids=tuple(pk for pk, _ in hits),
    )


def _expected(rows: QuerySet[Any]) -> int:
    """How many rows the database expects, from its own figures."""
    plan = json.loads(rows.explain(format="json"))
    return int(plan[0]["Plan"]["Plan Rows"])
