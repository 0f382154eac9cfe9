"""Clocks of tickets that wait to be worked out: new ones, and those whose calendar, zone or policy is another now."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime
from functools import partial

from django.db.models import F, OuterRef, QuerySet, Subquery
from django.db.models.functions import Least

from closedloop.models import Pause, Ticket, TicketSignal
from closedloop.models.terms import Terms
from closedloop.models.tickets.reckoning import reckon
from common.claims import take_unmarked, work_off
from crm.models import OrgUnit

TASK = "closedloop.tasks.reckon"


def reckon_tickets(*, at: datetime, limit: int = 300) -> int:
    """Work out the clocks of up to `limit` tickets that wait for it; how many were."""
    waiting = Ticket.objects.select_related("unit__calendar", "policy")
    return work_off(waiting, "reckoned_at", partial(_reckon, at=at), at=at, limit=limit)


def _reckon(waiting: QuerySet[Ticket], *, at: datetime) -> int:
    tickets = take_unmarked(waiting, "reckoned_at", limit=None)
    _go_on([ticket.pk for ticket in tickets])
    reckon(tickets, at=at)
    return len(tickets)


def _go_on(tickets: list[int]) -> None:
    """Who awaits the customer awaits them no more once they said something."""
    said = TicketSignal.objects.filter(ticket=OuterRef("ticket"), at__gt=OuterRef("at"), at__lt=OuterRef("ends_at"))
    waiting = Pause.objects.filter(ticket__in=tickets, reason=Pause.Reason.CUSTOMER)
    heard = waiting.annotate(heard_at=Subquery(said.order_by("at").values("at")[:1])).filter(heard_at__isnull=False)
    heard.update(ends_at=Least(F("ends_at"), Subquery(said.order_by("at").values("at")[:1])))


def mark_changed(*, at: datetime) -> int:
    """Have open tickets worked out anew whose due times follow from other calendars, zones or policies than they were
    worked out by, whoever changed them and how; how many. One query for all groups of tickets, a few statements for
    what changed."""
    known = Ticket.objects.open().filter(reckoned_at__isnull=False)
    groups = list(known.order_by().values_list("unit", "basis").distinct())
    units = OrgUnit.objects.select_related("calendar").in_bulk({unit for unit, _ in groups})
    terms = Terms(units, on=at.date())
    changed: dict[str, list[int]] = defaultdict(list)
    now = {pk: terms.basis(unit) for pk, unit in units.items()}
    for unit, basis in groups:
        if now[unit] != basis:
            changed[basis].append(unit)
    return sum(known.filter(basis=basis, unit__in=ids).update(reckoned_at=None) for basis, ids in changed.items())
