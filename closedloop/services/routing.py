"""To whom a ticket goes: the manager of the branch, else the nearest manager above it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime

from django.db.models import Case, F, IntegerField, Q, Value, When

from crm.models import Assignment, Role


def owners_of(unit_ids: Iterable[int], *, at: datetime) -> dict[int, int]:
    """{unit: employee who owns what comes up there}, as assigned on the day of `at`; a unit without anybody is missing.

    The branch manager of the unit itself goes first, then whoever leads a branch or region nearest above it; of equals
    the one with the lowest id. People who left, or whose login was closed, own nothing new. One query.
    """
    day = at.astimezone(UTC).date()
    in_line = Q(unit__closure_below__hierarchy__is_primary=True, unit__closure_below__valid__contains=day)
    held = (
        Assignment.objects.filter(in_line, unit__closure_below__descendant__in=set(unit_ids))
        .filter(role__in=[Role.BRANCH, Role.REGION], valid__contains=day, recorded__upper_inf=True)
        .exclude(employee__left_on__lte=day)
        .exclude(employee__user__is_active=False)
        .annotate(below=F("unit__closure_below__descendant"), distance=F("unit__closure_below__depth"))
        .annotate(rank=Case(When(role=Role.BRANCH, then=Value(0)), default=Value(1), output_field=IntegerField()))
        .order_by("below", "distance", "rank", "employee_id")
        .values_list("below", "employee_id")
    )
    owners: dict[int, int] = {}
    for unit, employee in held:
        owners.setdefault(unit, employee)
    return owners
