"""What the page of drivers tells: importance of what was asked and known, what was left out, one driver's curve."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import numpy as np

from analytics.maths.drivers.choosing import Left, chosen
from analytics.maths.drivers.curves import Curve, by_option, curve
from analytics.maths.drivers.design import Design, Ints
from analytics.maths.drivers.limits import EACH, LEAST
from analytics.maths.drivers.ordinal import Fit, NoFit, Odds, ordinal_logit
from analytics.maths.drivers.ranks import DRAWS, Importance, Result, importance
from analytics.maths.scorecards import Period
from analytics.services.drivers.candidates import Unfit, all_candidates
from analytics.services.drivers.reading import PROMOTERS, Column, Scale, Table, loaded_keys, read, shape_of
from analytics.services.tallying import Cut
from common.snapshots import one_moment
from crm.models import InteractionKind, OrgUnit
from crm.sight import Principal
from surveys.models import Program, ProgramVersion

FUNCTION = "analytics.view_scores"
WIDELY = 0.8  # of the answers have a driver that may stand in the logit
SEED = 20261124  # of the lots that answers are dealt into, and of the draws from them


@dataclass(frozen=True)
class Driver:
    """One row of the page. `mean`: how it stands, of figures; `odds`: of a better class, for one spread (`spread`) more
    of a figure or for an option against the most frequent one; empty where the logit cannot be told."""

    column: Column
    found: Importance
    mean: float | None
    spread: float | None
    odds: Sequence[tuple[str, Odds]]

    @property
    def key(self) -> str:
        return self.column.candidate.key

    @property
    def label(self) -> str:
        return self.column.candidate.label


@dataclass(frozen=True)
class Report:
    """`result` None: too few answers. `n` of `there` answers were read (a part by lot, of very many); `elsewhere` were
    given on other scales. `fit` None: `no_fit` says why."""

    unit: OrgUnit
    period: Period
    program: Program | None
    scale: Scale
    there: int
    n: int
    elsewhere: int
    result: Result | None
    drivers: Sequence[Driver]
    left: Sequence[Left]
    unfit: Sequence[Unfit]
    labels: Mapping[str, str]
    fit: Fit | None = None
    no_fit: str = ""
    curve: Curve | None = None
    curve_of: str = ""

    @property
    def promoters(self) -> bool:
        """Whether a Net Promoter Score can be told of these answers."""
        return self.scale == PROMOTERS

    @property
    def alike(self) -> list[Driver]:
        """Those that others say nearly as well."""
        return [each for each in self.drivers if each.found.too_alike]

    @property
    def needed(self) -> int:
        """Answers that the least of drivers takes."""
        return LEAST


@one_moment
def driver_report(*, principal: Principal, unit: OrgUnit, question: Mapping[str, Any], at: datetime) -> Report:
    """`question`: start, end, program, channel, view and `curve` (`analytics.forms_drivers`). OrgUnit.DoesNotExist if
    the unit is out of sight. Six queries at most, whatever the number of answers and columns, and the frame's."""
    if not OrgUnit.objects.visible_to(principal, FUNCTION).filter(pk=unit.pk).exists():
        raise OrgUnit.DoesNotExist(f"unit {unit.pk} is not in sight")
    period = Period(question["start"], question["end"])
    shape = shape_of(Cut((unit.pk,), period, at.date(), question["program"], question["channel"], question["view"]))
    candidates, unfit = all_candidates(
        list(ProgramVersion.objects.filter(pk__in=shape.versions).order_by("published_at", "pk")),
        list(InteractionKind.objects.filter(pk__in=shape.kinds).order_by("code")),
        loaded_keys(shape),
    )
    table = read(shape, candidates)
    told = _told(table, question.get("curve") or "", promoters=shape.scale == PROMOTERS)
    unfit += [Unfit(each.candidate.label, "endless") for each in table.columns if each.endless]
    labels = {each.candidate.key: each.candidate.label for each in table.columns}
    return Report(
        unit=unit, period=period, program=question["program"], scale=shape.scale, there=shape.n,
        n=len(table.outcome), elsewhere=shape.elsewhere, unfit=unfit, labels=labels, **told,
    )  # fmt: skip


