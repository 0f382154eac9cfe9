"""Who is told: the people in a role at a unit today, or the nearest ones above who can act."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date

from closedloop.models import Alert
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


@dataclass(frozen=True)
class Directory:
    """Who can be reached along the way up from a set of units, on one day."""

    on: date
    above: dict[int, list[int]]  # unit -> itself, its parent, ..., the root
    holders: dict[int, list[tuple[str, Employee]]]  # unit -> (role, who)

    def at(self, unit_id: int, roles: Collection[str]) -> list[Employee]:
        """Those who hold one of `roles` at the unit itself."""
        return [who for role, who in self.holders.get(unit_id, []) if role in roles]

    def nearest(self, unit_id: int, roles: Collection[str]) -> list[Employee]:
        """Those who hold one of `roles` at the unit, or at the nearest unit above where anybody does."""
        return next((found for unit in self.above.get(unit_id, []) if (found := self.at(unit, roles))), [])

    def audience(self, alert: Alert) -> list[Employee]:
        """The people an alert is for, each once. A role that nobody holds, here or above, falls to whoever is in
        charge nearest; so does the one who served, once they have left. With them the desk whose matter it is."""
        told: dict[int, Employee] = {}
        for role in alert.rule.audience:
            for who in self._in_role(alert, role) or self.nearest(alert.unit_id, IN_CHARGE):
                told[who.pk] = who
        return list((told | {who.pk: who for who in self._desk(alert)}).values())

    def _desk(self, alert: Alert) -> list[Employee]:
        """Of the desk, those in the roles that are told; where nobody holds one there, whoever is in charge of it."""
        desk = alert.rule.desk_id
        if desk is None:
            return []
        return self.at(desk, set(alert.rule.audience) - {Role.EMPLOYEE}) or self.nearest(desk, IN_CHARGE)

    def _in_role(self, alert: Alert, role: str) -> list[Employee]:
        if role != Role.EMPLOYEE:
            return self.nearest(alert.unit_id, {role})
        return [alert.employee] if alert.employee is not None and reachable(alert.employee, self.on) else []


def directory_of(units: Iterable[int], *, roles: Collection[str], on: date) -> Directory:
    """Two queries, however many units: the way up, and who stands there today in one of `roles`."""
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
    return Directory(on, dict(above), dict(holders))
