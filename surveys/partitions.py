"""Monthly partitions of `surveys_decision`: made for the months that a run touches, and ahead of time every day."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from django.db import connection, transaction

from common.claims import one_at_a_time

# ATTACH locks the parent only against other DDL; PARTITION OF would lock out readers
CREATE = """
CREATE TABLE {name} (LIKE surveys_decision INCLUDING DEFAULTS INCLUDING INDEXES);
ALTER TABLE surveys_decision ATTACH PARTITION {name} FOR VALUES FROM ('{start}') TO ('{end}');
"""


def month_of(day: date) -> date:
    return day.replace(day=1)


def next_month(day: date) -> date:
    return date(day.year + day.month // 12, day.month % 12 + 1, 1)


def name_of(month: date) -> str:
    return f"surveys_decision_{month:%Y_%m}"


def ensure_partitions(days: Iterable[date]) -> list[str]:
    """Create the partitions of the months that `days` fall into; returns the names of the new ones. Call it in a
    transaction: until its end no other makes any, so that none is made twice."""
    wanted = {name_of(month): month for month in map(month_of, days)}
    if set(wanted) == _existing(list(wanted)):  # nearly always
        return []
    one_at_a_time("make partitions of decisions")
    made = sorted(set(wanted) - _existing(list(wanted)))
    with connection.cursor() as cursor:
        for name in made:
            month = wanted[name]
            cursor.execute(CREATE.format(name=name, start=month.isoformat(), end=next_month(month).isoformat()))
    return made


def _existing(names: list[str]) -> set[str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT relname FROM pg_class WHERE relname = ANY(%s) AND relkind = 'r'", [names])
        return {row[0] for row in cursor.fetchall()}


def ensure_partitions_ahead(*, today: date, months: int = 2) -> list[str]:
    """The partitions of this month and the `months` after it, so that the trigger finds them made."""
    days = [today]
    for _ in range(months):
        days.append(next_month(days[-1]))
    with transaction.atomic():
        return ensure_partitions(days)
