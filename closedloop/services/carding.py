"""What the closed loop tells on the shopkeeper's card: what we promised and have not done, and how it went before."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime

from closedloop.models import Promise as PromiseRow
from closedloop.models import Ticket
from crm.cards import Subject, Told

FUNCTION = "closedloop.view_ticket"
CLOSED = 3


@dataclass(frozen=True)
class Promise:
    """An open ticket: somebody is to contact the customer by `due_at`. `reference` is the ticket's id."""

    reference: str
    raised_at: datetime
    due_at: datetime
    overdue: bool
    owner: str
    unit: str
    asked_to_be_called: bool | None
    best_time: str
    tried: int


@dataclass(frozen=True)
class Settled:
    """A ticket that was closed, and how."""

    reference: str
    raised_at: datetime
    closed_at: datetime | None
    outcome: str


@dataclass(frozen=True)
class Owed:
    """What the customer was promised in words, on which ticket, by when."""

    what: str
    due_at: datetime
    overdue: bool
    reference: str


@dataclass(frozen=True)
class Care:
    owed: list[Owed] = field(default_factory=list)
    promises: list[Promise] = field(default_factory=list)
    settled: list[Settled] = field(default_factory=list)


def tell(subject: Subject) -> Told:
    seen = Ticket.objects.visible_to(subject.principal, subject.function(FUNCTION))
    rows = seen.filter(customer__in=subject.rows).select_related("owner", "unit").with_closure().with_last_attempt()
    tickets = list(rows.order_by("-is_open", "-opened_at", "-pk")[: CLOSED + 5])
    owed = PromiseRow.objects.open().filter(ticket__in=seen.filter(customer__in=subject.rows).values("pk"))
    data = Care(
        owed=[_owed(row, subject.at) for row in owed.select_related("ticket").order_by("due_at", "pk")[:CLOSED]],
        promises=[_promise(ticket, subject.at) for ticket in tickets if ticket.is_open],
        settled=[_settled(ticket) for ticket in tickets if not ticket.is_open][:CLOSED],
    )
    return Told(
        data, do=list(_do(data)), reach=_reach(data)
    )  # that offers are to be avoided follows from the ticket's hold


def _owed(row: PromiseRow, at: datetime) -> Owed:
    return Owed(row.what, row.due_at, row.is_late(at), str(row.ticket.public_id))


def _promise(ticket: Ticket, at: datetime) -> Promise:
    callback = ticket.brief.get("callback", {})
    return Promise(
        reference=str(ticket.public_id),
        raised_at=ticket.opened_at,
        due_at=ticket.due_at,
        overdue=ticket.due_at < at,
        owner=ticket.owner.name if ticket.owner else "",
        unit=ticket.unit.name,
        asked_to_be_called=callback.get("wanted"),
        best_time=callback.get("best_time") or "",
        tried=getattr(ticket, "tried", 0),
    )


def _settled(ticket: Ticket) -> Settled:
    closed_at, outcome = getattr(ticket, "closed_at", None), getattr(ticket, "outcome", "") or ""
    return Settled(str(ticket.public_id), ticket.opened_at, closed_at, outcome)


def _reach(data: Care) -> str:
    """They asked for a call: that goes before the channel that they prefer otherwise."""
    asked = next((promise for promise in data.promises if promise.asked_to_be_called), None)
    return "Call them: they asked for it." if asked else ""


def _do(data: Care) -> Iterator[str]:
    for owed in data.owed:
        late = "overdue since" if owed.overdue else "due by"
        yield f"We promised: {owed.what} ({late} {owed.due_at:%-d %B})."
    for promise in data.promises:
        who = promise.owner or "somebody"
        late = "is overdue" if promise.overdue else f"is due by {promise.due_at:%-d %B, %H:%M} UTC"
        yield f"A ticket is open: {who} is to contact them, which {late}. Bring it up yourself."
    if any(ticket.outcome == "unresolved" for ticket in data.settled[:1]):
        yield "Their last complaint could not be put right. Know what was said before you speak."
