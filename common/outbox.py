"""Draining rows that must leave (`common.models.Outgoing`): claim, compose, hand over, record; one row at a time.
(Several at a time, so that slow receivers hold up nobody: `common.abreast`.)

A crash leaves a row either pending (its lease runs out and it is taken again) or sending (`settle_abandoned`). One row
per claim, because a row that kills its worker must not use up the attempts of its neighbours; only reading is done for
many at a time.
"""

from __future__ import annotations

import logging
import random
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Generic, TypeVar

from django.db import InterfaceError, OperationalError, connection, transaction

from common.delays import DELAYS
from common.models.dwell import Dwell
from common.models.outgoing import Outgoing, OutgoingQuerySet
from common.senders import Outcome, Reply, hand_over, kept_open

log = logging.getLogger(__name__)

T = TypeVar("T", bound=Outgoing)
Message = Any  # what `compose` makes and `hand_over` takes: a mail, a request
Compose = Callable[[T], Message]
HandOver = Callable[[Message], Reply]
Record = Callable[[T, Reply, datetime], None]
PutOff = Callable[[T, Reply, datetime, random.Random], bool]
Clock = Callable[[], datetime]

JITTER = 0.25  # of the delay, so that an outage does not end in a stampede
BUDGET = 60.0  # seconds; the worker is killed at Q_CLUSTER["timeout"], and a kill while sending costs an `unknown`
PATIENCE = 20.0  # seconds for the database to come back while an outcome is in hand


class NotNow(Exception):
    """Raised by `compose`: this row may leave from `due_at` on, and not before (quiet hours). No try is counted."""

    def __init__(self, due_at: datetime) -> None:
        super().__init__(f"not before {due_at}")
        self.due_at = due_at


class MustNotGo(Exception):
    """Raised by `compose`: this row must not leave any more (suppressed, withdrawn, outdated). Its text says why."""


def drain(
    rows: OutgoingQuerySet[T],
    *,
    compose: Compose[T],
    at: datetime,
    limit: int,
    hand_over: HandOver = hand_over,
    resend_lost: bool = False,
    record: Record[T] | None = None,
    rng: random.Random | None = None,
    budget: float = BUDGET,
    clock: Clock | None = None,
) -> Counter[str]:
    """Hand over up to `limit` due rows within `budget` seconds; how many ended in which state, by `State` value.

    `compose(row)` runs in the transaction that begins the sending, so that what it stores (a token) is undone with it;
    it may raise `MustNotGo` or `NotNow`. `record(row, reply, at)` runs in the transaction that records the outcome;
    `row.state` is then the new state, `cancelled` and `pending` (to be tried again) included. No transaction is open
    while the mail server is spoken to. `resend_lost`: what may or may not have been accepted is sent again under the
    same Message-ID (staff); otherwise it stays `unknown` (customers). Whatever goes wrong with one row, its neighbours
    go on. `clock` says when each outcome was heard (default: `at`, as if the round took no time).
    """
    tally = settle_abandoned(rows, at=at, resend_lost=resend_lost, record=record)
    clerk = Clerk(clock or (lambda: at), resend_lost, record, rng=rng or random.SystemRandom(), tally=tally)
    until = time.monotonic() + budget
    with kept_open():
        for row in rows.claims(at=at, limit=limit):
            if not clerk.carry(row, compose, hand_over) or time.monotonic() > until:
                break
    Dwell.objects.add(rows.model._meta.label_lower, clerk.dwell)
    return tally


def settle_abandoned(
    rows: OutgoingQuerySet[T], *, at: datetime, resend_lost: bool, record: Record[T] | None = None
) -> Counter[str]:
    """Settle rows whose workers died: those who died while sending leave it `unknown`, or due again at once when
    `resend_lost` (the same Message-ID); rows that killed every worker before anything was said have failed."""
    clerk = Clerk(lambda: at, resend_lost, record)
    for row in rows.abandoned():
        clerk.settle(row, Reply(Outcome.UNKNOWN, "the worker died while sending"), due_at=at)
    for row in rows.exhausted():
        clerk.settle(row, Reply(Outcome.REFUSED, f"gave up after {row.silences} tries: the worker died each time"))
    return clerk.tally


def due_again(at: datetime, tried_for: timedelta, rng: random.Random) -> datetime:
    """When to try again what has been tried in vain for so long: after 1 min, 10 min, 1 h, then every 6 h, each up to a
    quarter longer."""
    passed = [sum(DELAYS[:number], timedelta()) for number in range(1, len(DELAYS))]  # after 1, 11 and 71 min
    delay = DELAYS[sum(tried_for >= end for end in passed)]
    return at + delay * (1 + rng.random() * JITTER)


