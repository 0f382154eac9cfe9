"""Two open tickets of one matter, put together by a person: the work goes on in one of them, and the other ends.

Of one person the machine does it when the customers are merged (services/joining.py). What a machine cannot know is
left to people: an answer that somebody gave without a name, two of one household who tell of one thing.
"""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.db.models import BooleanField, Case, Q, QuerySet, Value, When

from closedloop.errors import TicketRefused
from closedloop.models import Ticket, TicketJoin
from closedloop.models.tickets.rows import author, needed
from closedloop.services.joining import take_over
from closedloop.services.reaching import bar_calls
from common.claims import one_at_a_time
from common.text import clean_line
from crm.models import AccountMember
from crm.services.holding import hold
from crm.sight import Principal

WORK = "closedloop.change_ticket"


@transaction.atomic
def unite(
    *, ticket: Ticket, into: Ticket, why: str, by: Principal, at: datetime, expected_version: int | None = None
) -> TicketJoin:
    """End `ticket`; the work goes on in `into`, due when the first of both was, as pressing as the more pressing. Its
    customer stays unasked until that one is closed. Undone by taking the ended ticket up again."""
    reason = clean_line(needed(why, "Say why the two are one matter."), limit=300)
    if ticket.pk == into.pk:
        raise TicketRefused("This is the ticket itself: name the other one.")
    one_at_a_time("closedloop.screen")  # whoever else takes two tickets in hand waits: nobody waits in a ring
    kept = _locked(into)
    ticket.join(kept, by=by, at=at, expected_version=expected_version)
    row = TicketJoin.objects.create(kept=kept, joined=ticket, why=reason, by=author(by), at=at)
    if ticket.customer:
        hold(customer=ticket.customer, cause=kept.hold_cause, at=at, by=author(by))
    take_over(kept, [ticket], by=by, at=at)
    return row


def _locked(into: Ticket) -> Ticket:
    rows = Ticket.objects.select_related("customer", "origin", "unit__calendar", "policy")
    kept = rows.select_for_update(of=("self",)).get(pk=into.pk)
    if not kept.is_open:
        raise TicketRefused(f"Ticket {kept.pk} is closed: the work cannot go on there.")
    return kept


def others(ticket: Ticket, principal: Principal) -> QuerySet[Ticket]:
    """The open tickets that `principal` works on, one of which this one may be put into."""
    return Ticket.objects.visible_to(principal, WORK).open().exclude(pk=ticket.pk)


def others_at_hand(ticket: Ticket, principal: Principal) -> QuerySet[Ticket]:
    """Those of the same unit: of the same account or household, and of people we do not know, first; then the rest; of
    both what was opened last stands first."""
    near = [When(customer=None, then=Value(True))]
    if ticket.customer_id:
        mine = AccountMember.objects.filter(customer=ticket.customer_id).values("account")
        shared = Q(customer__in=AccountMember.objects.filter(account__in=mine).values("customer"))
        near.insert(0, When(shared, then=Value(True)))
    first = Case(*near, default=Value(False), output_field=BooleanField())
    here = others(ticket, principal).filter(unit=ticket.unit_id)
    return here.select_related("customer", "origin").order_by(first.desc(), "-opened_at", "-pk")


def joined_in(ticket: Ticket, principal: Principal) -> list[Ticket]:
    """The tickets that were put into this one and are in sight, each with whether its customer may be called. None
    were: no query."""
    ids = [row.joined_id for row in ticket.joins.all() if row.undone_at is None]
    if not ids:
        return []
    seen = Ticket.objects.visible_to(principal, "closedloop.view_ticket").filter(pk__in=ids)
    found = list(seen.select_related("customer", "origin").order_by("pk"))
    bar_calls(found)
    return found
