"""What a webhook says of an Event: ids by (source, external id), score, category and unit; words apart, since only some
may have them. Set-based: a query for each kind of row, however many Events."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from closedloop.models import Alert, Ticket
from closedloop.models.tickets import TicketOutcome
from common.models import Event, Load
from crm.models import Customer
from distribution.webhook_types import SCHEMA, type_of
from surveys.models import Response

MERGES = ("customer.merged", "customer.unmerged")


@dataclass(frozen=True)
class Telling:
    """What is told of one Event. `units`: where it belongs; none: to the whole company.

    `homes`: of an id in `data` that is a customer's, the home unit (None: of nobody but the whole company); an endpoint
    is told it only from there or above. `customer`: whom it is about, `other`: who else.
    """

    event: Event
    type: str
    data: dict[str, Any]
    words: dict[str, Any] = field(default_factory=dict)
    units: frozenset[int] = frozenset()
    customer: int | None = None
    other: int | None = None
    homes: dict[str, int | None] = field(default_factory=dict)
    row: Any = None  # what chats are told of: an alert or a ticket

    def heard_with(self, hears: Callable[[int | None], bool]) -> Telling:
        """As an endpoint is told it that hears of these units: a customer at home elsewhere is nobody to it."""
        hidden = {name for name, home in self.homes.items() if not hears(home)}
        if not hidden:
            return self
        data = {name: None if name in hidden else value for name, value in self.data.items()}
        return replace(self, data=data, customer=self.other if "customer" in hidden else self.customer)

    def body(self, *, words: bool) -> str:
        data = self.data | self.words if words else self.data
        said = {"type": self.type, "timestamp": moment(self.event.at), "version": SCHEMA, "data": data}
        return json.dumps(said, ensure_ascii=False, separators=(",", ":"))


def moment(at: datetime | None) -> str | None:
    return None if at is None else at.isoformat().replace("+00:00", "Z")


def tellings(events: Iterable[Event]) -> list[Telling]:
    """In the order of `events`; what cannot be told any more (its row is gone) is left out."""
    found = list(events)
    by_kind: dict[str, set[str]] = defaultdict(set)
    for event in found:
        by_kind[event.subject_kind] |= {event.subject_id, *_merged(event), *_joined(event)}
    rows = {kind: DESCRIBED[kind][0](ids) for kind, ids in by_kind.items() if kind in DESCRIBED}
    return [telling for event in found if (telling := _telling(event, rows.get(event.subject_kind, {})))]


def _telling(event: Event, rows: dict[str, Any]) -> Telling | None:
    if event.subject_id not in rows:
        return None
    telling = DESCRIBED[event.subject_kind][1](event, rows[event.subject_id])
    for other in _merged(event):
        telling = _with_merged(telling, rows.get(other))
    for kept in _joined(event):
        telling.data["into"] = str(rows[kept].public_id) if kept in rows else None
    return telling


def _with_merged(telling: Telling, other: Customer | None) -> Telling:
    """Both rows have a home, and both homes are told."""
    telling.data["merged"] = known(other)
    if other is None:
        return telling
    units, homes = telling.units | _at(other.unit_id), telling.homes | {"merged": other.unit_id}
    return replace(telling, units=units, homes=homes, other=other.pk)


def _at(unit: int | None) -> frozenset[int]:
    return frozenset() if unit is None else frozenset({unit})


def _merged(event: Event) -> set[str]:
    """The id of the customer that was merged into the subject, or parted from it."""
    return {str(event.data["merged"])} if event.what in MERGES else set()


def _joined(event: Event) -> set[str]:
    """The id of the ticket in which the work of the subject goes on."""
    return {str(event.data["into"])} if event.what == "ticket.joined" else set()


def _by_id(model: Any, *related: str) -> Callable[[set[str]], dict[str, Any]]:
    def read(ids: set[str]) -> dict[str, Any]:
        rows = model._default_manager.filter(pk__in=[int(pk) for pk in ids])
        return {str(row.pk): row for row in (rows.select_related(*related) if related else rows)}

    return read


def known(row: Any) -> dict[str, str] | None:
    """A row by the id that its source gave it."""
    return None if row is None else {"source": row.source, "external_id": row.external_id}


def _response(event: Event, row: Response) -> Telling:
    kind = type_of(event.what, event.data.get("revision"))
    data = {
        "response": str(row.public_id), "program": row.program.code, "unit": known(row.unit),
        "customer": known(row.customer), "employee": known(row.employee), "interaction": known(row.interaction),
        "score": row.score, "scale": [row.scale_min, row.scale_max], "category": row.category or None,
        "channel": row.channel, "answered_at": moment(row.answered_at), "revision": row.revision,
        "complete": row.status == Response.Status.COMPLETE, "callback": row.callback, "may_quote": row.may_quote,
    }  # fmt: skip
    return Telling(event, kind, data, {"comment": row.words}, units=_at(row.unit_id), customer=row.customer_id)


def _ticket(event: Event, row: Ticket) -> Telling:
    data = {
        "ticket": str(row.public_id), "unit": known(row.unit), "customer": known(row.customer),
        "owner": known(row.owner), "rule": row.rule.code if row.rule else None, "score": row.origin.score,
        "category": row.origin.category or None, "opened_at": moment(row.opened_at), "due_at": moment(row.due_at),
        "open": row.is_open, "version": row.version,
    }  # fmt: skip
    kind = type_of(event.what, None)
    if kind == "ticket.closed":
        data |= {"outcome": event.data.get("outcome", TicketOutcome.JOINED.value), "into": None}
    return Telling(event, kind, data, units=_at(row.unit_id), customer=row.customer_id, row=row)


def _alert(event: Event, row: Alert) -> Telling:
    signal = row.signal
    data = {
        "alert": row.pk, "rule": row.rule.code, "kind": row.kind, "unit": known(row.unit),
        "customer": known(signal.customer), "employee": known(row.employee), "score": signal.score,
        "category": signal.category or None, "previous_score": signal.previous_score,
        "ticket": str(row.ticket.public_id) if row.ticket else None, "raised_at": moment(row.raised_at),
    }  # fmt: skip
    words = {"text": signal.text}
    kind = type_of(event.what, None)
    return Telling(event, kind, data, words, units=_at(row.unit_id), customer=signal.customer_id, row=row)


OF_CUSTOMER = ("channel", "purpose", "kind", "cause")  # of the Event's figures, what may be told


def _customer(event: Event, row: Customer) -> Telling:
    data: dict[str, Any] = {"customer": known(row), "unit": known(row.unit), "canonical": known(row.canonical)}
    data |= {name: event.data[name] for name in OF_CUSTOMER if name in event.data}
    if event.what.startswith("consent."):
        data["granted"] = event.what == "consent.granted"
    homes = dict.fromkeys(("customer", "unit"), row.unit_id)
    homes |= {"canonical": row.canonical.unit_id} if row.canonical else {}
    return Telling(event, type_of(event.what, None), data, units=_at(row.unit_id), customer=row.pk, homes=homes)


def _load(event: Event, row: Load) -> Telling:
    counts = {name: number for name, number in row.counts.items() if isinstance(number, int)}
    data = {
        "load": row.pk, "kind": row.kind, "source": row.source, "counts": counts,
        "started_at": moment(row.started_at), "finished_at": moment(row.finished_at), "failed": bool(row.failure),
    }  # fmt: skip
    return Telling(event, type_of(event.what, None), data)


Describe = Callable[[Event, Any], Telling]
DESCRIBED: dict[str, tuple[Callable[[set[str]], dict[str, Any]], Describe]] = {
    "surveys.response": (
        _by_id(Response, "program", "unit", "customer", "employee", "interaction"), _response,
    ),
    "closedloop.ticket": (_by_id(Ticket, "unit__calendar", "customer", "owner", "rule", "origin"), _ticket),
    "closedloop.alert": (
        _by_id(
            Alert, "rule", "unit__calendar", "employee", "signal__customer", "signal__observation", "ticket__owner",
        ), _alert,
    ),
    "crm.customer": (_by_id(Customer, "unit", "canonical"), _customer),
    "common.load": (_by_id(Load), _load),
}  # fmt: skip
