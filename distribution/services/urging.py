"""Whoever is to hear that a ticket runs late is told by mail."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import partial
from typing import Any

from django.db.models import QuerySet

from closedloop.models import Escalation
from closedloop.services.escalating import Line
from common.claims import set_mark, take_unmarked, work_off
from common.outbox import MustNotGo
from common.queue import enqueue
from distribution.models import Dispatch
from distribution.services.addressing import reachable
from distribution.services.bundling import ELSEWHERE


def tell_escalations(*, at: datetime, limit: int = 200) -> int:
    """Give everybody whom a raised warning or escalation names one mail to be sent, and mark it; returns how many were
    taken. Who left meanwhile gets none: the next step goes further up."""
    return work_off(Escalation.objects.raised(), "told_at", partial(_tell, at=at), at=at, limit=limit)


def _tell(waiting: QuerySet[Escalation], *, at: datetime) -> int:
    raised = take_unmarked(waiting.select_related("employee__user"), "told_at", limit=None)
    rows = [
        Dispatch(kind=Dispatch.Kind.LATE, escalation=each, employee=each.employee, due_at=at, created_at=at)
        for each in raised
        if each.employee is not None and reachable(each.employee, at.date())
    ]
    Dispatch.objects.bulk_create(rows)
    set_mark(raised, "told_at", at)
    if rows:
        enqueue("distribution.tasks.send")
    return len(raised)


def told_of(escalation: Escalation, *, at: datetime) -> dict[str, Any]:
    """What the mail says. MustNotGo when it has been done meanwhile, the clock stands still, or it would be somebody
    else's to hear of by now."""
    clock = escalation.clock
    if clock.ended_at is not None:
        raise MustNotGo("it was done, or the ticket closed, before the mail left")
    if clock.ticket.pause_at(at) is not None:
        raise MustNotGo("the ticket was paused before the mail left")
    if escalation.employee_id not in Line([clock.ticket], on=at.astimezone(UTC).date()).meant(escalation):
        raise MustNotGo(ELSEWHERE)
    return {
        "escalation": escalation,
        "clock": clock,
        "ticket": clock.ticket,
        "late": clock.is_late(at),
        "owner": clock.ticket.owner.name if clock.ticket.owner else "",
        "yours": clock.ticket.owner_id == escalation.employee_id,
    }
