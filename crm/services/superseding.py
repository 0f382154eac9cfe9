"""Dated rows (`valid`, `recorded`): replacing what was known about some days without rewriting any row."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from django.contrib.postgres.fields import DateTimeRangeField
from django.core.exceptions import ValidationError
from django.db.backends.postgresql.psycopg_any import DateRange, DateTimeTZRange
from django.db.models import Func, Value

from crm.dated import Span
from crm.models import Assignment, Placement


def span_of(row: Placement | Assignment) -> Span:
    return Span(row.valid.lower or date.min, row.valid.upper)


def days(span: Span) -> DateRange:
    return DateRange(span.start, span.end)


def supersede(*, known: Sequence[Any], news: Sequence[Any], same: tuple[str, ...], at: datetime) -> None:
    """Add `news`, recorded from `at` on; rows of `known` alike in `same` give way on those days and keep the others.

    Inside the caller's transaction. `news` must not overlap one another.
    """
    if not news:
        return
    alike = defaultdict(list)
    for old in known:
        alike[_key(old, same)].append(old)
    replaced: dict[int, Any] = {}
    kept: dict[int, list[Span]] = {}
    for new in news:
        for old in alike[_key(new, same)]:
            if span_of(old).overlap(span_of(new)):
                replaced[old.pk] = old
                kept[old.pk] = [p for piece in kept.get(old.pk, [span_of(old)]) for p in piece.without(span_of(new))]
    pieces = [_copy(replaced[pk], piece) for pk, pieces in kept.items() for piece in pieces]
    close(list(replaced.values()), at=at)
    for row in (rows := [*pieces, *news]):
        row.recorded = DateTimeTZRange(at, None)
    type(news[0])._base_manager.bulk_create(rows)


def close(rows: Sequence[Any], *, at: datetime) -> None:
    """We know better since `at`. Rows recorded at that very moment were never known, and go."""
    if not rows:
        return
    if any(row.recorded.lower > at for row in rows):
        raise ValidationError("Something about these days was recorded later than that; give a later moment.")
    stored = type(rows[0])._base_manager.filter(pk__in=[row.pk for row in rows])
    stored.filter(recorded__startswith=at).delete()
    ended = Func(Func("recorded", function="lower"), Value(at), function="tstzrange", output_field=DateTimeRangeField())
    stored.update(recorded=ended)


def _key(row: Any, same: tuple[str, ...]) -> tuple[Any, ...]:
    return tuple(getattr(row, name) for name in same)


def _copy(row: Any, span: Span) -> Any:
    fields = {f.attname: getattr(row, f.attname) for f in row._meta.concrete_fields if not f.primary_key}
    return type(row)(**{**fields, "valid": days(span)})
