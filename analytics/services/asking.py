"""Who is asked, and why not: decisions of a period by reason, for a unit, its parts, programs and employees.

Within one's sight; figures are those of the unit with its subtree, as it was or from another point of view. A fixed
number of queries. docs/algorithms/selecting.md.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, F, QuerySet, Sum

from analytics.maths.asking import Share, stand_out
from analytics.maths.scorecards import Period
from analytics.services.scoring import units_below
from analytics.services.tallying import By, Cut, Source
from crm.models import Employee, OrgUnit
from crm.services.organization.drawing import person
from crm.sight import Principal
from surveys.models import Decision, DecisionTally, Program, Reason

FUNCTION = "surveys.view_decision"
LATELY = 30  # days
Counts = dict[str, int]  # {reason: occasions}


@dataclass(frozen=True)
class Asking:
    """What became of the occasions of a unit, program or employee. `stands_out` (of employees alone): asked more or
    less often than the rest, beyond chance."""

    key: int
    label: str
    counts: Mapping[str, int]
    stands_out: bool = False

    @property
    def share(self) -> Share:
        """Asked, of the occasions that the program is about."""
        return Share(self.counts.get(Reason.ASKED, 0), self.n)

    @property
    def n(self) -> int:
        return sum(number for reason, number in self.counts.items() if reason != Reason.NOT_ELIGIBLE)

    @property
    def outside(self) -> int:
        """Occasions outside the program's condition: they are in no share."""
        return self.counts.get(Reason.NOT_ELIGIBLE, 0)

    @property
    def reasons(self) -> list[tuple[str, str, int]]:
        """(reason, in words, how many) of what the program is about, the most frequent first, asked before all."""
        found = [(r, str(Reason(r).label), n) for r, n in self.counts.items() if r != Reason.NOT_ELIGIBLE and n]
        return sorted(found, key=lambda row: (row[0] != Reason.ASKED, -row[2], row[0]))

    @property
    def main_reason(self) -> tuple[str, int] | None:
        """Why most of those not asked were not, in words, and how many; None if all were."""
        others = [(label, n) for reason, label, n in self.reasons if reason != Reason.ASKED]
        return others[0] if others else None


@dataclass(frozen=True)
class Summary:
    """What became of the occasions of a unit with its subtree."""

    unit: OrgUnit
    period: Period
    whole: Asking


@dataclass(frozen=True)
class Report(Summary):
    program: Program | None
    units: list[Asking]
    programs: list[Asking]
    employees: list[Asking]  # who stand out first, then by how often they were asked about, the least first

    @property
    def standing_out(self) -> list[Asking]:
        return [each for each in self.employees if each.stands_out]


def asking_report(*, principal: Principal, unit: OrgUnit, question: Mapping[str, Any], at: datetime) -> Report:
    """`question`: start, end, program, channel and view. Units and employees out of sight are left out by name; what
    they did is in the figures of the unit."""
    period = Period(question["start"], question["end"])
    cut = Cut((unit.pk,), period, at.date(), question["program"], question["channel"], question["view"])
    by_program = _counted(cut, "program")
    whole = _together(by_program.values())
    below = units_below(principal=principal, unit=unit, cut=cut)
    return Report(
        unit=unit,
        period=period,
        program=cut.program,
        whole=Asking(unit.pk, unit.name, whole),
        units=_by_share(_of_units(cut, below)),
        programs=_by_share([Asking(p.pk, p.name, by_program[p.pk]) for p in Program.objects.filter(pk__in=by_program)]),
        employees=_of_employees(_by_employee(cut), principal, whole),
    )


def asking_lately(*, unit: OrgUnit, at: datetime) -> Summary:
    """The whole of `asking_report`: as the unit was, all programs, the last days. Of a unit in sight."""
    period = Period(at.date() - timedelta(days=LATELY - 1), at.date())
    counts = _counted(Cut((unit.pk,), period, at.date()), "program")
    return Summary(unit, period, Asking(unit.pk, unit.name, _together(counts.values())))


