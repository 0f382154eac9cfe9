"""The declared rollups. One entry is all it takes: `services/filling.py` fills, refills and rebuilds what stands here.

docs/rollups.md documents each entry; a test holds the two together.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import LiteralString

from django.db import models

from analytics.models import AnswerFact, UnitDayScores


@dataclass(frozen=True)
class Rollup:
    """A table of counts by `keys`, computed from `source` and from nothing else.

    `keys` are fields that source and target share; the first two are unit and day, the cell that late and changed
    answers make dirty. `counts` names columns of the target and, for each, the condition (SQL over the source's
    columns) of the rows it counts.
    """

    name: str
    target: type[models.Model]
    source: type[models.Model]
    keys: tuple[str, ...]
    counts: tuple[tuple[str, LiteralString], ...]

    @property
    def key_columns(self) -> list[str]:
        columns = {field.name: str(field.column) for field in self.target._meta.concrete_fields}
        return [columns[key] for key in self.keys]


ROLLUPS: tuple[Rollup, ...] = (
    Rollup(
        name="unit_day_scores",
        target=UnitDayScores,
        source=AnswerFact,
        keys=("unit", "day", "program", "channel"),
        counts=(
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
        ),
    ),
)
