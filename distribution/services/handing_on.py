"""Whoever a ticket was handed to hears of it by mail: all that came together in one."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime
from functools import partial
from typing import Any

from django.conf import settings
from django.db.models import Q, QuerySet
from django.urls import reverse

from closedloop.models import Handover, Ticket
from common.claims import set_mark, take_unmarked, work_off
from common.outbox import MustNotGo
from common.queue import enqueue
from crm.models import Employee
from distribution.models import Dispatch
from distribution.quiet_hours import told_from
from distribution.services.addressing import reachable
from distribution.services.keeping_hours import hours_by_calendar
from distribution.services.wording import name_in_mail, words_in_mail

MOST = 30  # tickets in a mail; what is more goes in the next


def tell_new_owners(*, at: datetime, limit: int = 500) -> int:
    """Give everybody to whom a ticket went after it was opened a mail to be sent, and mark it; returns how many were
    taken. Nobody is told of what they took themselves; who has left or has no address gets none. Out of the unit's
    hours it waits until the unit opens."""
    waiting = Handover.objects.filter(opening=False)
    return work_off(waiting, "told_at", partial(_tell, at=at), at=at, limit=limit)


def _tell(waiting: QuerySet[Handover], *, at: datetime) -> int:
    taken = take_unmarked(waiting.select_related("to__user", "ticket__unit__calendar"), "told_at", limit=None)
    hours = hours_by_calendar(at)
    together: dict[tuple[Employee, datetime], list[Handover]] = defaultdict(list)
    for each in taken:
        if each.to is not None and reachable(each.to, at.date()) and not _took_it(each):
            unit = each.ticket.unit
            together[each.to, told_from(at, hours(unit.calendar), unit.zone_info)].append(each)
    _write(together, at)
    set_mark(taken, "told_at", at)
    if together:
        enqueue("distribution.tasks.send")
    return len(taken)


def _took_it(handover: Handover) -> bool:
    return handover.to is not None and handover.by_id is not None and handover.by_id == handover.to.user_id


def _write(together: dict[tuple[Employee, datetime], list[Handover]], at: datetime) -> None:
    """The first of each stretch carries the others; two statements."""
    stretches = [
        (who, due_at, handed[first : first + MOST])
        for (who, due_at), handed in together.items()
        for first in range(0, len(handed), MOST)
    ]
    heads = Dispatch.objects.bulk_create(_row(handed[0], who, due_at, at) for who, due_at, handed in stretches)
    Dispatch.objects.bulk_create(
        _row(each, who, due_at, at, carrier=head)
        for head, (who, due_at, handed) in zip(heads, stretches, strict=True)
        for each in handed[1:]
    )


def _row(handover: Handover, who: Employee, due_at: datetime, at: datetime, **fields: Any) -> Dispatch:
    kind = Dispatch.Kind.HANDED
    return Dispatch(kind=kind, handover=handover, employee=who, due_at=due_at, created_at=at, **fields)


def told_of(row: Dispatch) -> dict[str, Any]:
    """What the mail says: the tickets that are still theirs to work on, the first due first. MustNotGo if none is. A
    link for those they may open. Three queries."""
    told = Q(pk=row.handover_id) | Q(pk__in=row.carried.values("handover"))
    related = ("ticket__customer", "ticket__unit", "by__employee")
    handed = Handover.objects.filter(told, ticket__owner=row.employee_id).select_related(*related)
    theirs = sorted((each for each in handed if each.ticket.is_open), key=lambda each: (each.ticket.due_at, each.pk))
    if not theirs:
        raise MustNotGo("the tickets were closed, or are somebody else's, before the mail left")
    opens = Ticket.objects.visible_to(row.employee.user).filter(pk__in=[each.ticket_id for each in theirs])
    seen = set(opens.values_list("pk", flat=True))
    rows = [_told(each, opens=each.ticket_id in seen) for each in theirs]
    url = rows[0]["url"] if len(rows) == 1 else f"{settings.PUBLIC_URL}{reverse('work_list')}"
    return {"rows": rows, "count": len(rows), "url": url}


def _told(handover: Handover, *, opens: bool) -> dict[str, Any]:
    ticket, by = handover.ticket, getattr(handover.by, "employee", None)
    return {
        "name": name_in_mail(ticket.customer), "unit": ticket.unit.name, "due_at": ticket.due_at,
        "do_not_call": ticket.do_not_call, "by": by.name if by else "", "why": words_in_mail(handover.why),
        "url": f"{settings.PUBLIC_URL}{reverse('ticket', args=[ticket.public_id])}" if opens else "",
    }  # fmt: skip