def _told(table: Table, wanted: str, *, promoters: bool) -> dict[str, Any]:
    """Everything that comes from the figures."""
    columns = {each.candidate.key: each for each in table.columns if not each.endless}
    blocks = [each.block for each in columns.values()]
    design, left = chosen(table.outcome, table.whose, blocks)
    drawn = _curve(columns[wanted], table, promoters=promoters) if wanted in columns else None
    beside = {"left": left, "curve": drawn, "curve_of": wanted if drawn else ""}
    if not design.blocks or design.n < LEAST or table.outcome.min() == table.outcome.max():
        return {"result": None, "drivers": [], **beside}
    result = importance(design, rng=np.random.default_rng(SEED), draws=DRAWS)
    odds, fit, no_fit = _odds(design, columns, promoters=promoters)
    drivers = [_driver(columns[each.name], each, odds.get(each.name, [])) for each in result.drivers]
    return {"result": result, "drivers": drivers, "fit": fit, "no_fit": no_fit, **beside}


def _curve(column: Column, table: Table, *, promoters: bool) -> Curve | None:
    if column.candidate.number:
        return curve(column.block.figures, table.outcome, promoters=promoters)
    return by_option(column.block.figures, table.outcome, column.options, promoters=promoters)


def _driver(column: Column, found: Importance, odds: Sequence[tuple[str, Odds]]) -> Driver:
    if not column.candidate.number:
        return Driver(column, found, None, None, odds)
    figures = column.block.figures.astype(np.float64)
    return Driver(column, found, float(np.nanmean(figures)), float(np.nanstd(figures)), odds)


def _odds(
    design: Design, columns: Mapping[str, Column], *, promoters: bool
) -> tuple[dict[str, list[tuple[str, Odds]]], Fit | None, str]:
    """Of the drivers that most answers have, and of the answers that have all of these: a model of all of them at once
    knows no pairs."""
    most = [block for block in design.blocks if block.known.sum() >= WIDELY * design.n]
    if not most:
        return {}, None, "no driver was asked of most"
    design = replace(design, blocks=most)
    whole = np.logical_and.reduce([block.known for block in most])
    classes = _classes(design.outcome[whole].astype(np.int64), promoters=promoters)
    width = design.slices[-1].stop
    if len(classes) < EACH * width:
        return {}, None, f"only {len(classes):,} answers have all of these, and {EACH * width:,} are needed"
    matrix = np.column_stack([_scaled(columns[each.name], whole) for each in design.blocks]).astype(np.float32)
    try:
        fit = ordinal_logit(classes, matrix)
    except NoFit as problem:
        return {}, None, str(problem)
    found = {}
    for block, where in zip(design.blocks, design.slices, strict=True):
        found[block.name] = list(zip(_steps(columns[block.name]), fit.odds[where], strict=True))
    return found, fit, ""


def _scaled(column: Column, rows: Any) -> Any:
    """A figure in spreads, options as they are."""
    figures = column.block.columns(rows)
    spread = float(np.nanstd(column.block.figures.astype(np.float64)))
    return figures / spread if column.candidate.number and spread else figures


def _steps(column: Column) -> list[str]:
    """What each column's odds are of, in words; of a figure nothing needs to be said."""
    return [""] if column.candidate.number else list(column.options[1:])


def _classes(score: Ints, *, promoters: bool) -> Ints:
    """Detractors, passives, promoters; on other scales the scores that were given."""
    if promoters:
        return np.digitize(score, [7, 9]).astype(np.int64)
    return np.unique(score, return_inverse=True)[1].astype(np.int64)


HEADER = [
    "Driver", "Id", "n", "Correlation", "95 % low", "95 % high", "R2 by itself", "95 % low", "95 % high",
    "Part beside the others (LMG)", "95 % low", "95 % high", "Rank", "Rank from", "Rank to",
    "Relative weight (Johnson)", "VIF", "Mean",
]  # fmt: skip


def table_rows(report: Report) -> Iterator[list[Any]]:
    """What the page shows, unrounded; a driver with no correlation of its own (a choice) has none here."""
    for each in report.drivers:
        of = each.found
        yield [
            each.label, each.key, of.n, of.r, *(of.r_interval or (None, None)), of.alone, *of.alone_interval,
            of.part, *of.part_interval, of.rank, *of.ranks, of.weight, of.inflation, each.mean,
        ]  # fmt: skip
