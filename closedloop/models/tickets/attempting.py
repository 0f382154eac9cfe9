"""Trying to contact the customer."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models
from django.db.models import Q, QuerySet

from closedloop.deadlines import next_attempt_due
from closedloop.models.tickets.base import TicketBase
from closedloop.models.tickets.rows import author, unread
from common.text import clean
from crm.sight import Principal

if TYPE_CHECKING:
    from django.db.models.fields.related_descriptors import RelatedManager

    from closedloop.models.tickets.ending import Closure


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


class Attempting(TicketBase):
    """Requests to contact the customer, and what became of them."""

    if TYPE_CHECKING:
        attempts: RelatedManager[ContactAttempt]
        closures: RelatedManager[Closure]

    class Meta:
        abstract = True

    @property
    def waiting_attempt(self) -> ContactAttempt | None:
        return self.attempts.filter(outcome="").first()

    def attempts_made(self) -> QuerySet[ContactAttempt]:
        """Attempts since the ticket was opened, or reopened last."""
        made = self.attempts.exclude(outcome__in=["", ContactAttempt.Outcome.CANCELLED])
        reopened = self.closures.aggregate(last=models.Max("reopened_at"))["last"]
        return made.filter(requested_at__gte=reopened) if reopened else made

    def record_attempt(
        self, *, reached: bool, note: str, by: Principal, at: datetime, expected_version: int | None = None
    ) -> ContactAttempt:
        """Somebody tried to contact the customer. No reach opens the next request, one working day later."""
        with self._working(expected_version):
            attempt = self.waiting_attempt or self._request(self._last_attempt(), due_at=at, at=at)
            outcome = ContactAttempt.Outcome.REACHED if reached else ContactAttempt.Outcome.NO_REACH
            attempt.fill(outcome, by=by, at=at, note=clean(note).text)
            if not reached:
                self.due_at = self._next_due(at)
                self._request(attempt, due_at=self.due_at, at=at)
            self._done("ticket.attempt_recorded", by=by, at=at, number=attempt.number, outcome=outcome.value)
        return attempt

    def _last_attempt(self) -> ContactAttempt | None:
        return self.attempts.order_by("number").last()

    def _request(self, last: ContactAttempt | None, *, due_at: datetime, at: datetime) -> ContactAttempt:
        return self.attempts.create(number=last.number + 1 if last else 1, due_at=due_at, requested_at=at)

    def _next_due(self, at: datetime) -> datetime:
        best_time = self.brief.get("callback", {}).get("best_time", "")
        return next_attempt_due(at, self._hours(at), self.unit.zone_info, best_time)
