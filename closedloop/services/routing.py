"""To whom a ticket goes: the manager of the branch, else the nearest manager above it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime

from django.db.models import Case, F, IntegerField, Q, QuerySet, Value, When

from closedloop.models import Ticket
from crm.models import Assignment, Employee, Role
from crm.sight import Principal


def owners_of(unit_ids: Iterable[int], *, at: datetime) -> dict[int, int]:
    """{unit: employee who owns what comes up there}, as assigned on the day of `at`; a unit without anybody is missing.

    The branch manager of the unit itself goes first, then whoever leads a branch or region nearest above it; of equals
    the one with the lowest id. People who left, or whose login was closed, own nothing new. One query.
    """
    day = at.astimezone(UTC).date()
    held = (
        _managers(on=day)
        .filter(unit__closure_below__descendant__in=set(unit_ids))
        .annotate(below=F("unit__closure_below__descendant"), distance=F("unit__closure_below__depth"))
        .annotate(rank=Case(When(role=Role.BRANCH, then=Value(0)), default=Value(1), output_field=IntegerField()))
        .order_by("below", "distance", "rank", "employee_id")
        .values_list("below", "employee_id")
    )
    owners: dict[int, int] = {}
    for unit, employee in held:
        owners.setdefault(unit, employee)
    return owners


def _managers(*, on: date) -> QuerySet[Assignment]:
    """Who leads a branch or region on the day, joined with the units below theirs."""
    in_line = Q(unit__closure_below__hierarchy__is_primary=True, unit__closure_below__valid__contains=on)
    return (
        Assignment.objects.filter(in_line, role__in=[Role.BRANCH, Role.REGION])
        .filter(valid__contains=on, recorded__upper_inf=True)
        .exclude(employee__left_on__lte=on)
        .exclude(employee__user__is_active=False)
    )


def possible_owners(ticket: Ticket, principal: Principal, *, on: date) -> QuerySet[Employee]:
    """To whom `principal` may hand the ticket: colleagues in their sight, and whoever leads the ticket's unit."""
    in_charge = _managers(on=on).filter(unit__closure_below__descendant=ticket.unit_id).values("employee")
    in_sight = Employee.objects.visible_to(principal).values("pk")
    people = Employee.objects.filter(Q(pk__in=in_charge) | Q(pk__in=in_sight))
    return people.exclude(left_on__lte=on).exclude(user__is_active=False).exclude(tickets=ticket)
