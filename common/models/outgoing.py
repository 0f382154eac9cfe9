"""One shape for everything that leaves the house: due, leased, sending, handed off (docs/architecture.md, messages)."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any, ClassVar, TypeVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from common.prepared import prepared_cursor

MAX_SILENCES = 5
GIVE_UP = timedelta(hours=60)  # of being refused for now; the last try is at most 7.5 hours later
AHEAD = 50  # rows read at a time
LEASE = timedelta(minutes=5)  # longer than one message can take: EMAIL_TIMEOUT for each of its six replies


# By hand and planned once, since they run for every message: the ORM's compiler takes longer than PostgreSQL. A lease
# is not waited for until it is on disk: should the database fall before, the row is free again, and nothing has left by
# then, since `begin` waits for itself and for all that came before it.
TAKE = """
UPDATE {table} SET attempts = attempts + 1, silences = silences + 1, leased_until = now() + %(lease)s
WHERE id = %(id)s AND state = 'pending' AND attempts = %(attempts)s AND due_at = %(due_at)s
  AND (leased_until IS NULL OR leased_until < now())
RETURNING attempts, silences, leased_until, set_config('synchronous_commit', 'off', true)
"""
ADVANCE = "UPDATE {table} SET {changes} WHERE id = %s AND attempts = %s AND state = ANY(%s)"
HOLD = ADVANCE.replace("{changes}", "{changes}, leased_until = now() + %s") + " AND leased_until > now()"


class State(models.TextChoices):
    PENDING = "pending"
    SENDING = "sending"
    HANDED_OFF = "handed_off", "handed off"
    FAILED = "failed"
    UNKNOWN = "unknown"  # died between sending and the reply: a customer's is never resent by machine
    CANCELLED = "cancelled"


T = TypeVar("T", bound="Outgoing")


def afresh(at: datetime) -> dict[str, Any]:
    """The fields of a row that a person sends once more from `at` on: whatever it was refused for is forgotten."""
    forgotten = {"silences": 0, "first_due_at": None, "refused_since": None, "leased_until": None, "reply": ""}
    return {"state": State.PENDING, "due_at": at, **forgotten}


class OutgoingQuerySet(models.QuerySet[T]):
    def _free(self) -> OutgoingQuerySet[T]:
        """Pending and in nobody's hands. Leases go by the database's clock, whatever a caller's `at` says."""
        return self.filter(Q(leased_until__isnull=True) | Q(leased_until__lt=Now()), state=State.PENDING)

    def due(self, at: datetime) -> OutgoingQuerySet[T]:
        """What a worker may take at `at`."""
        return self._free().filter(due_at__lte=at, silences__lt=MAX_SILENCES)

    def exhausted(self) -> OutgoingQuerySet[T]:
        """Pending rows whose workers died MAX_SILENCES times in a row before they could say anything."""
        return self._free().filter(silences__gte=MAX_SILENCES)

    def claims(self, *, at: datetime, limit: int, lease: timedelta = LEASE) -> Iterator[T]:
        """Take up to `limit` due rows for this worker, each just before it is yielded, in the order of `_ahead`. What
        they need is read ahead for many at a time; workers who read the same rows take turns."""
        taken = 0
        while taken < limit and (ahead := self._ahead(at, min(AHEAD, limit - taken))):
            for row in ahead:
                if row.take(lease=lease):
                    taken += 1
                    yield row

    def _ahead(self, at: datetime, limit: int) -> list[T]:
        """The next to be taken, the oldest first."""
        return list(self.due(at).order_by("due_at", "id")[:limit])

    def claim(self, *, at: datetime, limit: int = 50, lease: timedelta = LEASE) -> list[T]:
        """The rows of `claims`, all taken at once."""
        return list(self.claims(at=at, limit=limit, lease=lease))

    def abandoned(self) -> OutgoingQuerySet[T]:
        """Rows whose worker died after it began to send."""
        return self.filter(state=State.SENDING, leased_until__lt=Now())


