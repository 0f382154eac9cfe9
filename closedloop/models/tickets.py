from __future__ import annotations

import uuid
from datetime import datetime
from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Q

from closedloop.models.alerts import AlertRule
from closedloop.models.policies import RootCause, ServicePolicy
from closedloop.models.signals import CustomerSignal
from crm.models import Customer, Employee, OrgUnit
from crm.sight import VisibleByUnit


class TicketQuerySet(VisibleByUnit["Ticket"]):
    employee_path = "owner"

    def open(self) -> Self:
        return self.filter(is_open=True)

    def overdue(self, at: datetime) -> Self:
        return self.open().filter(due_at__lt=at)


class Ticket(models.Model):
    """A customer to be called: with a brief, an owner, a due time in the unit's business calendar, and what came of it.

    At most one open ticket a (canonical) customer; later signals attach to it. `is_open` mirrors the lack of a
    `Closure` in force, so that the database can hold that rule; `version` is counted up by every verb, and a verb
    called with an older one is refused.
    """

    class Outcome(models.TextChoices):
        RESOLVED = "resolved", "put right"
        UNRESOLVED = "unresolved", "could not be put right"
        UNREACHED = "unreached", "customer not reached"
        NO_ACTION = "no_action", "no action needed"

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    customer = models.ForeignKey(Customer, null=True, on_delete=models.PROTECT, related_name="tickets")  # canonical
    unit = models.ForeignKey(OrgUnit, on_delete=models.PROTECT, related_name="tickets")
    owner = models.ForeignKey(Employee, null=True, on_delete=models.PROTECT, related_name="tickets")
    rule = models.ForeignKey(AlertRule, null=True, on_delete=models.PROTECT)
    policy = models.ForeignKey(ServicePolicy, on_delete=models.PROTECT)
    origin = models.ForeignKey(CustomerSignal, on_delete=models.PROTECT, related_name="+")
    brief = models.JSONField(default=dict)  # all the caller needs, see services/briefing.py
    opened_at = models.DateTimeField()
    due_at = models.DateTimeField()  # of the next contact
    is_open = models.BooleanField(default=True)
    version = models.PositiveIntegerField(default=1)

    objects = TicketQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["customer"],
                condition=Q(is_open=True, customer__isnull=False),
                name="one_open_ticket_per_customer",
            )
        ]
        indexes = [
            models.Index(fields=["unit", "due_at"], name="ticket_worklist", condition=Q(is_open=True)),
            models.Index(fields=["owner", "due_at"], name="ticket_mine", condition=Q(is_open=True)),
            models.Index(fields=["unit", "-opened_at"], name="ticket_of_unit"),  # digest, loop health
        ]

    def __str__(self) -> str:
        return f"ticket {self.pk}"


class TicketSignal(models.Model):
    """A signal that belongs to a ticket: the one that opened it and those that came while it was open."""

    ticket = models.ForeignKey(Ticket, on_delete=models.CASCADE, related_name="ticket_signals")
    signal = models.OneToOneField(CustomerSignal, on_delete=models.PROTECT, related_name="ticket_signal")
    at = models.DateTimeField()

    def __str__(self) -> str:
        return f"signal {self.signal_id} of ticket {self.ticket_id}"


class TicketRow(models.Model):
    """A thing somebody did to a ticket: who and when."""

    ticket = models.ForeignKey(Ticket, on_delete=models.CASCADE, related_name="%(class)ss")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    at = models.DateTimeField()

    class Meta:
        abstract = True


class Handover(TicketRow):
    """The ticket went to another owner."""

    to = models.ForeignKey(Employee, null=True, on_delete=models.PROTECT, related_name="+")
    why = models.CharField(max_length=300, blank=True)

    def __str__(self) -> str:
        return f"ticket {self.ticket_id} to {self.to}"


class ContactAttempt(models.Model):
    """A request to contact the customer by `due_at`, and what became of it. "No reach" opens the next request, one
    working day later. At most one request is waiting on a ticket."""

    class Outcome(models.TextChoices):
        REACHED = "reached"
        NO_REACH = "no_reach", "no reach"
        CANCELLED = "cancelled", "no longer needed"  # the ticket was closed

    ticket = models.ForeignKey(Ticket, on_delete=models.CASCADE, related_name="attempts")
    number = models.PositiveSmallIntegerField()
    due_at = models.DateTimeField()
    requested_at = models.DateTimeField()
    outcome = models.CharField(max_length=10, choices=Outcome.choices, blank=True)
    made_at = models.DateTimeField(null=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    note = models.TextField(blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["ticket", "number"], name="one_attempt_per_number"),
            models.UniqueConstraint(fields=["ticket"], condition=Q(outcome=""), name="one_waiting_attempt_per_ticket"),
            models.CheckConstraint(
                condition=Q(outcome="", made_at__isnull=True) | (~Q(outcome="") & Q(made_at__isnull=False)),
                name="attempt_made_when_it_has_an_outcome",
            ),
        ]

    def __str__(self) -> str:
        return f"attempt {self.number} on ticket {self.ticket_id}"


class Finding(TicketRow):
    """What was learned from the customer."""

    learned = models.TextField()
    root_cause = models.ForeignKey(RootCause, null=True, blank=True, on_delete=models.PROTECT)

    def __str__(self) -> str:
        return f"finding on ticket {self.ticket_id}"


class Action(TicketRow):
    """What was done about it, and what it cost."""

    done = models.TextField()
    cost = models.DecimalField(max_digits=12, decimal_places=2, default=0)
    currency = models.CharField(max_length=3, default="EUR", help_text="ISO 4217.")

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(cost__gte=0), name="action_cost_not_negative")]

    def __str__(self) -> str:
        return f"action on ticket {self.ticket_id}"


class Closure(TicketRow):
    """The ticket was closed; reopening ends it. At most one is in force."""

    outcome = models.CharField(max_length=10, choices=Ticket.Outcome.choices)
    summary = models.TextField(blank=True)
    reopened_at = models.DateTimeField(null=True)
    reopened_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    reopened_why = models.CharField(max_length=300, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["ticket"], condition=Q(reopened_at__isnull=True), name="one_closure_in_force"
            )
        ]

    def __str__(self) -> str:
        return f"closure of ticket {self.ticket_id}: {self.outcome}"
