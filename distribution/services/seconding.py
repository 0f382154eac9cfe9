"""Whoever may approve a version is told by mail that one waits for a second person."""

from __future__ import annotations

from datetime import datetime
from functools import partial
from typing import Any

from django.conf import settings
from django.db.models import QuerySet
from django.urls import reverse

from common.claims import set_mark, take_unmarked, work_off
from common.outbox import MustNotGo
from common.queue import enqueue
from crm.models import Employee, OrgUnit
from crm.sight import people_everywhere
from distribution.models import Dispatch
from distribution.services.addressing import reachable
from surveys.models import Approval
from surveys.services.designing.approving import FUNCTION, changes_of, version_before


def tell_approvers(*, at: datetime, limit: int = 100) -> int:
    """Give everybody who may answer a request for approval a mail to be sent, once, and mark the request; returns the
    requests taken. Who asked or wrote the draft gets none, nor does anybody once it is answered."""
    return work_off(Approval.objects.all(), "told_at", partial(_tell, at=at), at=at, limit=limit)


def _tell(waiting: QuerySet[Approval], *, at: datetime) -> int:
    asked = take_unmarked(waiting, "told_at", limit=None)
    rows = [
        Dispatch(kind=Dispatch.Kind.APPROVAL, approval=each, employee=who, due_at=at, created_at=at)
        for each in asked
        if each.decided_at is None
        for who in second_persons(each, at)
    ]
    Dispatch.objects.bulk_create(rows)
    set_mark(asked, "told_at", at)
    if rows:
        enqueue("distribution.tasks.send")
    return len(asked)


def second_persons(approval: Approval, at: datetime) -> list[Employee]:
    """Those of the company's own office who may answer it and have an address."""
    known = Employee.objects.filter(user__in=people_everywhere(FUNCTION)).exclude(user__in=list(approval.barred))
    return [who for who in known.select_related("user").order_by("pk") if reachable(who, at.date())]


def place_of(employee: Employee, at: datetime) -> OrgUnit:
    """Whose clock the mail goes by. MustNotGo when they hold no role any more."""
    held = employee.assignments.filter(valid__contains=at.date(), recorded__upper_inf=True).select_related("unit")
    found = held.order_by("pk").first()
    if found is None:
        raise MustNotGo("the employee has no role any more")
    return found.unit


def told_of(approval: Approval) -> dict[str, Any]:
    """What the mail says. MustNotGo when the request no longer waits."""
    version = approval.version
    if approval.decided_at is not None or approval.fingerprint != version.fingerprint:
        raise MustNotGo("the request was answered, or the draft changed, before the mail left")
    page = reverse("admin:surveys_programversion_change", args=[version.pk])
    return {
        "program": version.program.name,
        "number": version.number,
        "asker": approval.requested_by.get_full_name() or approval.requested_by.username,
        "note": approval.note,
        "first": version_before(version) is None,
        "changes": [change for change in changes_of(version) if change.metric],
        "url": f"{settings.PUBLIC_URL}{page}",
    }
