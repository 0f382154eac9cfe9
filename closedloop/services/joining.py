"""What becomes of open tickets when customers turn out to be one person, and when that is undone.

One person has one open ticket: the older goes on, with the earlier due time; the others end as joined with it, and the
brief tells of them. When the merge is undone, the tickets that it ended are taken up again.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime
from functools import partial

from django.db.models import QuerySet

from closedloop.errors import TicketRefused
from closedloop.models import ContactAttempt, Ticket, TicketJoin
from closedloop.services.briefing import rows_of, write_briefs
from common.claims import one_at_a_time, set_mark, take_unmarked, work_off
from crm.models import Customer, Merge

PARTED = "The customers turned out to be two people."


def settle_merges(*, at: datetime, limit: int = 100) -> int:
    """Settle up to `limit` merges that were made or undone; how many were taken."""
    waiting = Merge.objects.select_related("kept")
    return work_off(waiting, "settled_at", partial(_settle, at=at), at=at, limit=limit)


def _settle(waiting: QuerySet[Merge], *, at: datetime) -> int:
    one_at_a_time("closedloop.screen")  # nobody opens a ticket of these people meanwhile
    merges = take_unmarked(waiting, "settled_at", limit=None)
    for merge in merges:
        if merge.undone_at is None:
            _join(merge, at)
        else:
            _part(merge, at)
    set_mark(merges, "settled_at", at)
    return len(merges)


def _join(merge: Merge, at: datetime) -> None:
    person = Customer.objects.get(pk=merge.kept_id).canonical_id_or_own
    mine = Ticket.objects.open().filter(customer__in=rows_of([person]))
    tickets = list(mine.select_related("customer", "origin", "unit__calendar", "policy").order_by("pk"))
    if len(tickets) < 2:
        return
    kept, *others = tickets
    for ticket in others:
        ticket.join(kept, at=at)
        TicketJoin.objects.create(merge=merge, kept=kept, joined=ticket, at=at)
    _take_over(kept, others, at)


def _take_over(kept: Ticket, others: list[Ticket], at: datetime) -> None:
    """The ticket that goes on is due when the first of them was, and its brief tells of the others."""
    due_at = min(ticket.due_at for ticket in (kept, *others))
    write_briefs([kept], at=at)
    kept.due_at, kept.version = due_at, kept.version + 1
    kept.save(update_fields=["brief", "due_at", "version"])
    ContactAttempt.objects.filter(ticket=kept, outcome="", due_at__gt=due_at).update(due_at=due_at)


def _part(merge: Merge, at: datetime) -> None:
    joins = TicketJoin.objects.filter(merge=merge, undone_at=None).select_related("joined__customer", "kept__customer")
    touched: dict[int, list[TicketJoin]] = defaultdict(list)
    for join in joins.order_by("pk"):
        touched[join.kept_id].append(join)
        closure = join.joined.closure
        if closure is not None and closure.outcome == Ticket.Outcome.JOINED:
            _reopen(join.joined, at)
    joins.update(undone_at=at)
    kept = Ticket.objects.open().filter(pk__in=touched).select_related("customer", "origin", "unit", "policy")
    write_briefs(tickets := list(kept), at=at)
    Ticket.objects.bulk_update(tickets, ["brief"])


def _reopen(ticket: Ticket, at: datetime) -> None:
    """Unless the person, alone again, has been given another one meanwhile."""
    try:
        ticket.reopen(why=PARTED, by=None, at=at)
    except TicketRefused:
        return
