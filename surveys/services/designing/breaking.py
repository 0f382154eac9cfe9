"""Where a series of scores breaks: from that day on a program asks in other words or on another scale."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from itertools import pairwise

from django.utils import timezone

from surveys.models import ProgramVersion


@dataclass(frozen=True)
class Break:
    """Scores of `program` from `on` are not figures of one thing with those before: version `number` begins there."""

    on: date
    program: str
    number: int

    @property
    def said(self) -> str:
        return (
            f"{self.on:%-d %B %Y}: {self.program} v{self.number} asks for the score in other words or on another scale."
            " What came before and after are not figures of one thing."
        )


def series_breaks(*, programs: Collection[str], start: date, end: date) -> list[Break]:
    """Those of these programs (codes) from `start` to `end`, the first one first; a query."""
    published = ProgramVersion.objects.filter(program__code__in=programs, published_at__isnull=False)
    rows = published.select_related("program").only("program__name", "number", "series", "published_at")
    found = [
        Break(_day(later), later.program.name, later.number)
        for earlier, later in pairwise(rows.order_by("program", "number"))
        if earlier.program_id == later.program_id and earlier.series != later.series
    ]
    return sorted((one for one in found if start <= one.on <= end), key=lambda one: (one.on, one.program))


def _day(version: ProgramVersion) -> date:
    if version.published_at is None:
        raise ValueError(f"{version} was never published.")
    return timezone.localdate(version.published_at)