class Outgoing(models.Model):
    """A row that must leave: the truth about a hand-off; a queue only reminds us of it.

    States: pending -> sending -> handed_off | failed | unknown; cancelled when it must not go out any more. Each change
    is a compare-and-set on the attempt number, so that a worker whose lease was taken over can change nothing. A worker
    that hears the answer late may still settle what was meanwhile called unknown.
    """

    ours: ClassVar[bool] = True  # when it does not leave, this house is unwell and not the one who should take it

    state = models.CharField(max_length=12, choices=State.choices, default=State.PENDING)
    due_at = models.DateTimeField()
    attempts = models.PositiveSmallIntegerField(default=0)
    silences = models.PositiveSmallIntegerField(
        default=0, db_default=0, editable=False
    )  # tries in a row without answer
    first_due_at = models.DateTimeField(null=True, editable=False)  # before it was put off; empty: it never was
    refused_since = models.DateTimeField(null=True, editable=False)  # first refusal for now; empty: there was none
    leased_until = models.DateTimeField(null=True, editable=False)
    message_id = models.CharField(max_length=120, blank=True)  # RFC 5322 Message-ID, the same on every attempt
    handed_off_at = models.DateTimeField(null=True)
    reply = models.CharField(max_length=500, blank=True)  # the provider's last words, or why it was cancelled

    class Meta:
        abstract = True

    def _advance(self, to: State, *from_states: State, lease: timedelta | None = None, **fields: Any) -> bool:
        """Compare-and-set; with `lease` the row is held for so long, if the lease it has has not run out."""
        fields["state"] = to
        changes = ", ".join(f'"{name}" = %s' for name in fields)
        values = [*fields.values(), *([lease] if lease else [])]
        statement = (HOLD if lease else ADVANCE).format(table=self._meta.db_table, changes=changes)
        with prepared_cursor() as cursor:
            cursor.execute(statement, [*values, self.pk, self.attempts, list(from_states)])
            changed = bool(cursor.rowcount)
        if changed:
            vars(self).update(fields)
        return changed

    def new_message_id(self) -> str:
        """By which the receiver knows it, however often it comes."""
        return f"<{secrets.token_hex(16)}@{settings.MAIL_DOMAIN}>"

    def stamp(self, message: Any) -> None:
        """Have the message say which one it is."""
        message.extra_headers["Message-ID"] = self.message_id

    def take(self, *, lease: timedelta = LEASE) -> bool:
        """Lease the row to this worker and count the try, before the work; False if it is not as it was read."""
        known = {"id": self.pk, "attempts": self.attempts, "due_at": self.due_at, "lease": lease}
        with prepared_cursor() as cursor:
            cursor.execute(TAKE.format(table=self._meta.db_table), known)
            taken = cursor.fetchone()
        if taken:
            self.attempts, self.silences, self.leased_until, _ = taken
        return taken is not None

    def begin(self, *, lease: timedelta = LEASE) -> bool:
        """Commit to sending; False if another worker may hold the row by now, and nothing may be sent."""
        return self._advance(State.SENDING, State.PENDING, lease=lease, message_id=self.message_id)

    def hand_off(self, *, at: datetime, reply: str) -> bool:
        return self._advance(
            State.HANDED_OFF, State.SENDING, State.UNKNOWN, handed_off_at=at, reply=reply[:500], leased_until=None
        )

    def fail(self, *, reply: str) -> bool:
        return self._advance(
            State.FAILED, State.PENDING, State.SENDING, State.UNKNOWN, reply=reply[:500], leased_until=None
        )

    def lose(self, *, reply: str) -> bool:
        """Nobody can say whether it was accepted."""
        return self._advance(State.UNKNOWN, State.SENDING, reply=reply[:500], leased_until=None)

    def put_back(self, *, due_at: datetime, reply: str) -> bool:
        """Due again later although nobody answered (the worker died, it could not be composed, the line went dead);
        failed for good after MAX_SILENCES such tries in a row."""
        if self.silences >= MAX_SILENCES:
            return self.fail(reply=f"gave up after {self.silences} tries: {reply}")
        return self._again(due_at=due_at, reply=reply)

    def put_off(self, *, at: datetime, due_at: datetime, reply: str) -> bool:
        """Refused for now at `at`: due again later, or failed for good once that has gone on for GIVE_UP."""
        since = self.refused_since or at
        if at - since >= GIVE_UP:
            return self.fail(reply=f"gave up after {(at - since) // timedelta(hours=1)} hours: {reply}")
        return self._again(due_at=due_at, reply=reply, silences=0, refused_since=since)

    def wait(self, *, due_at: datetime) -> bool:
        """Due later, since nobody is to be disturbed now. Nothing was tried, and nothing is remembered of it."""
        silences = max(self.silences - 1, 0)
        return self._advance(State.PENDING, State.PENDING, due_at=due_at, silences=silences, leased_until=None)

    def _again(self, *, due_at: datetime, reply: str, **fields: Any) -> bool:
        """Due again at `due_at`, with whatever else is remembered of it."""
        fields |= {"due_at": due_at, "first_due_at": self.first_due_at or self.due_at, "leased_until": None}
        return self._advance(State.PENDING, State.PENDING, State.SENDING, reply=reply[:500], **fields)

    def cancel(self, *, why: str) -> bool:
        return self._advance(State.CANCELLED, State.PENDING, reply=why[:500], leased_until=None)
