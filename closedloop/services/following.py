"""Open tickets follow when units close or other people take charge: rows of `crm.Relocation` with an empty mark."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import UTC, date, datetime, time
from typing import NamedTuple

from django.db.models import Exists, F, OuterRef, Q, QuerySet

from closedloop.models import Handover, Ticket
from closedloop.services.routing import Matter, Routed, route
from common.claims import one_at_a_time, set_mark, take_unmarked, work_off
from common.text import number_of
from crm.heirs import Way
from crm.models import Assignment, Employee, OrgUnit, Relocation, Reorganization
from crm.services.organization.effects import Found, table
from crm.services.organization.following import heirs_of

LIMIT = 20
ORIGIN = ("origin__customer", "origin__interaction")  # what routing looks at


class Destination(NamedTuple):
    """Where a ticket belongs on a day: at which unit, with whom (None: nobody is in charge), why and by which rule."""

    ticket: Ticket
    unit: int
    owner: int | None
    why: str = ""
    rule: int | None = None

    @property
    def moves(self) -> bool:
        return (self.unit, self.owner) != (self.ticket.unit_id, self.ticket.owner_id)


def follow_tickets(*, at: datetime) -> int:
    """Take up what is due; returns how many relocations were."""
    due = Relocation.objects.filter(on__lte=at.date())
    return work_off(due, "tickets_at", lambda rows: _follow(rows, at), at=at, limit=LIMIT)


def destinations(units: Iterable[OrgUnit], *, on: date) -> list[Destination]:
    """Of the open tickets at these units and below, on the day; a few queries for each closed unit that has some."""
    below = OrgUnit.objects.filter(
        closure_above__ancestor__in=[unit.pk for unit in units],
        closure_above__hierarchy__is_primary=True,
        closure_above__valid__contains=on,
    )
    here = Ticket.objects.open().filter(unit__in=below.values("pk")).select_related("unit", *ORIGIN)
    tickets = list(here.order_by("pk"))
    ways = {unit.pk: heirs_of(unit, on=on) for unit in {ticket.unit for ticket in tickets}}
    units_then = {ticket.pk: _heir(ticket, ways[ticket.unit_id]) for ticket in tickets}
    in_charge, at_desks = _in_charge(set(units_then.values()), on), _at_desks(tickets, on)
    kept = {t.pk for t in tickets if t.pk in at_desks or (units_then[t.pk], t.owner_id) in in_charge}
    changing = [ticket for ticket in tickets if ticket.pk not in kept]
    routed = route([Matter(t.origin, units_then[t.pk]) for t in changing], at=datetime.combine(on, time(12), UTC))
    new = dict(zip((ticket.pk for ticket in changing), routed, strict=True))
    return [_destination(ticket, units_then[ticket.pk], new.get(ticket.pk)) for ticket in tickets]


def _destination(ticket: Ticket, unit: int, routed: Routed | None) -> Destination:
    """Without a new way the owner keeps it."""
    if routed is None:
        return Destination(ticket, unit, ticket.owner_id)
    return Destination(ticket, unit, routed.owner, routed.why, routed.rule)


def _at_desks(tickets: list[Ticket], on: date) -> set[int]:
    """Tickets (ids) whose owner has them from a back office in which they still work: no branch takes them away."""
    given = Handover.objects.filter(ticket__in=tickets, to=F("ticket__owner"), rule__desk__isnull=False)
    there = Assignment.objects.filter(
        employee=OuterRef("to"), unit=OuterRef("rule__desk"), valid__contains=on, recorded__upper_inf=True
    )
    return set(given.filter(Exists(there), ~Q(to__left_on__lte=on)).values_list("ticket", flat=True))


def _heir(ticket: Ticket, ways: list[Way]) -> int:
    who = str(ticket.customer_id or f"r{ticket.origin_id}")
    return next((way.heir for way in ways if way.holds(who)), ticket.unit_id)


def _in_charge(units: set[int], on: date) -> set[tuple[int, int]]:
    """(unit, employee): who is assigned there, or above, on the day, and still works for the company."""
    held = Assignment.objects.filter(
        unit__closure_below__descendant__in=units,
        unit__closure_below__hierarchy__is_primary=True,
        unit__closure_below__valid__contains=on,
        valid__contains=on,
        recorded__upper_inf=True,
    ).exclude(employee__left_on__lte=on)
    return set(held.values_list("unit__closure_below__descendant", "employee"))


def _follow(rows: QuerySet[Relocation], at: datetime) -> int:
    one_at_a_time("closedloop.screen")  # nobody else routes meanwhile
    taken = take_unmarked(rows.select_related("unit"), "tickets_at", limit=None)
    for found in destinations({row.unit for row in taken}, on=at.date()):
        if found.moves:
            found.ticket.relocate(unit=found.unit, owner=found.owner, at=at, why=found.why, rule=found.rule)
    set_mark(taken, "tickets_at", at)
    return len(taken)


class OpenTickets:
    """The effect of a reorganization on open tickets: which change hands, which would be left with nobody."""

    name = "tickets"

    def before(self, plan: Reorganization, at: datetime) -> None:
        """Where they are stands on the tickets."""

    def after(self, plan: Reorganization, at: datetime, before: None) -> Found:
        units = [row.unit for row in plan.relocations.select_related("unit")]
        on = max(plan.effective_on, at.date())  # of a day in the past: they follow now
        rows = _rows([each for each in destinations(units, on=on) if each.moves])
        note = "As the tickets are today; each is handed over on the day." if rows else "No open ticket changes hands."
        head = ["From", "Owner", "To", "New owner", "Tickets"]
        return Found([table("Open tickets that change hands", note, head, rows)], _stranded(units, on))


def _rows(found: list[Destination]) -> list[list[str | int]]:
    named = OrgUnit.objects.in_bulk({pk for d in found for pk in (d.unit, d.ticket.unit_id)})
    people = Employee.objects.in_bulk({pk for d in found for pk in (d.owner, d.ticket.owner_id) if pk})
    groups = Counter((d.ticket.unit_id, d.ticket.owner_id, d.unit, d.owner) for d in found)
    return [
        [named[unit].name, _name(people, owner), named[heir].name, _name(people, new_owner), number]
        for (unit, owner, heir, new_owner), number in groups.most_common()
    ]


def _stranded(units: Iterable[OrgUnit], on: date) -> list[str]:
    closed = [unit for unit in units if unit.closed_on and unit.closed_on <= on and not heirs_of(unit, on=on)]
    waiting = Counter(Ticket.objects.open().filter(unit__in=closed).values_list("unit", flat=True))
    told = "{} closes with {} and no unit to take over."
    return [told.format(unit, number_of(waiting[unit.pk], "open ticket")) for unit in closed if waiting[unit.pk]]


def _name(people: dict[int, Employee], pk: int | None) -> str:
    return people[pk].name if pk else "nobody"
