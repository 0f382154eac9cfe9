"""Whoever raised the matter of an initiative hears by mail what was done about it."""

from __future__ import annotations

from datetime import datetime
from functools import partial
from typing import Any

from django.conf import settings
from django.db.models import Q, QuerySet
from django.urls import reverse

from closedloop.models import Initiative, Telling
from common.claims import set_mark, take_unmarked, work_off
from common.queue import enqueue
from crm.models import Employee
from distribution.models import Dispatch
from distribution.services.addressing import reachable


def tell_employees(*, at: datetime, limit: int = 50) -> int:
    """Give everybody who raised or seconded what stands in an initiative one mail about what was done, once per
    initiative, and mark the telling; returns the tellings taken. Who has left gets none."""
    return work_off(Telling.objects.all(), "told_at", partial(_tell, at=at), at=at, limit=limit)


def _tell(waiting: QuerySet[Telling], *, at: datetime) -> int:
    tellings = take_unmarked(waiting.select_related("initiative"), "told_at", limit=None)
    about = {telling.initiative_id for telling in tellings}  # one worker at a time tells of an initiative
    list(Initiative.objects.filter(pk__in=about).order_by("pk").select_for_update(no_key=True).values("pk"))
    for telling in tellings:
        rows = [
            Dispatch(kind=Dispatch.Kind.OUTCOME, telling=telling, employee=who, due_at=at, created_at=at)
            for who in raisers_of(telling)
            if reachable(who, at.date())
        ]
        Dispatch.objects.bulk_create(rows)
    set_mark(tellings, "told_at", at)
    if tellings:
        enqueue("distribution.tasks.send")
    return len(tellings)


def raisers_of(telling: Telling) -> list[Employee]:
    """Employees behind the initiative's elevations who had no mail about it."""
    elevations = telling.initiative.elevations.values("pk")
    raised = Q(elevations__in=elevations) | Q(secondings__elevation__in=elevations)
    had = Dispatch.objects.filter(telling__initiative=telling.initiative_id).values("employee")
    found = Employee.objects.filter(raised).exclude(pk__in=had).distinct()
    return list(found.select_related("user").order_by("pk"))


def told_of(telling: Telling, *, reader: Employee) -> dict[str, Any]:
    """What the mail says; a link for those who may open it."""
    initiative = telling.initiative
    seen = Initiative.objects.visible_to(reader.user, "closedloop.view_initiative").filter(pk=initiative.pk).exists()
    staff = reader.user is not None and reader.user.is_staff
    path = reverse("admin:closedloop_initiative_change", args=[initiative.pk])
    writer = getattr(telling.by, "employee", None)
    return {
        "initiative": initiative,
        "telling": telling,
        "writer": writer.name if writer else "",
        "url": f"{settings.PUBLIC_URL}{path}" if seen and staff else "",
    }
