"""Every dimension and measure of the explorer, declared once (docs/explorer.md).

A dimension is an expression over `AnswerFact` that puts each fact into one group; paths through `response` are joins. A
measure is a set of aggregates over the facts of a group and the rule that reads them. `services/cutting` compiles both
to SQL and is the only one who does, so that another engine can take the facts without touching a page. A new dimension
or measure is an entry here; attributes of interactions become some of both by being declared ("dimension": true in the
schema of their kind).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Literal

from django.db.models import (
    Aggregate,
    Case,
    CharField,
    Count,
    DecimalField,
    Exists,
    F,
    FloatField,
    Func,
    Model,
    OuterRef,
    Q,
    Subquery,
    Sum,
    Value,
    When,
)
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Coalesce, NullIf, TruncMonth, TruncWeek

from analytics.maths.means import Moments
from analytics.maths.nps import Counts
from analytics.maths.readings import Reading, mean_reading, part_reading, score_reading, share_reading
from closedloop.models import Closure, ContactAttempt, TicketSignal
from crm.attributes import NUMBERS, dimensions_of
from crm.models import Employee, InteractionKind, OrgUnit
from surveys.models import Program

# how the groups of a dimension are told apart: by a day, the key of a row, a text, a figure, or the number of a step
Kind = Literal["day", "week", "month", "row", "below", "text", "figure", "step"]
TIMES = frozenset({"day", "week", "month"})
FIFTHS, STEPS = ":fifths", ":steps"
TRUTH = {"true": "yes", "false": "no"}


@dataclass(frozen=True)
class Dimension:
    """What figures may be cut by. `rows`: whose keys the groups are, named as far as they are in sight; `names`: what
    people call groups, otherwise they are called as they are; `blank`: the group of facts that have none. Of a number
    in steps: `steps` are the declared ends between them, `by_rank` asks for fifths of the answers instead."""

    key: str
    label: str
    kind: Kind
    expression: Any
    rows: type[Model] | None = None
    names: Mapping[str, str] = field(default_factory=dict)
    blank: str = "not known"
    steps: tuple[Decimal, ...] = ()
    by_rank: bool = False
    whole: bool = False

    @property
    def is_time(self) -> bool:
        return self.kind in TIMES

    @property
    def ordered(self) -> bool:
        """Whether its groups have an order of their own."""
        return self.is_time or self.kind in {"step", "figure"}


@dataclass(frozen=True)
class Measure:
    """What is read in each group. `figures` add up over groups, `apart` do not; `read` takes both by name. `only`: the
    facts that have it. `form`: points, share (per cent) or figure."""

    key: str
    label: str
    form: Literal["points", "share", "figure"]
    figures: Mapping[str, Aggregate]
    read: Callable[[Mapping[str, Any]], Reading]
    apart: Mapping[str, Aggregate] = field(default_factory=dict)
    only: Q = field(default_factory=Q)
    reach: tuple[float, float] | None = None  # ends of its scale


class _Number(Func):
    """An attribute as a number. The facts hold nothing else under its name."""

    template = "(%(expressions)s)::numeric"
    output_field = DecimalField()


class _Quartile(Aggregate):
    template = "percentile_cont(%(share)s) WITHIN GROUP (ORDER BY %(expressions)s)"
    output_field = FloatField()

    def __init__(self, figure: Any, *, share: float) -> None:
        super().__init__(figure, share=share)


# --- dimensions -------------------------------------------------------------------------------------------------------

_CATEGORY = Case(
    When(score__gte=9, then=Value("promoter")), When(score__gte=7, then=Value("passive")), default=Value("detractor"),
    output_field=CharField(),
)  # fmt: skip
_SEGMENT = Coalesce("response__customer__canonical__segment", "response__customer__segment")


def _told(text: Any) -> Any:
    """A text; NULL where it is empty."""
    return NullIf(text, Value(""))


def _times() -> Iterable[Dimension]:
    for sense, column, blank in (
        ("answered", "day", ""), ("asked", "asked", "not asked by us"), ("happened", "happened", "of no occasion"),
    ):  # fmt: skip
        yield Dimension(f"{sense}_month", f"Month {sense}", "month", TruncMonth(column), blank=blank)
        yield Dimension(f"{sense}_week", f"Week {sense}", "week", TruncWeek(column), blank=blank)
        yield Dimension(f"{sense}_day", f"Day {sense}", "day", F(column), blank=blank)


DIMENSIONS: tuple[Dimension, ...] = (
    *_times(),
    Dimension("below", "Units directly below", "below", None, rows=OrgUnit, blank="itself, and others"),
    Dimension("unit", "Unit that served", "row", F("unit_id"), rows=OrgUnit, blank="units out of your sight"),
    Dimension("employee", "Employee", "row", F("employee_id"), rows=Employee, blank="nobody named in your sight"),
    Dimension("program", "Program", "row", F("program_id"), rows=Program),
    Dimension("channel", "Channel of the answer", "text", _told("channel")),
    Dimension("kind", "Kind of interaction", "text", _told("kind"), blank="not asked about one"),
    Dimension("product", "Product", "text", _told("product"), blank="no product"),
    Dimension("segment", "Customer segment, as it is today", "text", _told(_SEGMENT), blank="no segment"),
    Dimension(
        "category", "Promoters, passives, detractors", "text", _CATEGORY,
        names={"promoter": "Promoters", "passive": "Passives", "detractor": "Detractors"},
    ),
    Dimension("score", "Score given", "figure", F("score")),
)  # fmt: skip


def _of_attribute(name: str, rule: Mapping[str, Any]) -> Iterable[Dimension]:
    label, text = label_of(name, rule), KeyTextTransform(name, "details")
    if rule["type"] not in NUMBERS:
        names = TRUTH if rule["type"] == "boolean" else {}
        yield Dimension(f"attribute.{name}", label, "text", text, names=names, blank="not said")
        return
    said = {"expression": _Number(text), "blank": "not said", "whole": rule["type"] == "integer"}
    steps = tuple(Decimal(str(step)) for step in rule.get("steps", ()))
    yield Dimension(f"attribute.{name}{STEPS}", f"{label}, in steps", "step", steps=steps, **said)
    yield Dimension(f"attribute.{name}{FIFTHS}", f"{label}, in fifths of the answers", "step", by_rank=True, **said)


def label_of(name: str, rule: Mapping[str, Any]) -> str:
    return str(rule.get("label") or name.replace("_", " ").capitalize())


# --- measures ---------------------------------------------------------------------------------------------------------

_COUNTS: dict[str, Aggregate] = {
    "n": Count("pk"), "detractors": Count("pk", filter=Q(score__lte=6)),
    "passives": Count("pk", filter=Q(score__gte=7, score__lte=8)), "promoters": Count("pk", filter=Q(score__gte=9)),
}  # fmt: skip


def _counts(row: Mapping[str, Any]) -> Counts:
    return Counts(row["detractors"], row["passives"], row["promoters"])


MEASURES: tuple[Measure, ...] = (
    Measure(
        "score", "Net Promoter Score", "points", _COUNTS, lambda row: score_reading(_counts(row)), reach=(-100, 100)
    ),
    Measure(
        "promoters", "Share of promoters", "share", _COUNTS,
        lambda row: share_reading(row["promoters"], _counts(row)), reach=(0, 100),
    ),
    Measure(
        "detractors", "Share of detractors", "share", _COUNTS,
        lambda row: share_reading(row["detractors"], _counts(row)), reach=(0, 100),
    ),
)  # fmt: skip


def _hours_to(key: str, label: str, rows: Any, moment: str) -> Measure:
    """Hours from the answer to the first `moment` of rows of the tickets that it opened, or was attached to."""
    own = rows.filter(ticket__ticket_signals__signal__response=OuterRef("pk")).order_by(moment)
    hours = _Hours(Subquery(own.values(moment)[:1]), F("response__answered_at"))
    return _mean(key, label, hours, only=Q(Exists(own)))


class _Hours(Func):
    """From the second moment to the first."""

    template = "(EXTRACT(EPOCH FROM %(expressions)s) / 3600)"
    arg_joiner = " - "
    output_field = DecimalField()


_TICKETED = Exists(TicketSignal.objects.filter(signal__response=OuterRef("pk")))
_REACHED = Exists(
    ContactAttempt.objects.filter(
        outcome=ContactAttempt.Outcome.REACHED, ticket__ticket_signals__signal__response=OuterRef("pk")
    )
)


def _of_tickets() -> Iterable[Measure]:
    """What the closed loop did about answers, by the moments of their tickets."""
    yield _hours_to("contact_hours", "Hours from answer to first try", ContactAttempt.objects.made(), "made_at")
    closed = Closure.objects.filter(reopened_at=None)
    yield _hours_to("closure_hours", "Hours from answer to closure", closed, "at")
    yield Measure(
        "reached", "Share reached, of customers with a ticket", "share",
        {"n": Count("pk"), "hits": Count("pk", filter=Q(_REACHED))},
        lambda row: part_reading(row["hits"], row["n"]), only=Q(_TICKETED), reach=(0, 100),
    )  # fmt: skip


def _read_mean(row: Mapping[str, Any]) -> Reading:
    sample = Moments(*(row[key] for key in ("n", "s1", "s2", "s3")))
    return mean_reading(sample, [row.get(quartile) for quartile in _QUARTILES])


def _mean_of(name: str, rule: Mapping[str, Any]) -> Measure:
    figure = _Number(KeyTextTransform(name, "details"))
    return _mean(f"mean.{name}", f"Mean of {label_of(name, rule)}", figure, only=Q(details__has_key=name))


def _mean(key: str, label: str, figure: Any, *, only: Q) -> Measure:
    exact: Any = {"output_field": DecimalField()}
    return Measure(
        key, label, "figure",
        {"n": Count("pk"), "s1": Sum(figure, **exact), "s2": Sum(figure * figure, **exact),
         "s3": Sum(figure * figure * figure, **exact)},
        _read_mean,
        apart={key: _Quartile(figure, share=share) for key, share in _QUARTILES.items()},
        only=only,
    )  # fmt: skip


_QUARTILES = {"q1": 0.25, "q2": 0.5, "q3": 0.75}


# --- what there is ----------------------------------------------------------------------------------------------------


def dimensions() -> dict[str, Dimension]:
    """By key: those of the house, then the declared attributes. One query."""
    own = [each for name, rule in _attributes().items() for each in _of_attribute(name, rule)]
    return {each.key: each for each in (*DIMENSIONS, *own)}


def measures() -> dict[str, Measure]:
    """By key: those of the house, then the mean of each declared number. One query."""
    own = [_mean_of(name, rule) for name, rule in _attributes().items() if rule["type"] in NUMBERS]
    return {each.key: each for each in (*MEASURES, *_of_tickets(), *own)}


def _attributes() -> dict[str, Mapping[str, Any]]:
    return dimensions_of(InteractionKind.objects.order_by("code").values_list("schema", flat=True))
