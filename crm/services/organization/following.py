"""Customers and accounts of a closed unit get the home unit that took over, and keys and webhooks of it belong to that
one, on the day: rows of `Relocation` with an empty mark."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from datetime import date, datetime
from functools import reduce
from operator import or_
from typing import Any, NamedTuple

from django.db.models import BigIntegerField, Case, CharField, Count, Exists, F, OuterRef, QuerySet, Value, When
from django.db.models.functions import Cast, Concat

from common.claims import set_mark, take_unmarked, work_off
from common.models import Event
from crm.heirs import Lot, Way, parts_of
from crm.models import Account, Customer, OrgUnit, Relocation, Succession
from crm.services.organization.drawing import drawn, person
from crm.services.organization.followers import followers

DEEPEST = 50  # successors of successors
LIMIT = 20  # relocations at a time; each is a few statements over what a unit is home to
HOMED: dict[str, tuple[Any, Any]] = {  # what has a home unit, and by what each of them is drawn where several took over
    "customers": (Customer, person("pk")),
    "accounts": (Account, Concat(Value("a"), Cast(F("pk"), CharField()))),
}


class Rehoming(NamedTuple):
    """`what` of the unit `home` (ids) that gets another home."""

    what: str
    home: int
    heir: int


def follow_customers(*, at: datetime) -> int:
    """Take up what is due; returns how many relocations were."""
    _note_strays(at)
    due = Relocation.objects.filter(on__lte=at.date())
    return work_off(due, "customers_at", lambda rows: _follow(rows, at), at=at, limit=LIMIT)


def merged_into(*, on: date, among: Collection[int] | None = None) -> dict[int, int]:
    """{unit: the unit in which it had gone up by the day} of those (`among` them) that merged; one query for each step
    from successor to successor. What was divided is left out: its customers follow by lot."""
    merged = Succession.objects.filter(
        share=1, recorded__upper_inf=True, on__lte=on, predecessor__closed_on=F("on")
    ).values_list("predecessor", "successor")
    found = dict(merged if among is None else merged.filter(predecessor__in=among))
    last = set(found.values())
    for _ in range(DEEPEST):
        if not last or not (further := dict(merged.filter(predecessor__in=last))):
            break
        found = {unit: further.get(heir, heir) for unit, heir in found.items()}
        last = set(further.values())
    return found


def _note_strays(at: datetime) -> None:
    """Customers and accounts that came to a unit when it was closed already follow too."""
    on = at.date()
    passed_on = Succession.objects.filter(
        predecessor=OuterRef("pk"), on=OuterRef("closed_on"), recorded__upper_inf=True
    )
    waiting = Relocation.objects.filter(unit=OuterRef("pk"), customers_at=None)
    closed = OrgUnit.objects.filter(Exists(passed_on), ~Exists(waiting), closed_on__lte=on)
    here = [Exists(model._default_manager.filter(unit=OuterRef("pk"))) for model, _ in HOMED.values()]
    left = closed.filter(reduce(or_, here))
    Relocation.objects.bulk_create(
        Relocation(unit=unit, on=on, tickets_at=at) for unit in left if heirs_of(unit, on=on)
    )


def heirs_of(unit: OrgUnit, *, on: date) -> list[Way]:
    """Open units that have taken over from `unit` by the day, and from which customers on; empty while it is open
    itself, or if nobody did."""
    return _open_heirs(unit, on, (), depth=0)


def _open_heirs(unit: OrgUnit, on: date, lots: tuple[Lot, ...], depth: int) -> list[Way]:
    if unit.closed_on is None or unit.closed_on > on or depth > DEEPEST:
        return [Way(unit.pk, lots)] if depth else []
    known = Succession.objects.filter(predecessor=unit, on=unit.closed_on, recorded__upper_inf=True)
    heirs = {row.successor_id: row for row in known.select_related("successor")}
    found = []
    for part in parts_of({pk: row.share for pk, row in heirs.items()}) if heirs else ():
        own = (Lot(unit.pk, part.low, part.high),) if len(heirs) > 1 else ()
        found += _open_heirs(heirs[part.heir].successor, on, (*lots, *own), depth + 1)
    return found


def rehomings(units: Iterable[OrgUnit], *, on: date) -> Counter[Rehoming]:
    """How many customers and accounts of closed ones among these units get which home; two queries for each."""
    found: Counter[Rehoming] = Counter()
    for unit in units:
        ways = heirs_of(unit, on=on)
        for what, (model, who) in HOMED.items() if ways else ():
            homes = model._default_manager.filter(unit=unit).order_by().annotate(home=_home(ways, who))
            counted = homes.values_list("home").annotate(n=Count("pk"))
            found.update({Rehoming(what, unit.pk, home): n for home, n in counted if n})
    return found


def sole_heir(unit: OrgUnit, *, on: date) -> int | None:
    """The unit that took over all of `unit`; None if nobody did, or several."""
    heirs = {way.heir for way in heirs_of(unit, on=on)}
    return heirs.pop() if len(heirs) == 1 else None


def _follow(rows: QuerySet[Relocation], at: datetime) -> int:
    taken = take_unmarked(rows.select_related("unit", "bound_to"), "customers_at", limit=None)
    for unit in {row.unit for row in taken}:
        customers, accounts = _rehome(unit, at.date())
        if customers or accounts:
            Event.objects.record("unit.customers_followed", subject=unit, at=at, customers=customers, accounts=accounts)
    for row in taken:
        _move_what_hangs_on(row, at)
    set_mark(taken, "customers_at", at)
    return len(taken)


def whose(row: Relocation, *, on: date) -> int | None:
    """The unit to which what hangs on the row's belongs by the day: its own, if nobody took over; None: it ends."""
    if row.revokes:
        return None
    if row.bound_to:
        return sole_heir(row.bound_to, on=on) or row.bound_to_id
    return sole_heir(row.unit, on=on) or row.unit_id


def _move_what_hangs_on(row: Relocation, at: datetime) -> None:
    heir = whose(row, on=at.date())
    for follower in followers() if heir != row.unit_id else ():
        hanging = follower.rows().filter(unit=row.unit)
        if heir is None:
            hanging.end(at=at)
        else:
            hanging.move(unit=heir, at=at)


def _rehome(unit: OrgUnit, on: date) -> list[int]:
    """How many customers and accounts got another home unit; one statement each."""
    ways = heirs_of(unit, on=on)
    if not ways:
        return [0, 0]
    return [model._default_manager.filter(unit=unit).update(unit=_home(ways, who)) for model, who in HOMED.values()]


def _home(ways: Sequence[Way], who: Any) -> Any:
    if not ways[0].lots:
        return Value(ways[0].heir, output_field=BigIntegerField())
    homes = [When(drawn(way.lots, who), then=Value(way.heir)) for way in ways]
    return Case(*homes, output_field=BigIntegerField())