def _counted(cut: Cut, by: By) -> dict[int, Counts]:
    """By program or unit, from the tallies that the database keeps; and from the decisions themselves for units that
    were divided, since a tally cannot be."""
    found: dict[int, Counts] = defaultdict(lambda: defaultdict(int))
    sources = [_tallies(cut)]
    if shared := [share.unit for share in cut.frame.shares]:
        decided = _decisions(cut)
        sources.append(replace(decided, rows=decided.rows.filter(unit__in=shared)))
    for source in sources:
        for row in source.read(cut, by, "reason"):
            if row["occasions"]:
                found[row["group"]][row["reason"]] += row["occasions"]
    return found


def _together(counts: Iterable[Counts]) -> Counts:
    whole: Counts = defaultdict(int)
    for part in counts:
        for reason, number in part.items():
            whole[reason] += number
    return whole


def _tallies(cut: Cut) -> Source:
    """How many decisions there are about occasions of the period, by UTC day."""
    rows = _of(cut, DecisionTally.objects.filter(day__range=(cut.period.start, cut.period.end)), "version__program")
    return Source(rows, {"program": F("version__program")}, F("day"), {"occasions": Sum("number")})


def _decisions(cut: Cut) -> Source:
    """The same decisions, one by one: with the persons and employees they are about."""
    rows = _of(cut, Decision.objects.filter(occasion_day__range=(cut.period.start, cut.period.end)), "program")
    figures, who = {"occasions": Count("occasion")}, person(otherwise="occasion")
    return Source(rows, {"program": F("program")}, F("occasion_day"), figures, who)


def _of(cut: Cut, rows: QuerySet[Any], program: str) -> QuerySet[Any]:
    rows = rows.filter(**{program: cut.program}) if cut.program else rows
    return rows.filter(version__channel=cut.channel) if cut.channel else rows


def _by_employee(cut: Cut) -> dict[int, Counts]:
    """Of occasions in which anybody served; tallies know nobody."""
    found: dict[int, Counts] = defaultdict(lambda: defaultdict(int))
    decided = _decisions(cut)
    served = replace(decided, rows=decided.rows.filter(employee__isnull=False))
    for row in served.read(cut, "program", "employee", "reason"):
        found[row["employee"]][row["reason"]] += row["occasions"]
    return found


def _of_units(cut: Cut, below: list[OrgUnit]) -> list[Asking]:
    counts = _counted(replace(cut, units=tuple(unit.pk for unit in below)), "unit") if below else {}
    return [Asking(unit.pk, unit.name, counts[unit.pk]) for unit in below if unit.pk in counts]


def _of_employees(counts: dict[int, Counts], principal: Principal, whole: Counts) -> list[Asking]:
    """Those in sight. Each is compared with everybody else, all of them at once."""
    seen = Employee.objects.visible_to(principal, FUNCTION).filter(pk__in=list(counts))
    rows = [Asking(each.pk, each.name, counts[each.pk]) for each in seen]
    out = stand_out({row.key: row.share for row in rows}, Asking(0, "", whole).share)
    rows = [Asking(row.key, row.label, row.counts, row.key in out) for row in rows if row.n]
    return sorted(_by_share(rows), key=lambda row: not row.stands_out)


def _by_share(rows: list[Asking]) -> list[Asking]:
    """The least asked first; those of which there is nothing to ask last."""
    return sorted(rows, key=lambda row: (row.share.value is None, row.share.value or 0, row.label))


def table_rows(report: Report) -> Iterator[list[Any]]:
    """What the page shows, a line for each reason: table, id, name, reason, in words, occasions, of them asked, ..."""
    tables = (
        ("unit", [report.whole]), ("units below", report.units), ("program", report.programs),
        ("employee", report.employees),
    )  # fmt: skip
    for name, rows in tables:
        for row in rows:
            figures = [row.n, row.share.value, row.share.low, row.share.high, row.stands_out]
            for reason, number in sorted(row.counts.items()):
                yield [name, row.key, row.label, *figures, reason, str(Reason(reason).label), number]
