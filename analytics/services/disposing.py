"""What became of the invitations of a period: each has exactly one disposition (`surveys.dispositions`), counted for a
unit with its subtree and for its parts, from any point of view: from the rollup, as if every one were counted now.

docs/algorithms/dispositions.md.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property
from typing import Any

from analytics.maths.intervals import Interval
from analytics.maths.proportions import wilson
from analytics.maths.scorecards import Period
from analytics.services.scoring import units_below
from analytics.services.tallying import By, Cut
from analytics.services.tallying_dispositions import Clicks, Found, ended
from common.snapshots import one_moment
from crm.models import Channel, OrgUnit
from crm.sight import Principal
from surveys.dispositions import LABELS, Disposition, Rates, rates
from surveys.models import Program

FEW = 30


NO_CLICKS = Clicks()


@dataclass(frozen=True)
class Outcome:
    """What became of the invitations of a unit, program, channel or month, and of the clicks on their scores."""

    key: str
    label: str
    counts: Mapping[Disposition, int]
    clicks: Clicks = NO_CLICKS

    @cached_property
    def rates(self) -> Rates:
        return rates(self.counts)

    @property
    def invitations(self) -> int:
        """All of them, those that never left included."""
        return sum(self.counts.values())

    @property
    def n(self) -> int:
        """Those that the rates are of: they went out."""
        return self.rates.n

    @property
    def open(self) -> int:
        """Of those, who may still answer."""
        return self.counts.get(Disposition.OPEN, 0)

    @property
    def interval(self) -> Interval | None:
        """Of RR1, 95 %, Wilson."""
        return wilson(self.rates.i, self.n) if self.n else None

    @property
    def few(self) -> bool:
        return self.n < FEW

    @property
    def rows(self) -> list[tuple[Disposition, str, int]]:
        """(disposition, in words, how many), in the order of the rule, those of which there are none left out."""
        return [(each, LABELS[each], self.counts[each]) for each in Disposition if self.counts.get(each)]


@dataclass(frozen=True)
class Report:
    unit: OrgUnit
    period: Period
    program: Program | None
    whole: Outcome
    programs: list[Outcome]
    channels: list[Outcome]
    months: list[Outcome]
    units: list[Outcome]


@one_moment
def disposition_report(*, principal: Principal, unit: OrgUnit, question: Mapping[str, Any], at: datetime) -> Report:
    """`question`: start, end, program, channel and view (`analytics.forms`); `unit` is in sight. Units below that are
    not are left out by name; their invitations are in the figures of the unit."""
    cut = _cut(unit, question, at)
    found = ended(cut, "program", "channel", "month", at=at)
    return Report(
        unit=unit,
        period=cut.period,
        program=cut.program,
        whole=_whole(unit, found),
        programs=_programs(found),
        channels=_channels(found),
        months=_months(found),
        units=_units(principal, unit, cut, at),
    )


@one_moment
def outcomes(
    by: By | None, *, principal: Principal, unit: OrgUnit, question: Mapping[str, Any], at: datetime
) -> list[Outcome]:
    """Of a unit in sight, or of its parts."""
    cut = _cut(unit, question, at)
    if by == "unit":
        return _units(principal, unit, cut, at)
    found = ended(cut, "program", "channel", "month", at=at)
    parts = {"program": _programs, "channel": _channels, "month": _months}
    return parts[by](found) if by else [_whole(unit, found)]


def _cut(unit: OrgUnit, question: Mapping[str, Any], at: datetime) -> Cut:
    period = Period(question["start"], question["end"])
    return Cut((unit.pk,), period, at.date(), question["program"], question["channel"], question["view"])


def _whole(unit: OrgUnit, found: Found) -> Outcome:
    return Outcome(str(unit.pk), unit.name, *found.by(lambda _: 0).get(0, ({}, NO_CLICKS)))


def _units(principal: Principal, unit: OrgUnit, cut: Cut, at: datetime) -> list[Outcome]:
    below = units_below(principal=principal, unit=unit, cut=cut)
    parts = replace(cut, units=tuple(each.pk for each in below))
    found = ended(parts, "unit", at=at).by(lambda row: row.group) if below else {}
    return [Outcome(f"{each.pk}", each.name, *found[each.pk]) for each in below if each.pk in found]


def _programs(found: Found) -> list[Outcome]:
    parts = found.by(lambda row: row.group)
    return [Outcome(each.code, each.name, *parts[each.pk]) for each in Program.objects.filter(pk__in=parts)]


def _channels(found: Found) -> list[Outcome]:
    parts = found.by(lambda row: row.channel)
    return [Outcome(name, str(Channel(name).label), *parts[name]) for name in sorted(parts)]


def _months(found: Found) -> list[Outcome]:
    parts = found.by(lambda row: row.month)
    return [Outcome(f"{month:%Y-%m}", f"{month:%b %Y}", *parts[month]) for month in sorted(parts)]


def table_rows(report: Report) -> Iterator[list[Any]]:
    """What the page shows, a line for each disposition: table, id, name, of how many, RR1, disposition, number, ..."""
    tables = (
        ("unit", [report.whole]), ("units below", report.units), ("program", report.programs),
        ("channel", report.channels), ("month", report.months),
    )  # fmt: skip
    for name, rows in tables:
        for row in rows:
            r = row.rates
            figures = [row.invitations, row.n, r.rr1, r.rr2, r.rr3, r.rr4, r.rr5, r.rr6, r.coop1, r.ref1, r.con1]
            figures += [row.clicks.n, row.clicks.share]
            for each, label, number in row.rows:
                yield [name, row.key, row.label, *figures, each.value, label, number]
