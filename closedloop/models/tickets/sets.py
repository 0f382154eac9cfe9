"""Sets of tickets that have a name."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Self

from django.contrib.postgres.expressions import ArraySubquery
from django.db import models
from django.db.models import Case, Count, Exists, F, OuterRef, Q, Subquery, Value, When
from django.db.models.functions import Coalesce
from django.db.models.lookups import LessThanOrEqual

from closedloop.models.tickets.acting import Action
from closedloop.models.tickets.attempting import ContactAttempt
from closedloop.models.tickets.clocks import WARNING, Escalation
from closedloop.models.tickets.ending import Closure
from closedloop.models.tickets.pausing import Pause
from common.arrays import OneOf
from crm.models import Absence, Assignment, Customer
from crm.sight import Principal, VisibleByUnit, assignments_of

if TYPE_CHECKING:
    from closedloop.models.tickets.ticket import Ticket

LATELY = timedelta(days=14)
NOT_TO_CALL = Q(brief__callback__wanted=False)  # Ticket.do_not_call, as a condition


class LocalDay(models.Func):
    """The day of an instant where the ticket's unit is."""

    template = "(%(expressions)s)::date"
    arg_joiner = " AT TIME ZONE "
    output_field = models.DateField()


class TicketQuerySet(VisibleByUnit["Ticket"]):
    employee_path = "owner"

    def open(self) -> Self:
        return self.filter(is_open=True)

    def overdue(self, at: datetime) -> Self:
        return self.open().filter(due_at__lt=at)

    def due_today(self, at: datetime) -> Self:
        """Open and still due by the end of today, where the ticket is; what is overdue stands under `overdue`."""
        return self.open().filter(due_by_tonight(at))

    def most_pressing_first(self, at: datetime) -> Self:
        """What is overdue, then what is due today, then the rest; in each by priority, and then as it is due."""
        when = Case(When(due_at__lt=at, then=Value(0)), When(due_by_tonight(at), then=Value(1)), default=Value(2))
        return self.order_by(when, "priority", "due_at", "pk")

    def closed_lately(self, at: datetime) -> Self:
        """Closed within the last two weeks, and not taken up again."""
        closed = Closure.objects.filter(reopened_at=None, at__gte=at - LATELY).values("ticket")
        return self.filter(OneOf(F("pk"), ArraySubquery(closed)), is_open=False)

    def mine(self, user: Principal) -> Self:
        return self.filter(owner__user=user)

    def of_team(self, user: Principal, on: date) -> Self:
        """Of people who work on the day where `user` works, their own included."""
        return self.filter(of_team(user, on))

    def unattended(self, on: date) -> Self:
        """Open, and nobody sees to it: without an owner, or the owner is away on the day or has left."""
        return self.open().filter(unattended(on))

    def awaiting_approval(self) -> Self:
        """Somebody wants to do something there that is above their limit; a closed one may wait too."""
        return self.filter(pk__in=Action.objects.awaiting().values("ticket"))

    def of_customer(self, customer: Customer) -> Self:
        """Of the person, whichever of their merged rows a ticket stands on."""
        return self.filter(customer__in=Customer.objects.of_person(customer).values("pk"))

    def with_last_attempt(self) -> Self:
        """With `tried` (attempts made), `last_tried_at` and `last_tried` (its outcome), in the same query."""
        made = ContactAttempt.objects.filter(ticket=OuterRef("pk")).made()
        last = made.order_by("-number")
        tried = made.order_by().values("ticket").annotate(n=Count("pk")).values("n")
        return self.annotate(
            tried=Coalesce(Subquery(tried), 0),
            last_tried=Subquery(last.values("outcome")[:1]),
            last_tried_at=Subquery(last.values("made_at")[:1]),
        )

    def with_clock(self, at: datetime) -> Self:
        """With `paused_until` and `paused_for` (its reason) of the pause in force, and `escalated_to` (a name) of the
        last escalation of a clock that runs, in the same query."""
        pause = Pause.objects.filter(ticket=OuterRef("pk"), at__lte=at, ends_at__gt=at)
        raised = Escalation.objects.raised().filter(clock__ticket=OuterRef("pk"), clock__ended_at=None)
        last = raised.exclude(step=WARNING).order_by("-raised_at", "-pk")
        return self.annotate(
            paused_until=Subquery(pause.values("ends_at")[:1]),
            paused_for=Subquery(pause.values("reason")[:1]),
            escalated_to=Subquery(last.values("employee__name")[:1]),
        )

    def with_closure(self) -> Self:
        """With `closed_at` and `outcome` of the closure in force, the latest first."""
        last = Closure.objects.filter(ticket=OuterRef("pk"), reopened_at=None)
        known = self.annotate(closed_at=Subquery(last.values("at")[:1]), outcome=Subquery(last.values("outcome")[:1]))
        return known.order_by(F("closed_at").desc(), "-pk")


def of_team(user: Principal, on: date) -> Q:
    places = assignments_of(user).values("unit")
    mates = Assignment.objects.filter(unit__in=places, valid__contains=on, recorded__upper_inf=True)
    return Q(owner__in=mates.values("employee"))


def unattended(on: date) -> Q:
    gone = Q(owner__left_on__lte=on) | Q(owner__user__is_active=False)
    return Q(owner=None) | gone | Q(owner__in=Absence.objects.on(on).values("employee"))


def due_by_tonight(at: datetime) -> Q:
    """Due from `at` to the end of its day, where the ticket's unit is."""
    today = LocalDay(models.Value(at, models.DateTimeField()), F("unit__zone"))
    return Q(LessThanOrEqual(LocalDay(F("due_at"), F("unit__zone")), today), due_at__gte=at)
