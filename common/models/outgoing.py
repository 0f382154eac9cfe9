"""One shape for everything that leaves the house: due, leased, sending, handed off (docs/architecture.md, messages)."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, TypeVar

from django.db import models, transaction
from django.db.models import F, Q
from django.db.models.functions import Now

MAX_ATTEMPTS = 5
LEASE = timedelta(minutes=5)


class State(models.TextChoices):
    PENDING = "pending"
    SENDING = "sending"
    HANDED_OFF = "handed_off", "handed off"
    FAILED = "failed"
    UNKNOWN = "unknown"  # died between sending and the reply: a customer's is never resent by machine
    CANCELLED = "cancelled"


T = TypeVar("T", bound="Outgoing")


class OutgoingQuerySet(models.QuerySet[T]):
    def due(self, at: datetime) -> OutgoingQuerySet[T]:
        """Pending, due at `at` and not in anybody's hands. Leases go by the database's clock, whatever `at` says."""
        free = Q(leased_until__isnull=True) | Q(leased_until__lt=Now())
        return self.filter(free, state=State.PENDING, due_at__lte=at)

    def claim(self, *, at: datetime, limit: int = 50, lease: timedelta = LEASE) -> list[T]:
        """Take up to `limit` due rows for this worker: SKIP LOCKED, attempt counted before the work, committed."""
        with transaction.atomic():
            ids = list(
                self.due(at)
                .order_by("due_at", "id")
                .select_for_update(skip_locked=True, of=("self",))
                .values_list("pk", flat=True)[:limit]
            )
            self.model._base_manager.filter(pk__in=ids).update(attempts=F("attempts") + 1, leased_until=Now() + lease)
        return list(self.filter(pk__in=ids).order_by("due_at", "id"))

    def abandoned(self) -> OutgoingQuerySet[T]:
        """Rows whose worker died after it began to send."""
        return self.filter(state=State.SENDING, leased_until__lt=Now())


class Outgoing(models.Model):
    """A row that must leave: the truth about a hand-off; a queue only reminds us of it.

    States: pending -> sending -> handed_off | failed | unknown; cancelled when it must not go out any more. Each change
    is a compare-and-set on the attempt number, so that a worker whose lease was taken over can change nothing.
    """

    state = models.CharField(max_length=12, choices=State.choices, default=State.PENDING)
    due_at = models.DateTimeField()
    attempts = models.PositiveSmallIntegerField(default=0)
    leased_until = models.DateTimeField(null=True, editable=False)
    message_id = models.CharField(max_length=120, blank=True)  # RFC 5322 Message-ID, the same on every attempt
    handed_off_at = models.DateTimeField(null=True)
    reply = models.CharField(max_length=500, blank=True)  # the provider's last words, or why it was cancelled

    class Meta:
        abstract = True

    def _advance(self, to: State, *, only_from: State, **fields: Any) -> bool:
        changed = (
            type(self)
            ._base_manager.filter(pk=self.pk, attempts=self.attempts, state=only_from)
            .update(state=to, **fields)
        )
        if changed:
            self.state = to
            for name, value in fields.items():
                setattr(self, name, value)
        return bool(changed)

    def begin(self) -> bool:
        """Commit to sending; False if another worker holds the row by now, and nothing may be sent."""
        return self._advance(State.SENDING, only_from=State.PENDING)

    def hand_off(self, *, at: datetime, reply: str) -> bool:
        return self._advance(State.HANDED_OFF, only_from=State.SENDING, handed_off_at=at, reply=reply[:500])

    def fail(self, *, reply: str) -> bool:
        return self._advance(State.FAILED, only_from=State.SENDING, reply=reply[:500], leased_until=None)

    def lose(self, *, reply: str) -> bool:
        """Nobody can say whether it was accepted."""
        return self._advance(State.UNKNOWN, only_from=State.SENDING, reply=reply[:500], leased_until=None)

    def put_back(self, *, due_at: datetime, reply: str) -> bool:
        """Refused for now: due again later, or failed for good after MAX_ATTEMPTS tries."""
        if self.attempts >= MAX_ATTEMPTS:
            return self.fail(reply=f"gave up after {self.attempts} tries: {reply}")
        return self._advance(
            State.PENDING, only_from=State.SENDING, due_at=due_at, reply=reply[:500], leased_until=None
        )

    def cancel(self, *, why: str) -> bool:
        return self._advance(State.CANCELLED, only_from=State.PENDING, reply=why[:500], leased_until=None)
