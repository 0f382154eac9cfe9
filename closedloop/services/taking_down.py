"""A ticket that somebody opens by hand: a customer told them something, at the counter, on the telephone, in a letter.

Whoever opens it has judged, so no rule is held against it, and no lot leaves it uncalled.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import Q, QuerySet

from closedloop.errors import TicketRefused
from closedloop.models import CustomerSignal, Observation, RecoveryDraw, ServicePolicy, Ticket
from closedloop.models.tickets.rows import author, needed, via
from closedloop.services.holding_out import held_among
from closedloop.services.observing import signals_of
from closedloop.services.opening import Call, attach, open_tickets, open_tickets_of
from closedloop.services.releasing import release
from common.claims import one_at_a_time
from common.models import Event
from common.text import clean, clean_line
from crm.models import Customer, OrgUnit
from crm.roles import roles_with
from crm.sight import Principal, assignments_of, units_of

WORK = "closedloop.change_ticket"
STAFF = "staff"  # the source of what people took down; a key's is its own


@dataclass(frozen=True)
class Told:
    """What it is about, in a few words; the customer's own words; how bad it is (`Observation.Severity`)."""

    reason: str
    words: str = ""
    severity: str = Observation.Severity.MAJOR


@transaction.atomic
def take_down(
    *, customer: Customer, unit: OrgUnit, told: Told, policy: ServicePolicy, by: Principal, at: datetime
) -> Ticket:
    """The ticket about it: a new one at `unit`, under `policy`, routed like any other; or the customer's open one,
    which it joins and can only hasten. Who was held out by lot is called after all."""
    if customer.erased_at:
        raise TicketRefused("The data of this customer were erased.")
    needed(told.reason, "Say in a few words what it is about.")
    one_at_a_time("closedloop.screen")  # nobody else opens a ticket of theirs meanwhile
    person = customer.canonical_id_or_own
    list(Customer.objects.filter(pk=person).select_for_update(no_key=True).values("pk"))
    row = Observation(customer=customer, unit=unit, occurred_at=at, received_at=at, by=author(by))
    signal = _signal(row, told, by)
    if held := held_among([person], at=at):
        release(list(held.values()), why=RecoveryDraw.Why.CONTACT, by=author(by), at=at)
    call = Call(person, None, [signal], policy)
    standing = open_tickets_of({person})
    attach({ticket: [signal] for ticket in standing.values()}, [call], at=at)
    return standing.get(person) or open_tickets([call], at=at)[person]


def _signal(row: Observation, told: Told, by: Principal) -> CustomerSignal:
    row.kind, row.source, row.external_id = row.Kind.TOLD, getattr(by, "source", "") or STAFF, uuid.uuid4().hex
    row.reason, row.words, row.severity = clean_line(told.reason, limit=60), clean(told.words).text, told.severity
    row.save()
    Event.objects.record("observation.taken_down", subject=row, by=author(by), at=row.received_at, **via(by))
    (signal,) = signals_of([row])
    signal.screened_at = row.received_at
    signal.save()
    return signal


def customers(principal: Principal) -> QuerySet[Customer]:
    """Of whom `principal` may open a ticket."""
    return Customer.objects.visible_to(principal, WORK).filter(erased_at=None)


def places(customer: Customer, principal: Principal) -> QuerySet[OrgUnit]:
    """Where it may belong: the customer's own unit, if it is in reach, and those in which `principal` works."""
    own = assignments_of(principal).filter(role__in=roles_with(WORK)).values("unit")
    reach = units_of(principal, WORK)
    home = Q(pk=customer.unit_id) if reach is None else Q(pk=customer.unit_id, pk__in=reach)
    return OrgUnit.objects.filter(home | Q(pk__in=own)).select_related("calendar").order_by("name", "pk")
