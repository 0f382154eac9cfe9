"""The rows that a ticket gathers: who did what, and when. They are written by the verbs of `Ticket` alone."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal, InvalidOperation

from django.conf import settings
from django.db import models
from django.db.models import Q

from closedloop.errors import TicketRefused
from closedloop.models.policies import RootCause
from closedloop.models.signals import CustomerSignal
from common.models import User
from common.text import clean
from crm.models import Employee, Merge
from crm.sight import Principal

MOST = Decimal("9999999999.99")  # what the column of a cost holds


def unread(words: str, *, name: str) -> models.Index:
    """Of rows whose `words` are still to be classified (services/noting.py)."""
    return models.Index(fields=["id"], name=name, condition=Q(classified_at__isnull=True) & ~Q(**{words: ""}))


class TicketOutcome(models.TextChoices):
    RESOLVED = "resolved", "put right"
    UNRESOLVED = "unresolved", "could not be put right"
    UNREACHED = "unreached", "customer not reached"
    NO_ACTION = "no_action", "no action needed"
    JOINED = "joined", "joined with another ticket"  # by the machine alone, when two customers were merged


CLOSINGS = [(value, str(label)) for value, label in TicketOutcome.choices if value != TicketOutcome.JOINED]


class TicketSignal(models.Model):
    """A signal that belongs to a ticket: the one that opened it and those that came while it was open."""

    ticket = models.ForeignKey("closedloop.Ticket", on_delete=models.CASCADE, related_name="ticket_signals")
    signal = models.OneToOneField(CustomerSignal, on_delete=models.PROTECT, related_name="ticket_signal")
    at = models.DateTimeField()

    def __str__(self) -> str:
        return f"signal {self.signal_id} of ticket {self.ticket_id}"


class TicketRow(models.Model):
    """A thing somebody did to a ticket: who and when."""

    ticket = models.ForeignKey("closedloop.Ticket", on_delete=models.CASCADE, related_name="%(class)ss")
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

    ticket = models.ForeignKey("closedloop.Ticket", on_delete=models.CASCADE, related_name="attempts")
    number = models.PositiveSmallIntegerField()
    due_at = models.DateTimeField()
    requested_at = models.DateTimeField()
    outcome = models.CharField(max_length=10, choices=Outcome.choices, blank=True)
    made_at = models.DateTimeField(null=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    note = models.TextField(blank=True)
    classified_at = models.DateTimeField(null=True, editable=False)  # the note was read

    class Meta:
        indexes = [unread("note", name="attempt_unread")]
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

    def fill(self, outcome: ContactAttempt.Outcome, *, by: Principal, at: datetime, note: str = "") -> None:
        """What became of the request."""
        self.outcome, self.made_at, self.by, self.note = outcome, at, author(by), note
        self.save(update_fields=["outcome", "made_at", "by", "note"])


class Finding(TicketRow):
    """What was learned from the customer."""

    learned = models.TextField()
    root_cause = models.ForeignKey(RootCause, null=True, blank=True, on_delete=models.PROTECT)
    classified_at = models.DateTimeField(null=True, editable=False)  # the words were read

    class Meta:
        indexes = [unread("learned", name="finding_unread")]

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

    outcome = models.CharField(max_length=10, choices=TicketOutcome.choices)
    summary = models.TextField(blank=True)
    reopened_at = models.DateTimeField(null=True)
    reopened_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    reopened_why = models.CharField(max_length=300, blank=True)
    classified_at = models.DateTimeField(null=True, editable=False)  # the summary was read

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["ticket"], condition=Q(reopened_at__isnull=True), name="one_closure_in_force"
            )
        ]
        indexes = [  # tickets closed lately, on the work list
            models.Index(fields=["at"], name="closure_by_time", condition=Q(reopened_at__isnull=True)),
            unread("summary", name="closure_unread"),
        ]

    def __str__(self) -> str:
        return f"closure of ticket {self.ticket_id}: {self.outcome}"


class TicketJoin(models.Model):
    """Two open tickets of customers that were merged: `joined` was closed, the work went on in `kept`. When an undone
    merge parts their customers, `joined` is taken up again."""

    merge = models.ForeignKey(Merge, on_delete=models.PROTECT, related_name="+")
    kept = models.ForeignKey("closedloop.Ticket", on_delete=models.CASCADE, related_name="joins")
    joined = models.ForeignKey("closedloop.Ticket", on_delete=models.CASCADE, related_name="+")
    at = models.DateTimeField()
    undone_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["joined"], condition=Q(undone_at__isnull=True), name="a_ticket_joins_one_other"
            )
        ]

    def __str__(self) -> str:
        return f"ticket {self.joined_id} into {self.kept_id}"


def author(by: Principal) -> User | None:
    """The person behind a step; a system's key and the machine are no person."""
    return by if isinstance(by, User) else None


def via(by: Principal) -> dict[str, str]:
    """Who else it was, for the event trail: {"via": "apikey:3"}."""
    return {} if by is None or isinstance(by, User) else {"via": f"{by._meta.model_name}:{by.pk}"}


def needed(text: str, message: str) -> str:
    """The cleaned text; a refusal with `message` if nothing is left of it."""
    cleaned = clean(text).text
    if not cleaned:
        raise TicketRefused(message)
    return cleaned


def price(cost: Decimal) -> Decimal:
    """A cost as it is stored: two places, zero or more."""
    try:
        figure = Decimal(cost)
        if not 0 <= figure <= MOST or figure != figure.quantize(Decimal("0.01")):
            raise TicketRefused("The cost must be an amount of zero or more, with at most two decimal places.")
    except InvalidOperation as error:
        raise TicketRefused("The cost must be an amount.") from error
    return figure.quantize(Decimal("0.01"))
