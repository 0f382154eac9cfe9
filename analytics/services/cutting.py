"""The one compiler of the explorer: a question over `analytics.cuts` into SQL over the facts, and its groups read.

One statement for all groups, however many; where a measure has figures that do not add up over groups (quartiles), one
more for each kind of total. A number that is cut in steps is asked first where its steps end.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from decimal import Decimal
from functools import cached_property
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db.models import (
    Aggregate,
    Case,
    Count,
    DecimalField,
    F,
    FloatField,
    Func,
    IntegerField,
    Min,
    Q,
    QuerySet,
    Value,
    When,
)

from analytics.cuts import Dimension, Measure
from analytics.maths.bins import even_edges
from analytics.maths.scorecards import COUNTS_FROM, Period
from analytics.models import AnswerFact
from analytics.services import restating
from analytics.services.scoring import FUNCTION, units_below
from analytics.services.tallying import Cut
from crm.dated import Span
from crm.models import OrgUnit
from crm.services.organization.drawing import person
from crm.services.organization.reading import Frame, frame
from crm.sight import Principal
from crm.viewpoints import AS_WAS, View
from surveys.models import Program

MOST_GROUPS = 2_000
FIFTHS = (0.2, 0.4, 0.6, 0.8)
FEW = 5 * COUNTS_FROM  # answers under which a number is not cut into fifths

Key = Any  # of a group: a day, an id, a text, a number, the number of a step; None: the facts have none
Groups = dict[tuple[Key, ...], dict[str, Any]]  # keys in the order of the dimensions -> figures of the measure


class TooManyGroups(ValueError):
    """More cells than anybody reads."""


@dataclass(frozen=True)
class Question:
    """What is asked: a measure by none, one or two dimensions, over the answers of a unit with its subtree in a period
    (of days answered), of which `where` is true. `principal`: in whose sight rows are told apart and named."""

    principal: Principal
    unit: OrgUnit
    period: Period
    today: date
    measure: Measure
    by: tuple[Dimension, ...] = ()
    where: Q = field(default_factory=Q)
    program: Program | None = None
    channel: str | None = None
    view: View = AS_WAS

    @cached_property
    def below(self) -> list[OrgUnit]:
        """Units in sight directly below, where they are asked about."""
        cut = Cut((self.unit.pk,), self.period, self.today, view=self.view)
        return units_below(principal=self.principal, unit=self.unit, cut=cut)

    @cached_property
    def edges(self) -> dict[str, tuple[Decimal, ...]]:
        """Ends between the steps of each dimension that is a number in steps."""
        return {each.key: _edges(self, each) for each in self.by if each.kind == "step"}

    def frame_of(self, units: list[int]) -> Frame:
        days = Span(self.period.start, self.period.end + timedelta(days=1))
        return frame(view=self.view, units=units, days=days, today=self.today)


def facts(question: Question) -> QuerySet[AnswerFact]:
    """The facts that are meant, each with its groups as `by0` and `by1`. The whole of the explorer reads these."""
    named = {f"by{number}": _group(question, each) for number, each in enumerate(question.by)}
    rows: QuerySet[AnswerFact] = _meant(question).alias(**named)
    return rows


def facts_of_group(question: Question, keys: Mapping[int, Key]) -> QuerySet[AnswerFact]:
    """Those with these keys, by the numbers of their dimensions: a cell has all, a total fewer. None is a group too."""
    rows = facts(question)
    for number, key in keys.items():
        rows = rows.filter(**{f"by{number}__isnull": True} if key is None else {f"by{number}": key})
    return rows


def groups(question: Question) -> Groups:
    """The figures of every cell. TooManyGroups if there are more than two thousand."""
    return _read(question, {**question.measure.figures, **question.measure.apart})


def totals(question: Question, cells: Groups, kept: tuple[int, ...]) -> Groups:
    """The figures over all groups of the dimensions that are not `kept` (by number): cells added up, and what does not
    add up asked for once more."""
    found: Groups = {}
    for keys, row in cells.items():
        into = found.setdefault(tuple(keys[number] for number in kept), dict.fromkeys(question.measure.figures, 0))
        for name in question.measure.figures:
            into[name] += row[name]
    if question.measure.apart and found:
        fewer = replace(question, by=tuple(question.by[number] for number in kept))
        fewer.__dict__["edges"] = question.edges  # the same steps
        for keys, row in _read(fewer, question.measure.apart).items():
            if keys in found:
                found[keys] |= row
    return found


def statement(question: Question) -> tuple[str, tuple[Any, ...]]:
    """The SQL of `groups` by one or two dimensions, with its parameters, for who asks another engine the same."""
    text, params = _grouped(question, question.measure.figures).query.sql_with_params()
    return text, tuple(params)


def _read(question: Question, figures: Mapping[str, Aggregate]) -> Groups:
    if not question.by:
        whole = _meant(question).aggregate(**figures)
        return {(): whole} if whole.get("n", 1) else {}
    rows = list(_grouped(question, figures)[: MOST_GROUPS + 1])
    if len(rows) > MOST_GROUPS:
        raise TooManyGroups(f"This makes more than {MOST_GROUPS:,} cells. Choose fewer days, or coarser groups.")
    names = [f"by{number}" for number in range(len(question.by))]
    return {tuple(row.pop(name) for name in names): row for row in rows}


def _grouped(question: Question, figures: Mapping[str, Aggregate]) -> Any:
    named = {f"by{number}": _group(question, each) for number, each in enumerate(question.by)}
    rows: Any = _meant(question).order_by()
    return rows.annotate(**named).values(*named).annotate(**figures).values(*named, *figures)


def _meant(question: Question) -> QuerySet[AnswerFact]:
    rows = AnswerFact.objects.filter(
        question.where, question.measure.only, day__range=(question.period.start, question.period.end)
    )
    if question.program:
        rows = rows.filter(program=question.program)
    if question.channel:
        rows = rows.filter(channel=question.channel)
    return restating.under(rows, question.frame_of([question.unit.pk]), F("day"), _WHO)


_EDGES = ArrayField(DecimalField(max_digits=38, decimal_places=15))  # numbers that are cut by lie under 10^15
_WHO = person("response__customer_id", "response_id")


def _group(question: Question, dimension: Dimension) -> Any:
    """The expression of the group of a fact."""
    if dimension.kind == "below":
        below = question.frame_of([unit.pk for unit in question.below])
        return restating.part_of(below, _WHO)
    if dimension.kind == "step":
        edges = question.edges[dimension.key]
        return _Step(dimension.expression, Value(list(edges), output_field=_EDGES))
    if dimension.rows is not None and hasattr(dimension.rows._default_manager, "visible_to"):
        seen = dimension.rows._default_manager.visible_to(question.principal, FUNCTION).values("pk")
        column = dimension.expression.name
        return Case(When(**{f"{column}__in": seen}, then=dimension.expression), output_field=IntegerField())
    return dimension.expression


class _Step(Func):
    """In which step a number stands; NULL where there is none."""

    function = "width_bucket"
    output_field = IntegerField()


def _edges(question: Question, dimension: Dimension) -> tuple[Decimal, ...]:
    if dimension.steps:
        return dimension.steps
    ends = (0.05, 0.95)
    found = _meant(question).aggregate(
        n=Count(dimension.expression), least=Min(dimension.expression),
        at=_Ranks(dimension.expression, FIFTHS if dimension.by_rank else ends),
    )  # fmt: skip
    if found["n"] < FEW:
        return ()
    at = [Decimal(repr(each)) for each in found["at"]]
    if dimension.by_rank:
        return tuple(sorted({edge.normalize() for edge in at if edge > found["least"]}))
    return even_edges(float(at[0]), float(at[1]), whole=dimension.whole)


class _Ranks(Aggregate):
    """The figures at these shares of the ranking."""

    template = "percentile_disc(ARRAY[%(shares)s]) WITHIN GROUP (ORDER BY (%(expressions)s)::float8)"
    output_field = ArrayField(FloatField())

    def __init__(self, figure: Any, shares: tuple[float, ...]) -> None:
        super().__init__(figure, shares=", ".join(map(str, shares)))


__all__ = [
    "Groups",
    "Key",
    "Question",
    "TooManyGroups",
    "facts",
    "facts_of_group",
    "groups",
    "statement",
    "totals",
]
