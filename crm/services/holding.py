"""Holds: while one lasts, the customer is not asked."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from hashlib import sha256

from django.db import transaction
from django.db.models import Model, QuerySet

from common.models import Event, User
from crm.models import Customer, Hold

RAN_OUT = "its day has come"


def cause_of(where: str, *, why: str, until: datetime | None) -> str:
    """A cause for a hold of which nobody has an id: the same reason with the same end, told again, is the same hold,
    and another reason or end is another one."""
    return f"{where}:{sha256(f'{why}|{until}'.encode()).hexdigest()[:12]}"


@transaction.atomic
def hold(
    *,
    customer: Customer,
    cause: str,
    at: datetime,
    kind: str = Hold.Kind.OPEN_TICKET,
    why: str = "",
    until: datetime | None = None,
    by: User | None = None,
    via: str = "",
) -> Hold:
    """Keep surveys from `customer` because of `cause` ("ticket:12"). Held for it already: nothing changes; a hold that
    has run out makes room for the new one. `via`: who else set it than a person ("apikey:3")."""
    for over in Hold.objects.run_out(at).filter(customer=customer, kind=kind, cause=cause):
        over.release(at=at, why=RAN_OUT)
    said = {"since": at, "until": until, "why": why[:300], "by": by}
    row, created = Hold.objects.get_or_create(
        customer=customer, kind=kind, cause=cause, released_at=None, defaults=said
    )
    if created:
        told = {"kind": kind, "cause": cause, **({"via": via} if via else {})}
        Event.objects.record("customer.held", subject=customer, by=by, at=at, **told)
    return row


def holds_of(*, rows: Collection[int], at: datetime) -> QuerySet[Hold]:
    """What keeps us at `at` from asking the person whose customer rows (ids) these are."""
    return Hold.objects.in_force(at).filter(customer__in=rows).order_by("since", "pk")


def expire(*, at: datetime, limit: int = 1_000) -> int:
    """Close the holds whose day has come, up to `limit`; how many. They kept nobody from asking since that day."""
    over = Hold.objects.run_out(at).select_related("customer").order_by("until", "pk")[:limit]
    return sum([row.release(at=at, why=RAN_OUT) for row in over])


@transaction.atomic
def hold_each(*, causes: Mapping[int, str], at: datetime, kind: str = Hold.Kind.OPEN_TICKET) -> None:
    """The same for many customers, {customer id: cause}, by the machine: two statements for any number."""
    Hold.objects.bulk_create(
        (Hold(customer_id=customer, kind=kind, cause=cause, since=at) for customer, cause in causes.items()),
        ignore_conflicts=True,
    )
    held: dict[Model, dict[str, str]] = {
        Customer(pk=customer): {"kind": kind, "cause": cause} for customer, cause in causes.items()
    }
    Event.objects.record_each("customer.held", held, at=at)


@transaction.atomic
def release(*, cause: str, at: datetime, by: User | None = None, of: Customer | None = None) -> int:
    """Lift every hold that `cause` set, or that `of` one customer; returns how many. None in force: nothing changes."""
    held = Hold.objects.filter(cause=cause, released_at=None).select_related("customer")
    held = held.filter(customer=of) if of else held
    return sum([row.release(at=at, by=by) for row in held])  # one customer, or the few rows of a merged person