def put_off(row: T, reply: Reply, at: datetime, rng: random.Random) -> bool:
    """What a mail that is refused for now does: wait as `due_again` says, or as long as it was told to where that is
    longer (up to 6 h), until it is given up."""
    tried_for = timedelta() if reply.closed else at - (row.refused_since or at)
    due_at = due_again(at, tried_for, rng)
    if reply.retry_after:  # it said when; not all at once then
        due_at = max(due_at, at + min(reply.retry_after, DELAYS[-1]) * (1 + rng.random() * JITTER))
    return row.put_off(at=at, due_at=due_at, reply=reply.text)


def _insist(write: Callable[[], bool]) -> bool:
    """`write`, again and again while the database is away: what the post office said must not become `unknown`."""
    until = time.monotonic() + PATIENCE
    while True:
        try:
            return write()
        except (OperationalError, InterfaceError):
            if connection.in_atomic_block or time.monotonic() > until:
                raise
            connection.close()
            time.sleep(0.5)


@dataclass
class Clerk(Generic[T]):
    """Carries claimed rows to whoever takes them over and writes down what became of them."""

    clock: Clock
    resend_lost: bool
    record: Record[T] | None
    put_off: PutOff[T] = put_off  # what is done with a row that was refused for now
    rng: random.Random = field(default_factory=random.SystemRandom)
    tally: Counter[str] = field(default_factory=Counter)
    dwell: list[timedelta] = field(default_factory=list)  # from first due to handed off

    def carry(self, row: T, compose: Compose[T], hand_over: HandOver) -> bool:
        """Take one claimed row as far as it goes; False when nothing else can be handed over at present."""
        message = self.begin(row, compose)
        if message is None:
            return True
        reply = self.hand(row, message, hand_over)
        self.settle(row, reply)
        return not reply.closed

    def hand(self, row: T, message: Message, hand_over: HandOver) -> Reply:
        """What was said to it; needs no database."""
        try:
            return hand_over(message)
        except Exception as error:  # whatever it was, the message may have gone out
            log.exception("hand-over broke", extra={"row": row.pk, "kind": row._meta.label})
            return Reply(Outcome.UNKNOWN, f"hand-over broke: {type(error).__name__}")

    def settle(self, row: T, reply: Reply, *, due_at: datetime | None = None) -> None:
        """Record what the post office said; `due_at` is when to try again, if so (default: after the usual delay)."""
        at = self.clock()
        if reply.outcome is Outcome.ACCEPTED:
            if self._write(row, reply, lambda: row.hand_off(at=at, reply=reply.text)):
                self.dwell.append(at - (row.first_due_at or row.due_at))
        elif reply.outcome is Outcome.REFUSED:
            self._write(row, reply, lambda: row.fail(reply=reply.text))
        elif reply.outcome is Outcome.REFUSED_FOR_NOW:
            self._write(row, reply, lambda: self.put_off(row, reply, at, self.rng))
        elif self.resend_lost:
            self._put_back(row, reply, due_at)
        else:
            self._write(row, reply, lambda: row.lose(reply=reply.text))

    def _put_back(self, row: T, reply: Reply, due_at: datetime | None = None) -> None:
        """Nobody answered."""
        tries = max(row.silences, 1)
        again = due_at or due_again(self.clock(), sum(DELAYS[: tries - 1], timedelta()), self.rng)
        self._write(row, reply, lambda: row.put_back(due_at=again, reply=reply.text))

    def _write(self, row: T, reply: Reply, change: Callable[[], bool]) -> bool:
        """Change the row and tell `record`, together; was the row still ours? A `record` that fails must not hide that
        the message has left."""
        try:
            changed = _insist(lambda: self._together(row, reply, change))
        except Exception:
            log.exception("outcome recorded without its companions", extra={"row": row.pk, "kind": row._meta.label})
            changed = _insist(change)
        self.tally[str(row.state) if changed else "taken over"] += 1
        return changed

    @transaction.atomic
    def _together(self, row: T, reply: Reply, change: Callable[[], bool]) -> bool:
        changed = change()
        if changed and self.record is not None:
            self.record(row, reply, self.clock())
        return changed

    def begin(self, row: T, compose: Compose[T]) -> Message | None:
        """The message to hand over, committed to sending; None if this row does not go now."""
        row.message_id = row.message_id or row.new_message_id()
        try:
            with transaction.atomic():
                message = compose(row)
                row.stamp(message)
                if row.begin():
                    return message
                transaction.set_rollback(True)
                self.tally["taken over"] += 1
        except MustNotGo as decision:
            why = str(decision)
            self._write(row, Reply(Outcome.REFUSED, why), lambda: row.cancel(why=why))
        except NotNow as hours:
            self.tally[str(row.state) if row.wait(due_at=hours.due_at) else "taken over"] += 1
        except Exception as error:  # a poison row; after MAX_SILENCES tries it is parked with this reason
            log.exception("could not be composed", extra={"row": row.pk, "kind": row._meta.label})
            self._put_back(row, Reply(Outcome.REFUSED_FOR_NOW, f"could not be composed: {type(error).__name__}"))
        return None
