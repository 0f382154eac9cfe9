"""Units that end or pass on what they did: closing, merging, dividing. Each also serves as its own correction: said
again for another day, it holds from that day, and what was known before stays known.

A closed unit keeps a place in the tree, so that its history stays in sight and in every total: one that merged stands
under its successor, any other where it stood last.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import NamedTuple

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from django.db.models import Q

from common.models import Event, User
from common.queue import enqueue
from crm.dated import Span
from crm.models import Assignment, Hierarchy, OrgUnit, Placement, Relocation, Reorganization, Succession
from crm.services.organization.knowing import tree_on
from crm.services.placing import Job, Move, assign_many, end_assignments, place_many, primary
from crm.services.superseding import close as supersede_rows
from crm.services.superseding import span_of


class Hanging(NamedTuple):
    """What becomes of the keys and webhooks of a unit that is divided: they go to one heir, or end; else they stay."""

    to: OrgUnit | None = None
    ends: bool = False


STAYS = Hanging()
TASKS = ("crm.tasks.follow", "closedloop.tasks.follow")


@transaction.atomic
def close_unit(
    *, unit: OrgUnit, on: date, by: User | None = None, at: datetime, plan: Reorganization | None = None
) -> None:
    """`unit` serves nobody from the day `on`; its people are assigned there no longer. Nobody takes over: its history
    counts for the units above it. Raises ValidationError while open units stand under it."""
    _lock()
    _check_standing(unit, on)
    if below := _open_below([unit], on):
        raise ValidationError(f"{below[0]} stands under {unit} on {on}. Move it first.")
    _forget(unit, at=at)
    _end(unit, on=on, by=by, at=at, plan=plan)
    Event.objects.record("unit.closed", subject=unit, by=by, at=at, on=on.isoformat())


@transaction.atomic
def merge_units(
    *,
    units: Collection[OrgUnit],
    into: OrgUnit,
    on: date,
    by: User | None = None,
    at: datetime,
    plan: Reorganization | None = None,
) -> None:
    """The units go up in `into` on the day `on`: they close and stand under it, in every hierarchy in which both stand;
    what stood under them stands under it, their people work there in the same roles, customers and tickets follow."""
    _lock()
    for unit in (into, *units):
        _check_standing(unit, on)
    if into in units:
        raise ValidationError(f"{into} cannot merge into itself.")
    if _closed(into, on):
        raise ValidationError(f"{into} is closed on {on}.")
    for unit in units:
        _forget(unit, on=on, by=by, at=at)
    _take_over(units, into, on=on, by=by, at=at)
    for unit in units:
        _staff(unit, into, on=on, by=by, at=at)
        _succeed(unit, {into: Decimal(1)}, on=on, at=at)
        _end(unit, on=on, by=by, at=at, plan=plan)
        Event.objects.record("unit.merged", subject=unit, by=by, at=at, into=into.pk, on=on.isoformat())


@transaction.atomic
def divide_unit(
    *,
    unit: OrgUnit,
    heirs: Mapping[OrgUnit, Decimal],
    on: date,
    by: User | None = None,
    at: datetime,
    plan: Reorganization | None = None,
    hanging: Hanging = STAYS,
) -> None:
    """What `unit` did before the day `on` counts for `heirs` by these shares. It closes, unless it is one of them; its
    customers and tickets then go where the history of each customer goes, keys and webhooks as `hanging` says."""
    _lock()
    _check_shares(unit, heirs)
    for each in (unit, *heirs):
        _check_standing(each, on)
    stays = unit in heirs
    if closed := [heir for heir in heirs if _closed(heir, on)]:
        raise ValidationError(f"{closed[0]} is closed on {on}.")
    if not stays and (below := _open_below([unit], on, but=heirs)):
        raise ValidationError(f"{below[0]} stands under {unit} on {on}. Move it first.")
    _forget(unit, on=on, by=by, at=at, only=on if stays else None)
    _succeed(unit, heirs, on=on, at=at)
    if not stays:
        _end(unit, on=on, by=by, at=at, plan=plan, hanging=hanging)
    shares = {str(heir.pk): f"{share.normalize():f}" for heir, share in heirs.items()}
    Event.objects.record("unit.divided", subject=unit, by=by, at=at, shares=shares, on=on.isoformat())


@transaction.atomic
def reopen_unit(*, unit: OrgUnit, by: User | None = None, at: datetime) -> None:
    """The unit was never closed, as we know now: it has no heirs, and stands where it stands until it is placed."""
    _lock()
    _forget(unit, at=at)
    OrgUnit.objects.filter(pk=unit.pk).update(closed_on=None)
    unit.closed_on = None
    Event.objects.record("unit.reopened", subject=unit, by=by, at=at)


def relocate(*, unit: OrgUnit, on: date, plan: Reorganization | None = None, hanging: Hanging = STAYS) -> None:
    """Have customers and open tickets follow, on the day: a row that the jobs of each app take up."""
    Relocation.objects.create(unit=unit, on=on, reorganization=plan, bound_to=hanging.to, revokes=hanging.ends)
    for task in TASKS:
        enqueue(task)


def _lock() -> None:
    """One change of the organization at a time, whatever the hierarchy."""
    primary()
    list(Hierarchy.objects.select_for_update().order_by("pk").values_list("pk"))


def _check_standing(unit: OrgUnit, on: date) -> None:
    held = Placement.objects.filter(unit=unit, hierarchy=primary(), valid__contains=on, recorded__upper_inf=True)
    if not held.exists():
        raise ValidationError(f"{unit} stands nowhere on {on}.")


def _check_shares(unit: OrgUnit, heirs: Mapping[OrgUnit, Decimal]) -> None:
    if len(heirs) < 2:
        raise ValidationError(f"{unit} is divided among two units or more. Into one it merges.")
    if any(not 0 < share < 1 for share in heirs.values()):
        raise ValidationError(f"The shares of {unit} must lie between 0 and 1.")
    if any(share != round(share, 8) for share in heirs.values()):
        raise ValidationError(f"The shares of {unit} have more than 8 decimal places.")
    if (total := sum(heirs.values(), Decimal(0))) != 1:
        raise ValidationError(f"The shares of {unit} sum to {total.normalize():f}, not to 1.")


def _closed(unit: OrgUnit, on: date) -> bool:
    return unit.closed_on is not None and unit.closed_on <= on


def _open_below(units: Collection[OrgUnit], on: date, but: Collection[OrgUnit] = ()) -> list[OrgUnit]:
    """Open units directly below, in the line of management, on the day or later."""
    held = Placement.objects.filter(
        parent__in=units, hierarchy=primary(), recorded__upper_inf=True, valid__overlap=(on, None)
    )
    still = OrgUnit.objects.filter(Q(closed_on=None) | Q(closed_on__gt=on), pk__in=held.values("unit"))
    return list(still.exclude(pk__in=[unit.pk for unit in (*units, *but)]))


def _forget(
    unit: OrgUnit, *, on: date | None = None, by: User | None = None, at: datetime, only: date | None = None
) -> None:
    """What was known of the unit's end holds no longer (`only`: of its division on that day), and a merger that was
    said for an earlier day leaves it where it stood until `on`."""
    known = Succession.objects.filter(predecessor=unit, recorded__upper_inf=True)
    known = known.filter(on=only) if only else known.exclude(on__in=_days_of_parts(unit))
    rows: Sequence[Succession] = list(known)
    for row in rows:
        if on and row.on < on and row.share == 1:
            _back(unit, Span(row.on, on), by=by, at=at)
    supersede_rows(rows, at=at)
    if not only:
        Relocation.objects.filter(unit=unit, customers_at=None, tickets_at=None).delete()


def _days_of_parts(unit: OrgUnit) -> list[date]:
    """On which days it passed a part on and stayed open."""
    kept = Succession.objects.filter(predecessor=unit, successor=unit, recorded__upper_inf=True)
    return list(kept.values_list("on", flat=True))


def _back(unit: OrgUnit, span: Span, *, by: User | None, at: datetime) -> None:
    for hierarchy in Hierarchy.objects.filter(placement__unit=unit).distinct():
        before = tree_on(hierarchy=hierarchy.code, on=span.start - timedelta(days=1))
        moves = [Move(unit.pk, before[unit.pk], span)] if unit.pk in before else []
        if moves and place_many(moves=moves, hierarchy=hierarchy, by=by, at=at).refused:
            raise ValidationError(f"{unit} would stand under itself until {span.end}.")


def _take_over(units: Collection[OrgUnit], into: OrgUnit, *, on: date, by: User | None, at: datetime) -> None:
    """The units and what stands under them, on the day or later, go under `into`, which comes out from under them."""
    closing = {unit.pk for unit in units}
    for hierarchy in Hierarchy.objects.filter(placement__unit=into).distinct():
        tree = tree_on(hierarchy=hierarchy.code, on=on)
        if into.pk not in tree:
            continue
        moves = [Move(unit, into.pk, Span(on)) for unit in closing & tree.keys()]
        rows = Placement.objects.filter(hierarchy=hierarchy, parent__in=closing, valid__overlap=(on, None))
        for row in rows.filter(recorded__upper_inf=True).exclude(unit__in=closing):
            above = _first_open(tree, row.unit_id, closing) if row.unit_id == into.pk else into.pk
            moves.append(Move(row.unit_id, above, Span(max(on, span_of(row).start), row.valid.upper)))
        if refused := place_many(moves=moves, hierarchy=hierarchy, by=by, at=at).refused:
            raise ValidationError(f"{OrgUnit.objects.get(pk=min(refused))} would stand under itself.")


def _first_open(tree: Mapping[int, int | None], unit: int, closing: Collection[int]) -> int | None:
    """The nearest unit above that does not close with the others."""
    above = tree.get(unit)
    while above is not None and above in closing:
        above = tree.get(above)
    return above


def _staff(unit: OrgUnit, into: OrgUnit, *, on: date, by: User | None, at: datetime) -> None:
    """Whoever works at the unit on the day or later works at `into` then."""
    jobs = [Job(a.employee_id, into.pk, a.role, _from(a, on)) for a in _assigned(unit, on)]
    if jobs:
        assign_many(jobs=jobs, by=by, at=at)


def _assigned(unit: OrgUnit, on: date) -> list[Assignment]:
    return list(Assignment.objects.filter(unit=unit, recorded__upper_inf=True, valid__overlap=(on, None)))


def _from(held: Assignment, on: date) -> Span:
    return Span(max(on, held.valid.lower or on), held.valid.upper)


def _succeed(unit: OrgUnit, heirs: Mapping[OrgUnit, Decimal], *, on: date, at: datetime) -> None:
    Succession.objects.bulk_create(
        Succession(predecessor=unit, successor=heir, on=on, share=share, recorded=DateTimeTZRange(at, None))
        for heir, share in heirs.items()
    )


def _end(
    unit: OrgUnit, *, on: date, by: User | None, at: datetime, plan: Reorganization | None, hanging: Hanging = STAYS
) -> None:
    if held := _assigned(unit, on):
        end_assignments(assignments=held, on=on, by=by, at=at)
    OrgUnit.objects.filter(pk=unit.pk).update(closed_on=on)
    unit.closed_on = on
    relocate(unit=unit, on=on, plan=plan, hanging=hanging)
