"""The declared rollups. One entry is all it takes: `services/filling/` fills, refills and rebuilds what stands here.

docs/rollups.md documents each entry; a test holds the two together.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import LiteralString

from django.db import models

from analytics.models import (
    AnswerFact,
    InvitationFact,
    UnitDayDispositions,
    UnitDayScores,
    UnitMonthProducts,
    UnitMonthScores,
)


@dataclass(frozen=True)
class Rollup:
    """A table of counts by `keys`, computed from `source` and from nothing else.

    `keys` are fields that source and target share; the first two are unit and day, the cell that late and changed
    answers make dirty; or unit and month, the first day of which the target has where the source has days. `counts`
    names columns of the target and, for each, the condition (SQL over the source's columns) of the rows it counts;
    `sums` are columns of both that are added up. What makes a cell of the first rollup of a list dirty makes those of
    the others dirty; one whose source is the target of another stands after it.
    """

    name: str
    target: type[models.Model]
    source: type[models.Model]
    keys: tuple[str, ...]
    counts: tuple[tuple[str, LiteralString], ...] = ()
    sums: tuple[str, ...] = ()

    @property
    def columns(self) -> list[str]:
        """Of the target, that hold a figure."""
        return [*(name for name, _ in self.counts), *self.sums]

    @property
    def by_month(self) -> bool:
        return self.keys[1] == "month"

    @property
    def key_columns(self) -> list[str]:
        columns = {field.name: str(field.column) for field in self.target._meta.concrete_fields}
        return [columns[key] for key in self.keys]


_HISTOGRAM: tuple[tuple[str, LiteralString], ...] = (
    ("s0", "score = 0"),
    ("s1", "score = 1"),
    ("s2", "score = 2"),
    ("s3", "score = 3"),
    ("s4", "score = 4"),
    ("s5", "score = 5"),
    ("s6", "score = 6"),
    ("s7", "score = 7"),
    ("s8", "score = 8"),
    ("s9", "score = 9"),
    ("s10", "score = 10"),
    ("loaded", "loaded"),
)
OF_ANSWERS: tuple[Rollup, ...] = (
    Rollup(
        name="unit_day_scores",
        target=UnitDayScores,
        source=AnswerFact,
        keys=("unit", "day", "program", "channel"),
        counts=_HISTOGRAM,
    ),
    Rollup(
        name="unit_month_scores",
        target=UnitMonthScores,
        source=UnitDayScores,
        keys=("unit", "month", "program", "channel"),
        sums=("s0", "s1", "s2", "s3", "s4", "s5", "s6", "s7", "s8", "s9", "s10", "loaded"),
    ),
    Rollup(
        name="unit_month_products",
        target=UnitMonthProducts,
        source=AnswerFact,
        keys=("unit", "month", "product"),
        counts=_HISTOGRAM,
    ),
)
OF_INVITATIONS: tuple[Rollup, ...] = (
    Rollup(
        name="unit_day_dispositions",
        target=UnitDayDispositions,
        source=InvitationFact,
        keys=("unit", "day", "program", "channel"),
        counts=(
            ("complete", "disposition = 'complete'"),
            ("partial", "disposition = 'partial'"),
            ("break_off", "disposition = 'break_off'"),
            ("refused", "disposition = 'refused'"),
            ("silent", "disposition = 'silent'"),
            ("open", "disposition = 'open'"),
            ("bounced", "disposition = 'bounced'"),
            ("not_delivered", "disposition = 'not_delivered'"),
            ("unknown_delivery", "disposition = 'unknown_delivery'"),
            ("not_asked", "disposition = 'not_asked'"),
            ("waiting", "disposition = 'waiting'"),
        ),
        sums=("clicks", "automatic"),
    ),
)
ROLLUPS = OF_ANSWERS + OF_INVITATIONS
