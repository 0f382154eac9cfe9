"""What becomes of open tickets when customers turn out to be one person, and when that is undone.

One person has one open ticket: the older goes on, with the earlier due time; the others end as joined with it, and the
brief tells of them. When the merge is undone, the tickets that it ended are taken up again.
"""

from __future__ import annotations

from datetime import datetime
from functools import partial

from django.db.models import F, QuerySet
from django.db.models.functions import Coalesce

from closedloop.models import ContactAttempt, Ticket, TicketJoin
from closedloop.models.tickets.rows import author, via
from closedloop.services.briefing import rows_of, write_briefs
from common.claims import one_at_a_time, set_mark, take_unmarked, work_off
from common.models import Event
from crm.models import Customer, Merge
from crm.sight import Principal

PARTED = "The customers turned out to be two people."


def settle_merges(*, at: datetime, limit: int = 100) -> int:
    """Settle up to `limit` merges that were made or undone; how many were taken."""
    waiting = Merge.objects.select_related("kept", "merged")
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
    take_over(kept, others, by=None, at=at)


def take_over(kept: Ticket, others: list[Ticket], *, by: Principal, at: datetime) -> None:
    """The ticket that goes on is due when the first of them was and presses as much as the most pressing; its brief
    tells of the others."""
    due_at = min(ticket.due_at for ticket in (kept, *others))
    write_briefs([kept], at=at)
    pressing = min((kept, *others), key=lambda ticket: ticket.priority)
    kept.priority, kept.priority_why = pressing.priority, pressing.priority_why
    kept.due_at, kept.version, kept.reckoned_at = due_at, kept.version + 1, None
    kept.save(update_fields=["brief", "due_at", "version", "reckoned_at", "priority", "priority_why"])
    ContactAttempt.objects.filter(ticket=kept, outcome="", due_at__gt=due_at).update(due_at=due_at)
    told = {"joined": [ticket.pk for ticket in others], **via(by)}
    Event.objects.record("ticket.took_over", subject=kept, by=author(by), at=at, **told)


def _part(merge: Merge, at: datetime) -> None:
    """Whatever tickets were joined, by this merge or another, of rows that are two people now go their own ways."""
    joins = list(_parted(merge))
    TicketJoin.objects.filter(pk__in=[join.pk for join in joins]).update(undone_at=at)
    goes_on = {join.kept_id for join in joins} | {_take_up(join, at) for join in joins}
    tickets = list(Ticket.objects.open().filter(pk__in=goes_on).select_related("customer", "origin", "unit", "policy"))
    write_briefs(tickets, at=at)
    Ticket.objects.bulk_update(tickets, ["brief"])


def _parted(merge: Merge) -> QuerySet[TicketJoin]:
    people = {merge.kept.canonical_id_or_own, merge.merged.canonical_id_or_own}
    one, other = (Coalesce(f"{side}__customer__canonical", f"{side}__customer") for side in ("kept", "joined"))
    joins = TicketJoin.objects.filter(undone_at=None, merge__isnull=False, joined__customer__in=rows_of(people))
    parted = joins.annotate(one=one, other=other).exclude(one=F("other"))
    return parted.select_related("joined__customer").order_by("joined")


def _take_up(join: TicketJoin, at: datetime) -> int:
    """The ticket in which the work goes on (id): this one again, or the one the person has by now."""
    ticket = join.joined
    if ticket.closure is None or ticket.closure.outcome != Ticket.Outcome.JOINED:
        return ticket.pk
    if ticket.customer and (kept := Ticket.objects.open().of_customer(ticket.customer).first()):
        TicketJoin.objects.create(merge=join.merge, kept=kept, joined=ticket, at=at)
        return kept.pk
    ticket.reopen(why=PARTED, by=None, at=at)
    return ticket.pk
