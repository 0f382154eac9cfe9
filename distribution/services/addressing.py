"""Who is told: the people in a role at a unit today, their deputies, or the nearest ones above who can act."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime

from closedloop.models import Alert
from closedloop.services.routing import away_among
from common.periods import local_day
from crm.models import Assignment, Employee, Role, UnitClosure

IN_CHARGE = frozenset({Role.BRANCH.value, Role.REGION.value, Role.OFFICE.value})


def reachable(employee: Employee, on: date) -> bool:
    """Has an address, has not left and was not shut out."""
    shut_out = employee.user is not None and not employee.user.is_active
    return bool(employee.email) and not shut_out and (employee.left_on is None or employee.left_on > on)


def roles_told(alerts: Iterable[Alert]) -> set[str]:
    """The roles that may be told of `alerts`; whoever served needs none."""
    return {role for alert in alerts for role in alert.rule.audience if role != Role.EMPLOYEE} | IN_CHARGE


def places_told(alerts: Iterable[Alert]) -> set[int]:
    """The units of `alerts`, and the desks whose matter they are."""
    return {place for alert in alerts for place in (alert.unit_id, alert.rule.desk_id) if place is not None}


def people_told(alerts: Iterable[Alert]) -> set[Employee]:
    """Those who served, and those who own the tickets, whatever their role."""
    return {who for alert in alerts for who in (alert.employee, _owner(alert)) if who is not None}


def _owner(alert: Alert) -> Employee | None:
    return alert.ticket.owner if alert.ticket is not None and alert.ticket.is_open else None


@dataclass(frozen=True)
class Directory:
    """Who can be reached along the way up from a set of units, on one day. For who is away that day their deputy
    hears, if that one is there and can be reached; else they are passed over."""

    on: date
    above: dict[int, list[int]]  # unit -> itself, its parent, ..., the root
    holders: dict[int, list[tuple[str, Employee]]]  # unit -> (role, who), whoever is away among them
    away: dict[int, Employee | None]  # who is away -> who stands in

    def at(self, unit_id: int, roles: Collection[str]) -> list[Employee]:
        """Those who hold one of `roles` at the unit itself, or stand in for who does."""
        return self._there(who for role, who in self.holders.get(unit_id, []) if role in roles)

    def _there(self, people: Iterable[Employee | None]) -> list[Employee]:
        known = (self.away.get(who.pk, who) for who in people if who is not None)
        return list(dict.fromkeys(who for who in known if who is not None and reachable(who, self.on)))

    def nearest(self, unit_id: int, roles: Collection[str]) -> list[Employee]:
        """Those who hold one of `roles` at the unit, or at the nearest unit above where anybody does."""
        return next((found for unit in self.above.get(unit_id, []) if (found := self.at(unit, roles))), [])

    def in_charge(self, unit_id: int, roles: Collection[str] = IN_CHARGE) -> list[Employee]:
        """Those in charge who are there, the nearest; where all are away, the nearest find it when they are back."""
        return self.nearest(unit_id, roles) or replace(self, away={}).nearest(unit_id, roles)

    def audience(self, alert: Alert) -> list[Employee]:
        """The people an alert is for, each once. A role that nobody holds, here or above, falls to whoever is in
        charge nearest; so does the one who served, once they have left. With them the desk whose matter it is, and the
        owner of the ticket."""
        told: list[Employee] = []
        for role in alert.rule.audience:
            told += self._in_role(alert, role) or self.in_charge(alert.unit_id)
        return list(dict.fromkeys(told + self._desk(alert) + self._there([_owner(alert)])))

    def readers(self, unit_id: int) -> list[Employee]:
        """Whom the unit's digest is for: who manages it; where nobody does, or they are away, whoever is in charge
        nearest above. A deputy only where they see the unit by a role of their own."""
        way = self.above.get(unit_id, [])
        sees = {who for place in way for role, who in self.holders.get(place, []) if role in IN_CHARGE}
        ranked = [(unit_id, frozenset({Role.BRANCH.value})), *((place, IN_CHARGE) for place in way)]
        found = ([who for who in self.at(place, roles) if who in sees] for place, roles in ranked)
        here = next((people for people in found if people), [])
        return here or (replace(self, away={}).readers(unit_id) if self.away else [])

    def _desk(self, alert: Alert) -> list[Employee]:
        """Of the desk, those in the roles that are told; where nobody holds one there, whoever is in charge of it."""
        desk = alert.rule.desk_id
        if desk is None:
            return []
        return self.at(desk, set(alert.rule.audience) - {Role.EMPLOYEE}) or self.in_charge(desk)

    def _in_role(self, alert: Alert, role: str) -> list[Employee]:
        if role != Role.EMPLOYEE:
            return self.nearest(alert.unit_id, {role})
        return self._there([alert.employee])


def audiences(alerts: Collection[Alert], *, at: datetime) -> dict[int, list[Employee]]:
    """By alert: whom it is for, on the day it is at its unit. As many queries as `directory_of` has, for each day."""
    by_day: dict[date, list[Alert]] = defaultdict(list)
    for alert in alerts:
        by_day[local_day(at, alert.unit.zone_info)].append(alert)
    found: dict[int, list[Employee]] = {}
    for day, its in by_day.items():
        directory = directory_of(places_told(its), roles=roles_told(its), on=day, also=people_told(its))
        found |= {alert.pk: directory.audience(alert) for alert in its}
    return found


def readers_of(days: Mapping[int, date]) -> dict[int, list[Employee]]:
    """By unit: whom its digest of that local day is for. As many queries as `directory_of` has, for each day."""
    found: dict[int, list[Employee]] = {}
    for day in set(days.values()):
        units = [unit for unit, its in days.items() if its == day]
        directory = directory_of(units, roles=IN_CHARGE, on=day)
        found |= {unit: directory.readers(unit) for unit in units}
    return found


def directory_of(
    units: Iterable[int], *, roles: Collection[str], on: date, also: Collection[Employee] = ()
) -> Directory:
    """Three queries, however many units: the way up, who stands there that day in one of `roles`, and who of them and
    of `also` is away; two more for the deputies, where somebody has one."""
    above: dict[int, list[int]] = defaultdict(list)
    paths = UnitClosure.objects.filter(descendant__in=set(units), hierarchy__is_primary=True, valid__contains=on)
    for descendant, ancestor in paths.order_by("depth").values_list("descendant", "ancestor"):
        above[descendant].append(ancestor)
    holders: dict[int, list[tuple[str, Employee]]] = defaultdict(list)
    held = Assignment.objects.filter(
        unit__in={unit for way in above.values() for unit in way},
        role__in=roles,
        valid__contains=on,
        recorded__upper_inf=True,
    )
    for assignment in held.select_related("employee__user").order_by("employee__name", "pk"):
        if reachable(assignment.employee, on):
            holders[assignment.unit_id].append((assignment.role, assignment.employee))
    people = {who.pk for here in holders.values() for _, who in here} | {who.pk for who in also}
    return Directory(on, dict(above), dict(holders), _stand_ins(people, on))


def _stand_ins(people: Collection[int], on: date) -> dict[int, Employee | None]:
    """Who is away -> their deputy, if there is one who is there."""
    away = away_among(people, on)
    known = {deputy for deputy in away.values() if deputy is not None}
    deputies = Employee.objects.select_related("user").in_bulk(list(known)) if known else {}
    return {who: deputies.get(deputy) if deputy else None for who, deputy in away.items()}
