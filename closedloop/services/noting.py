"""What was noted on tickets, and what customers wrote back, read by the same code as their answers: language, tone,
topics, and personal data hidden in what analysts see. The page of a ticket shows notes as they were written, to those
who work on it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any, NamedTuple

from django.db import models

from closedloop.models import Closure, ContactAttempt, CustomerReply, Finding, Ticket
from common.claims import set_mark, take_unmarked, work_off
from surveys.models import Passage
from surveys.services.classifying.owning import own_facts
from surveys.services.classifying.passages import Spoken, read

MARK = "classified_at"


class Noted(NamedTuple):
    """A kind of note: its model, the field that holds the words, the field that says when."""

    kind: Passage.Kind
    model: type[models.Model]
    words: str
    at: str


KINDS = (
    Noted(Passage.Kind.ATTEMPT, ContactAttempt, "note", "made_at"),
    Noted(Passage.Kind.FINDING, Finding, "learned", "at"),
    Noted(Passage.Kind.CLOSURE, Closure, "summary", "at"),
    Noted(Passage.Kind.REPLY, CustomerReply, "text", "at"),
)


@dataclass(frozen=True)
class _About:
    """Of whom a note is: the ticket's customer and unit, by the id of the note."""

    pk: int
    ticket: Ticket

    @property
    def customer_id(self) -> int | None:
        return self.ticket.customer_id

    @property
    def customer(self) -> Any:
        return self.ticket.customer

    @property
    def unit(self) -> Any:
        return self.ticket.unit


def read_notes(*, at: datetime, limit: int = 500) -> int:
    """Read up to `limit` notes of each kind; how many were done."""
    done = 0
    for noted in KINDS:
        unread = noted.model._default_manager.exclude(**{noted.words: ""})
        unread = unread.select_related("ticket__customer", "ticket__unit__calendar")
        done += work_off(unread, MARK, partial(_take_and_read, noted, at=at), at=at, limit=limit)
    return done


def _take_and_read(noted: Noted, unread: models.QuerySet[Any], *, at: datetime) -> int:
    rows = take_unmarked(unread, MARK, limit=None)
    read(_spoken(noted, rows), at=at)
    set_mark(rows, MARK, at)
    return len(rows)


def _spoken(noted: Noted, rows: Sequence[Any]) -> list[Spoken]:
    own = own_facts([_About(row.pk, row.ticket) for row in rows])
    return [
        Spoken(
            kind=noted.kind, source_id=row.pk, text=getattr(row, noted.words), language="", own=own[row.pk],
            unit_id=row.ticket.unit_id, employee_id=row.ticket.owner_id, said_at=getattr(row, noted.at) or at_of(row),
        )
        for row in rows
    ]  # fmt: skip


def at_of(attempt: Any) -> datetime:
    """Of a note on a request that was not made: when it was asked for."""
    moment: datetime = attempt.requested_at
    return moment
