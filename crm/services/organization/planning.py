"""Drafting a reorganization: its steps come as lines of a CSV file, or typed in the same form."""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q

from common.models import Event, User
from common.text import clean_line
from crm.models import Employee, Hierarchy, OrgUnit, Reorganization, ReorganizationStep, Role
from crm.services.placing import primary

Kind = ReorganizationStep.Kind
COLUMNS = ("step", "unit", "under", "into", "share", "name", "kind", "employee", "role")
NEEDED: dict[str, tuple[str, ...]] = {
    Kind.OPEN: ("unit", "name", "under"),
    Kind.MOVE: ("unit", "under"),
    Kind.MERGE: ("unit", "into"),
    Kind.SPLIT: ("unit", "into", "share"),
    Kind.BIND: ("unit", "into"),
    Kind.REVOKE: ("unit",),
    Kind.CLOSE: ("unit",),
    Kind.ASSIGN: ("employee", "role", "unit"),
    Kind.UNASSIGN: ("employee", "role", "unit"),
}
ALSO: dict[str, tuple[str, ...]] = {Kind.OPEN: ("kind",)}
MOST_STEPS = 2_000
SOURCE_LENGTH, ID_LENGTH = 60, 120
LONGEST = SOURCE_LENGTH + 1 + ID_LENGTH  # of a reference: source, colon, external id


@transaction.atomic
def draft(
    *, name: str, why: str, effective_on: date, source: str, steps: str, by: User | None, at: datetime,
    hierarchy: Hierarchy | None = None,
) -> Reorganization:  # fmt: skip
    """A plan to be previewed. `steps`: CSV with a header (`COLUMNS`). ValidationError names every line at fault."""
    read = read_steps(steps)
    plan = Reorganization.objects.create(
        name=clean_line(name, limit=160), why=why, effective_on=effective_on, source=source,
        hierarchy=hierarchy or primary(), drafted_by=by, drafted_at=at,
    )  # fmt: skip
    _store(plan, read)
    Event.objects.record("reorganization.drafted", subject=plan, by=by, at=at, steps=len(read))
    return plan


@transaction.atomic
def redraft(*, plan: Reorganization, steps: str, by: User | None, at: datetime, **fields: Any) -> None:
    """Other fields and steps for a plan that was not applied; it has to be previewed again."""
    read = read_steps(steps)
    held = Reorganization.objects.select_for_update(of=("self",)).get(pk=plan.pk)
    if held.applied_at:
        raise ValidationError("This reorganization was applied. Draft another one to change it back.")
    for field, value in {**fields, "previewed_at": None, "preview": {}, "known": {}}.items():
        setattr(plan, field, value)
    plan.save()
    plan.steps.all().delete()
    _store(plan, read)
    Event.objects.record("reorganization.drafted", subject=plan, by=by, at=at, steps=len(read))


def _store(plan: Reorganization, read: list[ReorganizationStep]) -> None:
    for step in read:
        step.reorganization = plan
    ReorganizationStep.objects.bulk_create(read)


def written(plan: Reorganization) -> str:
    """The steps as `draft` takes them, to be edited."""
    rows = [{"step": step.kind, **step.cells} for step in plan.steps.all()]
    used = [column for column in COLUMNS if any(_field(column) in row for row in rows)]
    lines: list[str] = []
    writer = csv.writer(_Lines(lines), lineterminator="\n")
    writer.writerows([used, *([row.get(_field(column), "") for column in used] for row in rows)])
    return "".join(lines)


class _Lines:
    def __init__(self, lines: list[str]) -> None:
        self.lines = lines

    def write(self, line: str) -> int:
        self.lines.append(line)
        return len(line)


def _field(column: str) -> str:
    return "unit_kind" if column == "kind" else column


