"""Who is of a team, and whose turn it is to lead."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from datetime import date

from django.db.models import Max, Q

from crm.models import Absence, Assignment, Employee, OrgUnit
from distribution.huddles import Turn, whose_turn
from distribution.models import Huddle


def members_of(units: Iterable[int], *, on: date) -> dict[int, list[Employee]]:
    """Who works in each unit itself on that day, in whatever role, by name; nobody who has left. One query."""
    here = Q(employee__left_on=None) | Q(employee__left_on__gt=on)
    held = Assignment.objects.filter(here, unit__in=list(units), valid__contains=on, recorded__upper_inf=True)
    teams: dict[int, dict[int, Employee]] = defaultdict(dict)
    for assignment in held.select_related("employee__user").order_by("employee__name", "employee_id"):
        teams[assignment.unit_id][assignment.employee_id] = assignment.employee
    return {unit: list(team.values()) for unit, team in teams.items()}


def team_of(unit: OrgUnit, *, on: date) -> list[Employee]:
    return members_of([unit.pk], on=on).get(unit.pk, [])


def away_on(employees: Iterable[int], day: date) -> set[int]:
    """Those of whom it is known that they are away. One query."""
    absent = Absence.objects.on(day).filter(employee__in=list(employees))
    return set(absent.values_list("employee", flat=True))


def last_led(units: Iterable[int], *, before: date) -> dict[tuple[int, int], date]:
    """(unit, employee) -> the day on which they led a huddle there last; those that were opened count. One query."""
    held = Huddle.objects.filter(unit__in=list(units), opened_at__isnull=False, lead__isnull=False, day__lt=before)
    rows = held.values_list("unit", "lead").annotate(last=Max("day")).order_by()
    return {(unit, lead): last for unit, lead, last in rows}


def leader(
    unit_id: int, among: Collection[Employee], led: dict[tuple[int, int], date], *, away: Collection[int] = ()
) -> Employee | None:
    """Whose turn it is among these people."""
    found = whose_turn(Turn(who.pk, led.get((unit_id, who.pk))) for who in among if who.pk not in away)
    return next((who for who in among if who.pk == found), None)
