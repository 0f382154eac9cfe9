"""What a person is asked for beside calling: steps, promises on their tickets, requests that they may decide."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime

from django.db.models import Q, QuerySet

from closedloop.models import Action, FollowUp, Promise, Ticket
from closedloop.models.authority import powers_of
from closedloop.services.routing import nearest_owners, possible_owners
from crm.models import Customer, Employee
from crm.sight import Principal

MOST = 50  # of each; the oldest first


@dataclass(frozen=True)
class Asked:
    """Of one person, what is due first standing first."""

    follow_ups: list[FollowUp] = field(default_factory=list)
    promises: list[Promise] = field(default_factory=list)
    requests: list[Action] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.follow_ups) + len(self.promises) + len(self.requests)


def asked_of(principal: Principal, *, at: datetime) -> Asked:
    """What stands open; the same number of queries for any number."""
    steps = FollowUp.objects.open().asked_of(principal).select_related("ticket__unit", "ticket__customer", "by")
    promised = Promise.objects.open().filter(ticket__owner__user=principal)
    return Asked(
        follow_ups=list(steps.order_by("due_at", "pk")[:MOST]),
        promises=list(promised.select_related("ticket__unit", "ticket__customer").order_by("due_at", "pk")[:MOST]),
        requests=_requests(principal, at),
    )


def _requests(principal: Principal, at: datetime) -> list[Action]:
    """Those that they may decide, as far as one action goes: somebody else's, within their limit."""
    seen = Ticket.objects.visible_to(principal, "closedloop.change_ticket").values("pk")
    waiting = Action.objects.awaiting().filter(ticket__in=seen).exclude(by=principal)
    rows = list(waiting.select_related("ticket__unit", "ticket__customer", "by__employee").order_by("at", "pk")[:MOST])
    if not rows:
        return []
    powers = powers_of(principal, {row.ticket.unit_id for row in rows}, on=at.date())
    limits = {row.pk: powers[row.ticket.unit_id].amount(row.currency) for row in rows}
    return [row for row in rows if row.spends <= (limits[row.pk] or 0)]


def colleagues_of(ticket: Ticket, principal: Principal, *, on: date) -> QuerySet[Employee]:
    """Of whom `principal` may ask a step: to whom the ticket could go, and who has it."""
    others = possible_owners(ticket, principal, on=on).values("pk")
    return Employee.objects.filter(Q(pk__in=others) | Q(pk=ticket.owner_id)).order_by("name", "pk")


def near_colleagues_of(ticket: Ticket, principal: Principal, *, on: date) -> QuerySet[Employee]:
    """Those of them whom one asks most: who has the ticket, leads or serves in its unit, or sits with `principal`."""
    near = Q(pk__in=nearest_owners([ticket.unit_id], principal, on=on).values("pk")) | Q(pk=ticket.owner_id)
    return Employee.objects.filter(near).order_by("name", "pk")


def promised_to(customer: Customer) -> list[Promise]:
    """What the person was promised and has not got, the first due standing first."""
    rows = Promise.objects.open().of_person(customer)
    return list(rows.select_related("ticket__unit", "ticket__owner").order_by("due_at", "pk")[:MOST])