def read_steps(text: str) -> list[ReorganizationStep]:
    """The steps of a CSV text; commas or semicolons. Nothing is stored."""
    lines = [line for line in text.removeprefix("\ufeff").splitlines() if line.strip()]
    delimiter = ";" if lines and lines[0].count(";") > lines[0].count(",") else ","
    try:
        rows = list(csv.reader(lines, delimiter=delimiter))
    except csv.Error as error:  # such as a quote that is never closed before a very long text
        raise ValidationError(f"The steps cannot be read: {error}.") from error
    if not rows:
        raise ValidationError("There are no steps.")
    header = [clean_line(cell).lower() for cell in rows[0]]
    _check_header(header)
    if len(rows) - 1 > MOST_STEPS:
        raise ValidationError(f"A reorganization has at most {MOST_STEPS:,} steps.")
    errors: list[str] = []
    steps = [_step(number, dict(zip(header, row, strict=False)), errors) for number, row in enumerate(rows[1:], 1)]
    if not steps:
        raise ValidationError("There are no steps below the header.")
    if errors:
        raise ValidationError(errors[:20])
    return steps


def _check_header(header: list[str]) -> None:
    unknown = [name for name in header if name not in COLUMNS]
    if unknown or "step" not in header or "unit" not in header or len(set(header)) < len(header):
        named = f"Unknown column {unknown[0]!r}. " if unknown else ""
        raise ValidationError(
            f"{named}The first line names the columns: {', '.join(COLUMNS)}; step and unit are needed."
        )


def _step(number: int, row: Mapping[str, str], errors: list[str]) -> ReorganizationStep:
    cells = {name: clean_line(cell or "", limit=200) for name, cell in row.items()}
    kind = cells.pop("step", "").lower()
    given = {name: cell for name, cell in cells.items() if cell}
    errors += [f"Step {number}: {problem}" for problem in _problems(kind, given)]
    return ReorganizationStep(
        number=number,
        kind=kind,
        share=_number(given.get("share", "")),
        unit_kind=given.get("kind", OrgUnit.Kind.BRANCH if kind == Kind.OPEN else ""),
        **{name: given.get(name, "") for name in ("unit", "under", "into", "name", "employee", "role")},
    )


def _problems(kind: str, given: Mapping[str, str]) -> Iterator[str]:
    if kind not in NEEDED:
        yield f"{kind!r} is no step. Steps are {', '.join(NEEDED)}."
        return
    for name in NEEDED[kind]:
        if name not in given:
            yield f"{kind} needs {name}."
    for name in given:
        if name not in (*NEEDED[kind], *ALSO.get(kind, ())):
            yield f"{kind} takes no {name}."
        elif len(given[name]) > (160 if name == "name" else LONGEST):
            yield f"{name} is too long."
    yield from _wrong_choices(given)


def _wrong_choices(given: Mapping[str, str]) -> Iterator[str]:
    share = given.get("share")
    if share is not None and ((number := _number(share)) is None or not 0 < number < 1):
        yield "share is a number between 0 and 1, such as 0.6."
    elif share is not None and round(Decimal(share), 8) != Decimal(share):
        yield "share has at most 8 decimal places."
    for name, known in (("kind", OrgUnit.Kind.values), ("role", Role.values)):
        if name in given and given[name] not in known:
            yield f"{name} is one of {', '.join(known)}."


def _number(text: str) -> Decimal | None:
    try:
        number = Decimal(text)
    except InvalidOperation:
        return None
    return number if number.is_finite() and abs(number) < 10 else None


@dataclass(frozen=True)
class Resolved:
    """Units and employees that the steps of a plan name, by the words with which they are named."""

    units: Mapping[str, OrgUnit]
    employees: Mapping[str, Employee]
    problems: list[str]
    fit: list[ReorganizationStep]  # of which nothing is wrong so far


