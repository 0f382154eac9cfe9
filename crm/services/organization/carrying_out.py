"""The steps of a reorganization, done by the verbs of `placing` and `succeeding`, in the caller's transaction.

Order: units open and move, people go and come, then units merge, divide and close, so that whoever was told where to
go has gone when a unit ends. A step that cannot be done is taken back alone and the others are tried all the same, so
that a preview names everything that bars the way at once.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import date, datetime
from decimal import Decimal

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Exists, OuterRef, Q

from common.models import User
from crm.dated import Span
from crm.models import Assignment, Employee, OrgUnit, Placement, Reorganization, ReorganizationStep
from crm.services.organization.followers import unbound
from crm.services.organization.planning import Kind, place_of, resolve
from crm.services.organization.succeeding import STAYS, Hanging, close_unit, divide_unit, merge_units, relocate
from crm.services.placing import Job, Move, assign_many, end_assignments, place_many

Steps = list[ReorganizationStep]


def carry_out(*, plan: Reorganization, by: User | None, at: datetime) -> list[str]:
    """Do all steps that can be done; says why the others cannot, or must not be. Whoever wants all or nothing takes it
    back when anything is said."""
    found = resolve(plan)
    doing = _Doing(plan, dict(found.units), dict(found.employees), by, at)
    doing.all(found.fit)
    told = [*found.problems, *doing.problems, *_orphans(plan.effective_on), *_jobless(plan), *unbound(plan)]
    return list(dict.fromkeys(told))


class _Doing:
    def __init__(
        self,
        plan: Reorganization,
        units: dict[str, OrgUnit],
        employees: dict[str, Employee],
        by: User | None,
        at: datetime,
    ) -> None:
        self.plan, self.units, self.employees, self.by, self.at = plan, units, employees, by, at
        self.on = plan.effective_on
        self.problems: list[str] = []

    @contextmanager
    def _noting(self) -> Iterator[None]:
        """What cannot be done is taken back and noted."""
        try:
            with transaction.atomic():
                yield
        except ValidationError as refusal:
            self.problems += refusal.messages
            closed = dict(OrgUnit.objects.exclude(closed_on=None).values_list("pk", "closed_on"))
            for unit in self.units.values():
                unit.closed_on = closed.get(unit.pk)

    def all(self, steps: Steps) -> None:
        self._open([step for step in steps if step.kind == Kind.OPEN])
        kinds: dict[str, Steps] = defaultdict(list)
        for step in steps:
            if {step.unit, step.under, step.into} <= {*self.units, ""}:
                kinds[step.kind].append(step)
        self._move([*kinds[Kind.OPEN], *kinds[Kind.MOVE]])
        self._unassign(kinds[Kind.UNASSIGN])
        self._assign(kinds[Kind.ASSIGN])
        self._merge(kinds[Kind.MERGE])
        self._divide(kinds[Kind.SPLIT], _hanging([*kinds[Kind.BIND], *kinds[Kind.REVOKE]], self.units))
        for step in kinds[Kind.CLOSE]:
            with self._noting():
                close_unit(unit=self.units[step.unit], on=self.on, by=self.by, at=self.at, plan=self.plan)
        for unit in {step.unit for kind in (Kind.MOVE, Kind.ASSIGN, Kind.UNASSIGN) for step in kinds[kind]}:
            relocate(unit=self.units[unit], on=self.on, plan=self.plan)

    def _open(self, steps: Steps) -> None:
        """A new unit takes its zone and calendar from the unit above, which may be new itself."""
        waiting = {step.unit: step for step in steps}
        while waiting:
            ready = [step for step in waiting.values() if step.under in self.units]
            if not ready:
                self.problems.append(f"{min(waiting)} would be opened under itself.")
                return
            for step in ready:
                above = self.units[step.under]
                source, external_id = place_of(step.unit, self.plan.source)
                self.units[step.unit] = OrgUnit.objects.create(
                    source=source, external_id=external_id, name=step.name, kind=step.unit_kind, zone=above.zone,
                    calendar_id=above.calendar_id, opened_on=self.on,
                )  # fmt: skip
                del waiting[step.unit]

    def _move(self, steps: Steps) -> None:
        moves = [Move(self.units[step.unit].pk, self.units[step.under].pk, Span(self.on)) for step in steps]
        refused = (
            place_many(moves=moves, hierarchy=self.plan.hierarchy, by=self.by, at=self.at).refused if moves else set()
        )
        if refused:
            names = OrgUnit.objects.filter(pk__in=refused).order_by("name").values_list("name", flat=True)
            self.problems += [f"{name} would stand under itself." for name in names]

    def _unassign(self, steps: Steps) -> None:
        for step in steps:
            held = Assignment.objects.filter(
                employee=self.employees[step.employee], unit=self.units[step.unit], role=step.role,
                recorded__upper_inf=True, valid__overlap=(self.on, None),
            )  # fmt: skip
            if held:
                end_assignments(assignments=list(held), on=self.on, by=self.by, at=self.at)
            else:
                self.problems.append(f"Step {step.number}: {step.employee} is no {step.role} at {step.unit} then.")

    def _assign(self, steps: Steps) -> None:
        jobs = [
            Job(self.employees[step.employee].pk, self.units[step.unit].pk, step.role, Span(self.on)) for step in steps
        ]
        assign_many(jobs=jobs, by=self.by, at=self.at)

    def _merge(self, steps: Steps) -> None:
        together: dict[str, list[OrgUnit]] = defaultdict(list)
        for step in steps:
            together[step.into].append(self.units[step.unit])
        for into, units in together.items():
            with self._noting():
                merge_units(units=units, into=self.units[into], on=self.on, by=self.by, at=self.at, plan=self.plan)

    def _divide(self, steps: Steps, hanging: Mapping[str, Hanging]) -> None:
        shares: dict[str, dict[OrgUnit, Decimal]] = defaultdict(dict)
        for step in steps:
            shares[step.unit][self.units[step.into]] = step.share or Decimal(0)
        for unit, heirs in shares.items():
            with self._noting():
                divide_unit(
                    unit=self.units[unit], heirs=heirs, on=self.on, by=self.by, at=self.at, plan=self.plan,
                    hanging=hanging.get(unit, STAYS),
                )  # fmt: skip


def _hanging(steps: Steps, units: Mapping[str, OrgUnit]) -> dict[str, Hanging]:
    return {step.unit: Hanging(units.get(step.into), step.kind == Kind.REVOKE) for step in steps}


def _orphans(on: date) -> list[str]:
    """Open units that stand under a closed one."""
    closed = OrgUnit.objects.filter(pk=OuterRef("parent"), closed_on__lte=on)
    held = Placement.objects.filter(
        Q(unit__closed_on=None) | Q(unit__closed_on__gt=on), Exists(closed), hierarchy__is_primary=True,
        recorded__upper_inf=True, valid__contains=on,
    )  # fmt: skip
    rows = held.select_related("unit", "parent").order_by("unit__name")[:20]
    return [f"{row.unit} stands under {row.parent}, which is closed." for row in rows]


def _jobless(plan: Reorganization) -> list[str]:
    """Employees of whom this plan ended the last assignment."""
    on = plan.effective_on
    known = Assignment.objects.filter(employee=OuterRef("pk"), recorded__upper_inf=True)
    units = [row.unit_id for row in plan.relocations.all()]
    ended = known.filter(unit__in=units, valid__endswith=on)
    people = Employee.objects.filter(Exists(ended), ~Exists(known.filter(valid__contains=on)))
    gone = people.exclude(left_on__lte=on).order_by("name")[:20]
    return [f"{person} would work nowhere from {on} on." for person in gone]
