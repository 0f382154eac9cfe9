"""Where units stand and who works where, dated: `valid` says on which days, `recorded` since when we know it.

A move or a back-dated correction never rewrites a row (`superseding.py`). `UnitClosure` follows in one statement.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Any, NamedTuple

from django.core.exceptions import ValidationError
from django.db import connection, models, transaction

from common.models import Event, User
from crm.dated import Above, Span, stands_under
from crm.models import Assignment, Employee, Hierarchy, OrgUnit, Placement, UnitClosure
from crm.services.superseding import close, days, span_of, supersede


class Move(NamedTuple):
    """`unit` stands under `parent` (ids; None: at the root) during `valid`."""

    unit: int
    parent: int | None
    valid: Span


class Placed(NamedTuple):
    """Units that moved, and units refused because they would have stood under themselves."""

    moved: set[int]
    refused: set[int]


class Job(NamedTuple):
    """`employee` works in `role` at `unit` (ids) during `valid`."""

    employee: int
    unit: int
    role: str
    valid: Span


def primary() -> Hierarchy:
    """The line of management, by which sight and routing go; made on first use, so that a house can be filled."""
    found = Hierarchy.objects.filter(is_primary=True).first()
    named = {"name": "Line of management", "is_primary": True}
    return found or Hierarchy.objects.get_or_create(code="line", defaults=named)[0]


@transaction.atomic
def place(
    *,
    unit: OrgUnit,
    parent: OrgUnit | None,
    since: date,
    until: date | None = None,
    hierarchy: Hierarchy | None = None,
    by: User | None = None,
    at: datetime,
) -> None:
    """Put `unit` under `parent` from `since` on (to the day before `until`), whatever was known of these days before.

    Raises ValidationError when the unit would stand under itself. Placing it where it stands already changes nothing.
    """
    move = Move(unit.pk, parent.pk if parent else None, _span(since, until))
    if place_many(moves=[move], hierarchy=hierarchy or primary(), by=by, at=at).refused:
        raise _refusal(unit, parent)


def check_place(
    *, unit: OrgUnit, parent: OrgUnit | None, since: date, until: date | None = None, hierarchy: Hierarchy | None = None
) -> None:
    """Raises ValidationError when `place` would refuse; for forms, which want to say so beside the field."""
    move = Move(unit.pk, parent.pk if parent else None, _span(since, until))
    known = Placement.objects.filter(hierarchy=hierarchy or primary(), recorded__upper_inf=True)
    if _circular(_tree(known), [move]):
        raise _refusal(unit, parent)


def _refusal(unit: OrgUnit, parent: OrgUnit | None) -> ValidationError:
    return ValidationError(f"{unit} cannot stand under {parent}: that is {unit} itself or a part of it.")


@transaction.atomic
def place_many(*, moves: Sequence[Move], hierarchy: Hierarchy, by: User | None = None, at: datetime) -> Placed:
    """Apply moves of different units together, except those that would put a unit under itself.

    The same few statements however many moves, and only the reading ones when all stand already. An Event a unit moved.
    """
    Hierarchy.objects.select_for_update().get(pk=hierarchy.pk)  # two moves at once could close a circle
    known = list(Placement.objects.filter(hierarchy=hierarchy, recorded__upper_inf=True))
    tree = _tree(known)
    fresh = [move for move in moves if not _stands(tree.get(move.unit, ()), move)]
    refused = _circular(tree, fresh)
    if accepted := [move for move in fresh if move.unit not in refused]:
        supersede(known=known, news=[_placement(hierarchy, move) for move in accepted], same=("unit_id",), at=at)
        rebuild_closure(hierarchy)
        placed = [(move.unit, {"parent": move.parent, "hierarchy": hierarchy.pk}) for move in accepted]
        _record("unit.placed", OrgUnit, placed, by, at)
    return Placed({move.unit for move in accepted}, refused)


@transaction.atomic
def assign(
    *,
    employee: Employee,
    unit: OrgUnit,
    role: str,
    since: date,
    until: date | None = None,
    by: User | None = None,
    at: datetime,
) -> None:
    """`employee` works in `role` at `unit` from `since` on (to the day before `until`). Known already: no change."""
    assign_many(jobs=[Job(employee.pk, unit.pk, role, _span(since, until))], by=by, at=at)


@transaction.atomic
def assign_many(*, jobs: Sequence[Job], by: User | None = None, at: datetime) -> list[Job]:
    """As `assign` for many, in the same few statements however many. Returns the news; an Event for each."""
    held = Assignment.objects.filter(employee__in={job.employee for job in jobs}, recorded__upper_inf=True)
    known = list(held.select_for_update(of=("self",)).order_by("pk"))
    fresh = [job for job in jobs if not _works(known, job)]
    news = [Assignment(employee_id=j.employee, unit_id=j.unit, role=j.role, valid=days(j.valid)) for j in fresh]
    supersede(known=known, news=news, same=("employee_id", "unit_id", "role"), at=at)
    _record("employee.assigned", Employee, [(j.employee, {"unit": j.unit, "role": j.role}) for j in fresh], by, at)
    return fresh


@transaction.atomic
def end_assignments(*, assignments: Sequence[Assignment], on: date, by: User | None = None, at: datetime) -> None:
    """The assignments do not hold on the day `on` and later; one that began then or later never held."""
    close(assignments, at=at)
    kept = [
        Assignment(employee_id=a.employee_id, unit_id=a.unit_id, role=a.role, valid=days(Span(span_of(a).start, on)))
        for a in assignments
        if span_of(a).start < on
    ]
    supersede(known=[], news=kept, same=(), at=at)
    ended = [(a.employee_id, {"unit": a.unit_id, "role": a.role}) for a in assignments]
    _record("employee.unassigned", Employee, ended, by, at)


_FRESH = """
WITH RECURSIVE placed AS (
    SELECT unit_id, parent_id, valid FROM crm_placement WHERE hierarchy_id = %(hierarchy)s AND upper_inf(recorded)
), path (ancestor, descendant, depth, valid) AS (
    SELECT unit_id, unit_id, 0, valid FROM placed
    UNION
    SELECT placed.parent_id, path.descendant, path.depth + 1, path.valid * placed.valid
    FROM path JOIN placed ON placed.unit_id = path.ancestor AND placed.valid && path.valid
    WHERE placed.parent_id IS NOT NULL AND path.depth < 64
)
SELECT ancestor, descendant, depth, unnest(range_agg(valid)) AS valid FROM path GROUP BY ancestor, descendant, depth
"""
_FORGET = """
DELETE FROM crm_unitclosure WHERE hierarchy_id = %(hierarchy)s
AND (ancestor_id, descendant_id, depth, valid) NOT IN (SELECT ancestor, descendant, depth, valid FROM (FRESH) fresh)
""".replace("FRESH", _FRESH)
_ADD = """
INSERT INTO crm_unitclosure (hierarchy_id, ancestor_id, descendant_id, depth, valid)
SELECT %(hierarchy)s, ancestor, descendant, depth, valid FROM (
    SELECT ancestor, descendant, depth, valid FROM (FRESH) fresh
    EXCEPT SELECT ancestor_id, descendant_id, depth, valid FROM crm_unitclosure WHERE hierarchy_id = %(hierarchy)s
) news
""".replace("FRESH", _FRESH)


@transaction.atomic
def rebuild_closure(hierarchy: Hierarchy) -> int:
    """Every (ancestor, descendant) pair with the days on which it held, as known now; returns how many rows.

    Walks up from every placement and intersects the days on the way, so that it is right for trees that changed. Only
    what differs is written: the constraint that keeps pairs apart is what costs.
    """
    Hierarchy.objects.select_for_update().get(pk=hierarchy.pk)
    with connection.cursor() as cursor:
        for statement in (_FORGET, _ADD):
            cursor.execute(statement, {"hierarchy": hierarchy.pk})
    return UnitClosure.objects.filter(hierarchy=hierarchy).count()


def _span(since: date, until: date | None) -> Span:
    if until is not None and until <= since:
        raise ValidationError("The last day lies before the first.")
    return Span(since, until)


def _tree(known: Iterable[Placement]) -> dict[int, list[Above]]:
    tree: dict[int, list[Above]] = defaultdict(list)
    for row in known:
        tree[row.unit_id].append(Above(row.parent_id, span_of(row)))
    return tree


def _placement(hierarchy: Hierarchy, move: Move) -> Placement:
    return Placement(hierarchy=hierarchy, unit_id=move.unit, parent_id=move.parent, valid=days(move.valid))


def _stands(places: Iterable[Above], move: Move) -> bool:
    return any(place.parent == move.parent and place.valid.covers(move.valid) for place in places)


def _works(known: Iterable[Assignment], job: Job) -> bool:
    return any((a.employee_id, a.unit_id, a.role) == job[:3] and span_of(a).covers(job.valid) for a in known)


def _circular(tree: dict[int, list[Above]], moves: Sequence[Move]) -> set[int]:
    """Units whose moves, all taken together, would put them under themselves."""
    after = dict(tree)
    for move in moves:
        kept = [Above(p.parent, piece) for p in after.get(move.unit, ()) for piece in p.valid.without(move.valid)]
        after[move.unit] = [*kept, Above(move.parent, move.valid)]
    return {m.unit for m in moves if m.parent is not None and stands_under(after, m.parent, m.unit, m.valid)}


def _record(
    what: str, kind: type[models.Model], subjects: Iterable[tuple[int, dict[str, Any]]], by: User | None, at: datetime
) -> None:
    label = kind._meta.label_lower
    Event.objects.bulk_create(
        Event(what=what, subject_kind=label, subject_id=str(pk), by=by, at=at, data=data) for pk, data in subjects
    )
