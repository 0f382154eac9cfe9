"""Opening tickets, and adding signals to open ones. Called inside the transaction of screening."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Model, Q

from closedloop.deadlines import first_due
from closedloop.models import (
    AlertRule,
    ContactAttempt,
    CustomerSignal,
    Handover,
    PriorityChange,
    ServicePolicy,
    Ticket,
    TicketSignal,
)
from closedloop.pressing import Band, level_of, tighter
from closedloop.services.briefing import rows_of, write_briefs
from closedloop.services.routing import Matter, Routed, route
from closedloop.services.weighing import Weights, weigh
from common.models import Event
from common.periods import Hours
from crm.models import OrgUnit
from crm.services.holding import hold_each

Source = tuple[str, str]  # kind and source id: one answer, whatever its revision
Person = int | Source  # a canonical customer, or the one answer of somebody unknown


@dataclass
class Call:
    """A person to be called: the rule with the tightest policy, and all their signals at hand, the first one first.
    Without a rule somebody opens it by hand, under `by_hand`."""

    person: Person
    rule: AlertRule | None
    signals: list[CustomerSignal]
    by_hand: ServicePolicy | None = None

    @property
    def policy(self) -> ServicePolicy:
        if self.by_hand is not None:
            return self.by_hand
        if self.rule is None:
            raise ValueError("a call follows a rule, or somebody's own choice of a policy")
        return self.rule.policy


class Clock:
    """Due times of many tickets; each calendar is read once."""

    def __init__(self, at: datetime) -> None:
        self.at = at
        self.hours: dict[int, Hours] = {}

    def due(self, policy: ServicePolicy, unit: OrgUnit) -> datetime:
        if unit.calendar_id not in self.hours:
            self.hours[unit.calendar_id] = unit.calendar.hours(range(self.at.year - 1, self.at.year + 3))
        return first_due(self.at, policy.hours_to_contact, self.hours[unit.calendar_id], unit.zone_info)


def open_tickets_of(people: set[Person]) -> dict[Person, Ticket]:
    """The open ticket of each person who has one, locked, in the order of their ids."""
    customers = {person for person in people if isinstance(person, int)}
    unknown = {person[1] for person in people if not isinstance(person, int)}
    known = Q(customer__in=rows_of(customers))
    nameless = Q(customer__isnull=True, origin__source_id__in=unknown)
    tickets = (
        Ticket.objects.open()
        .filter(known | nameless)
        .select_related("customer", "origin", "unit__calendar", "policy")
        .order_by("pk")
        .select_for_update(of=("self",))
    )
    found = {_person_of(ticket): ticket for ticket in tickets}
    return {person: ticket for person, ticket in found.items() if person in people}  # ids of two kinds may be alike


def _person_of(ticket: Ticket) -> Person:
    if ticket.customer:
        return ticket.customer.canonical_id_or_own
    return ticket.origin.kind, ticket.origin.source_id


def open_tickets(calls: list[Call], *, at: datetime) -> dict[Person, Ticket]:
    """Open one ticket for each call: owner, due time, first request, hold and brief; a fixed number of statements."""
    if not calls:
        return {}
    ways = route([Matter(call.signals[0], call.signals[0].unit_id) for call in calls], at=at)
    weights = weigh({signal.pk for call in calls for signal in call.signals})
    desk = _Desk(Clock(at), weights, ServicePolicy.objects.in_bulk(weights.policies))
    tickets = [desk.ticket(call, way) for call, way in zip(calls, ways, strict=True)]
    write_briefs(tickets, at=at)
    Ticket.objects.bulk_create(tickets)
    _follow_up(dict(zip(tickets, ways, strict=True)), at)
    _join(dict(zip(tickets, (call.signals for call in calls), strict=True)), at)
    return {call.person: ticket for call, ticket in zip(calls, tickets, strict=True)}


@dataclass
class _Desk:
    """What new tickets follow from: open hours, priority bands, and the policies of these."""

    clock: Clock
    weights: Weights
    policies: dict[int, ServicePolicy]

    def ticket(self, call: Call, way: Routed) -> Ticket:
        origin, band = call.signals[0], self.weights.of(call.signals)
        policy = call.policy
        chosen = tighter(policy.pk, policy.hours_to_contact, band)
        policy = policy if chosen == policy.pk else self.policies[chosen]
        return Ticket(
            customer_id=call.person if isinstance(call.person, int) else None,
            unit=origin.unit,
            owner_id=way.owner,
            rule=call.rule,
            policy=policy,
            priority=level_of(band),
            priority_why=band.why if band else "",
            origin=origin,
            opened_at=self.clock.at,
            due_at=self.clock.due(policy, origin.unit),
        )


def _follow_up(tickets: dict[Ticket, Routed], at: datetime) -> None:
    """What comes with a new ticket: the first request to call, why it went to whom, the hold on surveys, the event."""
    ContactAttempt.objects.bulk_create(
        ContactAttempt(ticket=ticket, number=1, due_at=ticket.due_at, requested_at=at) for ticket in tickets
    )
    Handover.objects.bulk_create(
        Handover(ticket=ticket, to_id=way.owner, why=way.why[:300], rule_id=way.rule, opening=True, at=at)
        for ticket, way in tickets.items()
    )
    hold_each(causes={t.customer_id: t.hold_cause for t in tickets if t.customer_id}, at=at)
    opened: dict[Model, dict[str, Any]] = {
        t: {"rule": t.rule_id, "owner": t.owner_id, "priority": t.get_priority_display()} for t in tickets
    }
    Event.objects.record_each("ticket.opened", opened, at=at)


def attach(joining: dict[Ticket, list[CustomerSignal]], calls: list[Call], *, at: datetime) -> None:
    """Add signals to open tickets. The brief is written anew; the due time may come earlier and never moves later, and
    the priority may rise and never falls."""
    if not joining:
        return
    _join(joining, at)
    pressing = _press(joining, at)
    sooner = _bring_forward(joining, calls, pressing, Clock(at))
    write_briefs(list(joining), at=at)
    for ticket in joining:
        ticket.version += 1  # whoever is writing on it is told that the customer said more
        ticket.reckoned_at = None  # its clocks follow from what was said
    Ticket.objects.bulk_update(joining, ["brief", "due_at", "version", "reckoned_at", "priority", "priority_why"])
    joined: dict[Model, dict[str, Any]] = {
        t: {"signals": [s.pk for s in said], "priority": t.get_priority_display()} for t, said in joining.items()
    }
    Event.objects.record_each("ticket.signal_joined", joined, at=at)
    waiting = list(ContactAttempt.objects.filter(ticket__in=sooner, outcome="").select_related("ticket"))
    for attempt in waiting:
        attempt.due_at = sooner[attempt.ticket]
    ContactAttempt.objects.bulk_update(waiting, ["due_at"])


def _press(joining: dict[Ticket, list[CustomerSignal]], at: datetime) -> dict[Ticket, Band]:
    """The bands of what was said now that press more than the tickets did (set, not saved), each with its row."""
    weights = weigh({signal.pk for said in joining.values() for signal in said})
    found = {ticket: band for ticket, said in joining.items() if (band := weights.of(said))}
    pressing = {ticket: band for ticket, band in found.items() if band.level < ticket.priority}
    PriorityChange.objects.bulk_create(
        PriorityChange(ticket=t, was=t.priority, priority=band.level, band_id=band.pk, at=at)
        for t, band in pressing.items()
    )
    for ticket, band in pressing.items():
        ticket.priority, ticket.priority_why = band.level, band.why
    return pressing


def _bring_forward(
    joining: dict[Ticket, list[CustomerSignal]], calls: list[Call], pressing: dict[Ticket, Band], clock: Clock
) -> dict[Ticket, datetime]:
    by_signal = {call.signals[0].pk: call.policy for call in calls}
    banded = ServicePolicy.objects.in_bulk({band.policy for band in pressing.values() if band.policy})
    sooner: dict[Ticket, datetime] = {}
    for ticket, signals in joining.items():
        policies = [by_signal[signal.pk] for signal in signals if signal.pk in by_signal]
        policies += [banded[band.policy] for band in [pressing.get(ticket)] if band and band.policy]
        due = min((clock.due(policy, ticket.unit) for policy in policies), default=ticket.due_at)
        if due < ticket.due_at:
            ticket.due_at = sooner[ticket] = due
    return sooner


def _join(joining: dict[Ticket, list[CustomerSignal]], at: datetime) -> None:
    TicketSignal.objects.bulk_create(
        (TicketSignal(ticket=t, signal=signal, at=at) for t, signals in joining.items() for signal in signals),
        ignore_conflicts=True,  # a mark that was emptied by hand
    )