def resolve(plan: Reorganization) -> Resolved:
    """Look up what the steps name, two queries; units that the plan opens come into being when it is carried out."""
    steps = list(plan.steps.all())
    opened = {step.unit for step in steps if step.kind == Kind.OPEN}
    named = {ref for step in steps for ref in (step.unit, step.under, step.into) if ref}
    units = _found(OrgUnit.objects.all(), named, plan.source)
    employees = _found(Employee.objects.all(), {step.employee for step in steps if step.employee}, plan.source)
    wrong: dict[int, list[str]] = defaultdict(list)
    begun: set[tuple[str, str]] = set()
    for step in steps:
        if step.kind == Kind.OPEN:
            wrong[step.number] += _cannot_open(step, plan.source, known=step.unit in units, begun=begun)
        missing = [r for r in (step.unit, step.under, step.into) if r and r not in units and r not in opened]
        wrong[step.number] += [f"there is no unit {ref!r}." for ref in missing]
        if step.employee and step.employee not in employees:
            wrong[step.number].append(f"there is no employee {step.employee!r}.")
        wrong[step.number] += _hangs_on_nothing(step, steps)
    twice = _twice(steps)
    problems = [f"Step {number}: {words}" for number, told in wrong.items() for words in told]
    fit = [step for step in steps if not wrong[step.number] and (_way(step)[0], step.unit) not in twice]
    return Resolved(units, employees, [*problems, *(f"{unit} is {what} in two ways." for what, unit in twice)], fit)


def place_of(unit: str, source: str) -> tuple[str, str]:
    """The source and the external id of a new unit, as a step of a plan of `source` names it."""
    other, colon, external_id = unit.partition(":")
    return (other, external_id) if colon else (source, unit)


def _cannot_open(step: ReorganizationStep, source: str, *, known: bool, begun: set[tuple[str, str]]) -> Iterator[str]:
    """`begun`: the places of those that are opened before; this one's is added."""
    place = place_of(step.unit, source)
    if known:
        yield f"{step.unit} exists already."
    elif place in begun:
        yield f"{step.unit} is opened above already."
    elif not (0 < len(place[0]) <= SOURCE_LENGTH and 0 < len(place[1]) <= ID_LENGTH):
        yield f"a new unit's id has at most {ID_LENGTH} characters, its source {SOURCE_LENGTH}, and neither is empty."
    begun.add(place)


def _hangs_on_nothing(step: ReorganizationStep, steps: list[ReorganizationStep]) -> Iterator[str]:
    """What is bound or revoked hangs on a unit that is divided and closes."""
    if step.kind not in (Kind.BIND, Kind.REVOKE):
        return
    heirs = {other.into for other in steps if other.kind == Kind.SPLIT and other.unit == step.unit}
    if not heirs:
        yield f"{step.kind} goes with a split of {step.unit}."
    elif step.unit in heirs:
        yield f"{step.unit} stays open, and its API keys and webhooks stay with it."
    elif step.into and step.into not in heirs:
        yield f"{step.unit} is not divided among {step.into}."


def _twice(steps: list[ReorganizationStep]) -> list[tuple[str, str]]:
    """(what, unit) of steps that contradict one another: nothing can be moved, closed, merged or divided twice."""
    ways: dict[tuple[str, str], set[tuple[str, str]]] = defaultdict(set)
    for step in steps:
        what, how = _way(step)
        ways[what, step.unit].add((how, "" if step.kind == Kind.SPLIT else step.into))
    return [way for way, found in ways.items() if way[0] and len(found) > 1]


def _way(step: ReorganizationStep) -> tuple[str, str]:
    """What the step does to its unit that can be done once only, and how; empty words if it may be done often."""
    if step.kind in (Kind.OPEN, Kind.MOVE):
        return "placed", str(step.number)
    what = {Kind.CLOSE: "ended", Kind.MERGE: "ended", Kind.SPLIT: "ended", Kind.BIND: "bound", Kind.REVOKE: "bound"}
    return what.get(Kind(step.kind), ""), step.kind


def _found(rows: Any, refs: set[str], source: str) -> dict[str, Any]:
    """{reference: row}: an external id of the plan's source, or source and id with a colon between."""
    match, full = Q(source=source, external_id__in=refs), {ref.partition(":") for ref in refs if ":" in ref}
    for other, _, external_id in full:
        match |= Q(source=other, external_id=external_id)
    found = {}
    for row in rows.filter(match):
        if row.source == source:
            found[row.external_id] = row
        found.setdefault(f"{row.source}:{row.external_id}", row)
    return {ref: found[ref] for ref in refs if ref in found}
