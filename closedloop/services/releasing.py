"""Letting go of people whom a lot held out: they are called after all, and their draw keeps the arm it gave them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import partial

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet

from closedloop.models import Alert, RecoveryDraw, RecoveryStudy, Ticket
from closedloop.services.holding_out import Lots, signals_of, source_of
from closedloop.services.opening import Call, Person, open_tickets, open_tickets_of
from common.claims import one_at_a_time
from common.models import Event, User
from common.queue import enqueue
from crm.models import Customer, Interaction

Why = RecoveryDraw.Why
LIMIT = 200


def let_go(lots: Lots, tickets: Mapping[Person, Ticket], *, at: datetime) -> None:
    """Note the release of those who gave screening a reason, and have the people in charge told of the first answer."""
    for person, (lot, why) in lots.released.items():
        _note(lot, tickets[person], why=why, by=None, at=at)


@transaction.atomic
def release(lots: Sequence[RecoveryDraw], *, why: str, by: User | None, at: datetime) -> int:
    """Call these people after all, under the rule that would have called them; how many were still held out."""
    one_at_a_time("closedloop.screen")  # nobody opens a ticket of them meanwhile
    held = RecoveryDraw.objects.held(at).filter(pk__in=[lot.pk for lot in lots]).order_by("customer")
    waiting = list(held.select_related("customer", "rule__policy").select_for_update(of=("self",)))
    people = {lot: lot.customer.canonical_id_or_own for lot in waiting}
    list(Customer.objects.filter(pk__in=people.values()).order_by("pk").select_for_update(no_key=True).values("pk"))
    tickets = open_tickets_of(set(people.values()))
    calls = {person: Call(person, lot.rule, signals_of(lot)) for lot, person in people.items() if person not in tickets}
    tickets |= open_tickets(list(calls.values()), at=at)
    for lot, person in people.items():
        _note(lot, tickets[person], why=why, by=by, at=at)
    return len(waiting)


def _note(lot: RecoveryDraw, ticket: Ticket, *, why: str, by: User | None, at: datetime) -> None:
    lot.released_at, lot.released_why, lot.released_by = at, why, by
    lot.save(update_fields=["released_at", "released_why", "released_by"])
    Event.objects.record("recovery.released", subject=lot, by=by, at=at, why=why, ticket=ticket.pk)
    kind, source_id = source_of(lot)
    about = Alert.objects.filter(kind=kind, source_id=source_id)
    if about.update(ticket=ticket, dispatched_at=None, updated_at=at):
        enqueue("distribution.tasks.alert")


def release_due(*, at: datetime) -> int:
    """Everybody held out who contacted us since, or whose study was stopped; how many."""
    stopped = _in_batches(RecoveryDraw.objects.held(at).filter(study__stopped_at__isnull=False), Why.STOPPED, at)
    return stopped + sum(_in_batches(_in_touch(study, at), Why.CONTACT, at) for study in _studies(at))


def _studies(at: datetime) -> QuerySet[RecoveryStudy]:
    return RecoveryStudy.objects.filter(pk__in=RecoveryDraw.objects.held(at).values("study")).order_by("pk")


def _in_touch(study: RecoveryStudy, at: datetime) -> QuerySet[RecoveryDraw]:
    """Who had an interaction with us, of a kind that counts, since the draw."""
    kinds = list(study.contact_kinds.values_list("pk", flat=True))
    since = Interaction.objects.filter(occurred_at__gt=OuterRef("at"), occurred_at__lte=at)
    since = since.filter(kind__in=kinds) if kinds else since
    own, merged = since.filter(customer=OuterRef("customer")), since.filter(customer__canonical=OuterRef("customer"))
    return RecoveryDraw.objects.held(at).filter(Q(Exists(own)) | Q(Exists(merged)), study=study)


def _in_batches(waiting: QuerySet[RecoveryDraw], why: str, at: datetime) -> int:
    total = 0
    for batch in iter(partial(_next, waiting), []):
        released = release(batch, why=why, by=None, at=at)
        if not released:  # somebody else did meanwhile
            break
        total += released
    return total


def _next(waiting: QuerySet[RecoveryDraw]) -> list[RecoveryDraw]:
    return list(waiting.order_by("pk")[:LIMIT])
