"""Customers of a closed unit get the home unit that took over, on the day: rows of `Relocation` with an empty mark."""

from __future__ import annotations

from datetime import date, datetime

from django.db.models import BigIntegerField, Case, QuerySet, Value, When

from common.claims import set_mark, take_unmarked, work_off
from common.models import Event
from crm.heirs import Lot, Way, parts_of
from crm.models import Customer, OrgUnit, Relocation, Succession
from crm.services.organization.drawing import drawn, person

DEEPEST = 50  # successors of successors
LIMIT = 20  # relocations at a time; each is one statement over the customers of a unit


def follow_customers(*, at: datetime) -> int:
    """Take up what is due; returns how many relocations were."""
    due = Relocation.objects.filter(on__lte=at.date())
    return work_off(due, "customers_at", lambda rows: _follow(rows, at), at=at, limit=LIMIT)


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


def _follow(rows: QuerySet[Relocation], at: datetime) -> int:
    taken = take_unmarked(rows.select_related("unit"), "customers_at", limit=None)
    for row in taken:
        moved = _rehome(row.unit, at.date())
        if moved:
            Event.objects.record("unit.customers_followed", subject=row.unit, at=at, customers=moved)
    set_mark(taken, "customers_at", at)
    return len(taken)


def _rehome(unit: OrgUnit, on: date) -> int:
    """How many customers got another home unit; one statement."""
    ways = heirs_of(unit, on=on)
    if not ways:
        return 0
    here, who = Customer.objects.filter(unit=unit), person("pk")
    if not ways[0].lots:
        return here.update(unit=ways[0].heir)
    homes = [When(drawn(way.lots, who), then=Value(way.heir)) for way in ways]
    return here.update(unit=Case(*homes, output_field=BigIntegerField()))
