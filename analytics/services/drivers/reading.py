"""Reading the explanatory columns of answers: one statement, streamed, into figures of four bytes each."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from typing import Any, NamedTuple
from uuid import UUID

import numpy as np
from django.db.models import BigIntegerField, CharField, Count, DateField, F, Func, Q, QuerySet
from django.db.models.functions import Coalesce, TruncDate

from analytics.maths.drivers.design import Block, Ints, Narrow
from analytics.services.drivers.candidates import Candidate
from analytics.services.tallying import Cut
from crm.services.organization.drawing import person
from surveys.models import Response
from surveys.models.public_links import PUBLIC

MOST_ROWS = 300_000  # beyond, a part of the answers by lot; the intervals of so many are narrow
BATCH = 5_000
OPTIONS = 6  # of a choice, the most frequent; the rest together are one more
OF_OPTION = 20  # answers, below which an option has no column of its own
TEXTS = 60  # different texts, beyond which a column is no choice
NUMBERS = {"true": 1.0, "false": 0.0}
REST = "all others"


@dataclass(frozen=True)
class Column:
    """A candidate's figures. `options`: of a choice by number, the first being the most frequent. `endless`: so many
    different texts that they are no choice, and have no figures."""

    candidate: Candidate
    block: Block
    options: Sequence[str] = ()
    endless: bool = False


@dataclass(frozen=True)
class Table:
    outcome: Narrow
    whose: Ints
    columns: Sequence[Column]


class Scale(NamedTuple):
    """The lowest and the highest score that could be given."""

    low: int
    high: int


PROMOTERS = Scale(0, 10)  # the scale on which there are promoters


@dataclass(frozen=True)
class Shape:
    """What there is: answers by scale, ids of versions and kinds, and the rows to read, of one scale."""

    scales: Mapping[Scale, int]
    scale: Scale
    versions: set[int]
    kinds: set[int]
    rows: QuerySet[Any]

    @property
    def n(self) -> int:
        return self.scales.get(self.scale, 0)

    @property
    def elsewhere(self) -> int:
        """Answers on other scales: never put together with these."""
        return sum(self.scales.values()) - self.n


def shape_of(cut: Cut) -> Shape:
    """The scale is 0 to 10 where half of the answers are on it, else the most frequent one. One query."""
    rows = _answers(cut)
    scales: dict[Scale, int] = {}
    parts: list[tuple[Scale, int | None, int | None]] = []
    groups: Any = rows.order_by().values_list("scale_min", "scale_max", "version", "interaction__kind")
    for low, high, version, kind, n in groups.annotate(n=Count("pk")):
        scale = Scale(low, high)
        scales[scale] = scales.get(scale, 0) + n
        parts.append((scale, version, kind))
    scale = max(scales, key=lambda each: scales[each], default=PROMOTERS)
    if 2 * scales.get(PROMOTERS, 0) >= sum(scales.values()):
        scale = PROMOTERS
    return Shape(
        scales, scale,
        {version for which, version, _ in parts if which == scale and version},
        {kind for which, _, kind in parts if which == scale and kind},
        rows.filter(scale_min=scale.low, scale_max=scale.high),
    )  # fmt: skip


def loaded_keys(shape: Shape) -> list[tuple[str, str]]:
    """Columns of loaded answers: (name, JSON type)."""
    each = {
        "name_": Func(F("attributes"), template="(jsonb_each(%(expressions)s)).key", output_field=CharField()),
        "type_": Func(
            F("attributes"), template="jsonb_typeof((jsonb_each(%(expressions)s)).value)", output_field=CharField()
        ),
    }
    rows: Any = shape.rows.exclude(attributes={}).order_by().annotate(**each)
    return sorted(set(rows.values_list("name_", "type_").distinct()))


def _answers(cut: Cut) -> QuerySet[Any]:
    """Scored answers of the cut, on any scale. On 0 to 10 those that the score counts (facts), by their day; the others
    by their UTC day, and never those of nobody."""
    period, day = cut.period, timedelta(days=1)
    start = datetime.combine(period.start, time.min, UTC) - day
    scored = Q(fact__isnull=False) | ~Q(scale_min=0, scale_max=10) & ~Q(source__startswith=PUBLIC)
    rows: QuerySet[Any] = Response.objects.filter(
        scored, score__isnull=False, answered_at__gte=start, answered_at__lt=start + (period.days + 2) * day
    )
    if cut.program:
        rows = rows.filter(program=cut.program)
    if cut.channel:
        rows = rows.filter(channel=cut.channel)
    of_day = Coalesce("fact__day", TruncDate("answered_at", tzinfo=UTC), output_field=DateField())
    rows = rows.alias(local=of_day).filter(local__range=(period.start, period.end))
    return cut.under(rows, of_day, person())


def read(shape: Shape, candidates: Sequence[Candidate]) -> Table:
    """All answers of the shape, or a part of them by lot: their public ids are drawn at random by birth."""
    rows = shape.rows
    if shape.n > MOST_ROWS:
        rows = rows.filter(public_id__lt=UUID(int=2**128 * MOST_ROWS // shape.n))
    values = {f"v{number}_": each.value for number, each in enumerate(candidates)}
    who = Coalesce("customer_id", -F("pk"), output_field=BigIntegerField())
    picked: Any = rows.order_by().annotate(whose_=who, **values)
    gathered = [_Gathered(each) for each in candidates]
    scores, whose = [np.empty(0, np.float32)], [np.empty(0, np.int64)]
    for batch in _batches(picked.values_list("score", "whose_", *values)):
        score, persons, *cells = zip(*batch, strict=True)
        scores.append(np.array(score, np.float32))
        whose.append(np.array(persons, np.int64))
        for column, texts in zip(gathered, cells, strict=True):
            column.take(texts)
    columns = [column.done() for column in gathered]
    return Table(np.concatenate(scores), np.concatenate(whose), columns)


def _batches(rows: Any) -> Iterator[list[tuple[Any, ...]]]:
    batch = []
    for row in rows.iterator(chunk_size=BATCH):
        batch.append(row)
        if len(batch) == BATCH:
            yield batch
            batch = []
    if batch:
        yield batch


@dataclass
class _Gathered:
    """One column as it comes in."""

    candidate: Candidate
    parts: list[Narrow] = field(default_factory=lambda: [np.empty(0, np.float32)])
    texts: dict[str, int] = field(default_factory=dict)

    def take(self, cells: Sequence[str | None]) -> None:
        figure = _number if self.candidate.number else self._option
        self.parts.append(np.array([figure(cell) for cell in cells], np.float32))

    def _option(self, cell: str | None) -> float:
        """The number of a text, in the order of their coming; of one beyond the most that a choice has, that."""
        if not cell:
            return np.nan
        if cell not in self.texts and len(self.texts) <= TEXTS:
            self.texts[cell] = len(self.texts)
        return self.texts.get(cell, TEXTS)

    def done(self) -> Column:
        figures = np.concatenate(self.parts)
        if self.candidate.number:
            return Column(self.candidate, Block(self.candidate.key, figures))
        if len(self.texts) > TEXTS:
            return Column(self.candidate, Block(self.candidate.key, np.full_like(figures, np.nan)), endless=True)
        return self._choice(figures)

    def _choice(self, figures: Narrow) -> Column:
        """Options by how often they were given; rare ones together, or not known where they are few even so."""
        known = ~np.isnan(figures)
        counts = np.bincount(figures[known].astype(np.int64), minlength=len(self.texts))
        often = [int(which) for which in np.argsort(-counts, kind="stable") if counts[which] >= OF_OPTION][:OPTIONS]
        rest = int(counts.sum() - counts[often].sum())
        number = np.full(len(self.texts) + 1, len(often) if rest >= OF_OPTION else np.nan, np.float32)
        number[often] = np.arange(len(often))
        coded = np.full_like(figures, np.nan)
        coded[known] = number[figures[known].astype(np.int64)]
        names = list(self.texts)
        options = [self.candidate.options.get(names[which], names[which]) for which in often]
        options += [REST] if rest >= OF_OPTION else []
        return Column(self.candidate, Block(self.candidate.key, coded, max(1, len(options) - 1)), options)


def _number(cell: str | None) -> float:
    """NaN for what is missing or no number."""
    if cell is None:
        return np.nan
    try:
        found = NUMBERS[cell] if cell in NUMBERS else float(cell)
    except ValueError:
        return np.nan
    return found if abs(found) < 1e30 else np.nan
