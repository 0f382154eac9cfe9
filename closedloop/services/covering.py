"""Open tickets of people who left, or who are away when the customer is to be contacted, go to somebody else."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from django.db import transaction
from django.db.models import DateField, Exists, OuterRef, Q, QuerySet
from django.db.models.functions import Cast

from closedloop.models import Handover, Ticket
from closedloop.services.following import ORIGIN
from closedloop.services.routing import Matter, Routed, route
from common.claims import one_at_a_time
from common.models import Event
from crm.models import Absence

BATCH = 500


def cover(*, at: datetime) -> int:
    """Hand over what somebody gone or away has open; how many changed hands. What nobody else can take stays with who
    is away, and with nobody where the owner has left."""
    handed, last = 0, 0
    while True:
        tickets, moved = _batch(after=last, at=at)
        handed += moved
        if len(tickets) < BATCH:
            return handed
        last = tickets[-1].pk


@transaction.atomic
def _batch(*, after: int, at: datetime) -> tuple[list[Ticket], int]:
    one_at_a_time("closedloop.screen")  # nobody else routes meanwhile
    uncared = _uncared(at.date()).filter(pk__gt=after).select_related("owner", *ORIGIN)
    tickets = list(uncared.order_by("pk").select_for_update(of=("self",), skip_locked=True)[:BATCH])
    ways = route([Matter(ticket.origin, ticket.unit_id) for ticket in tickets], at=at)
    moving = [(t, way) for t, way in zip(tickets, ways, strict=True) if way.owner != t.owner_id and _better(t, way, at)]
    _hand_over(moving, at)
    return tickets, len(moving)


def _better(ticket: Ticket, way: Routed, at: datetime) -> bool:
    return way.owner is not None or _is_gone(ticket, at.date())


def _is_gone(ticket: Ticket, on: date) -> bool:
    left = ticket.owner.left_on if ticket.owner else None
    return left is not None and left <= on


def _uncared(on: date) -> QuerySet[Ticket]:
    """Open tickets whose owner has left, or is away today and not back by the day (UTC) on which they are due."""
    back = Q(last_on=None) | Q(last_on__gte=Cast(OuterRef("due_at"), DateField()))
    away = Absence.objects.on(on).filter(back, employee=OuterRef("owner"))
    return Ticket.objects.open().filter(Q(owner__left_on__lte=on) | Q(Exists(away)))


def _hand_over(moving: Sequence[tuple[Ticket, Routed]], at: datetime) -> None:
    """A few statements for any number."""
    Handover.objects.bulk_create(
        Handover(ticket=ticket, to_id=way.owner, why=_why(ticket, way, at), rule_id=way.rule, at=at)
        for ticket, way in moving
    )
    for ticket, way in moving:
        ticket.owner_id = way.owner
        ticket.version += 1  # whoever is writing on it is told
    tickets = [ticket for ticket, _ in moving]
    Ticket.objects.bulk_update(tickets, ["owner", "version"])
    Event.objects.record_each("ticket.handed_over", {ticket: {"to": ticket.owner_id} for ticket in tickets}, at=at)


def _why(ticket: Ticket, way: Routed, at: datetime) -> str:
    name = ticket.owner.name if ticket.owner else ""
    return f"{name} {'has left' if _is_gone(ticket, at.date()) else 'is away'}. {way.why}"[:300]
