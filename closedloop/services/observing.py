"""What other systems noticed becomes a signal like any answer: a row first, screened at once."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from django.conf import settings

from closedloop.models import CustomerSignal, Observation
from closedloop.shapes import FailureShape, SpeechShape
from common.claims import one_at_a_time
from common.models import Event
from crm.models import Customer, Employee, Interaction
from crm.services.arriving import Arrival, Intake, ItemResult, link
from crm.services.taking_in import ListKind
from crm.services.upserting import CREATED, UNCHANGED
from crm.sight import Principal

Items = Sequence[dict[str, Any]]
TOLD = ("external_id", "reason", "severity", "words", "occurred_at", "confidence", "recording", "transcript")
OURS = ("unit_id", "customer_id", "employee_id")  # those of the interaction, where they are left out
SCREEN = "closedloop.tasks.screen"


def ingest_speech(items: Items, *, source: str, at: datetime, principal: Principal = None) -> list[ItemResult]:
    """Calls in which speech analytics heard that we failed (`closedloop.shapes.SpeechShape`), known by source and call.
    The same again is unchanged; something else about a known call is refused."""
    return SPEECH.ingest(items, Intake(source, at, principal))


def ingest_failures(items: Items, *, source: str, at: datetime, principal: Principal = None) -> list[ItemResult]:
    """Operational failures (`closedloop.shapes.FailureShape`), known by source and id, in the same way."""
    return FAILURES.ingest(items, Intake(source, at, principal))


def _store(arrivals: list[Arrival], intake: Intake, *, kind: Observation.Kind) -> None:
    """Keep what is new, each with its signal. What is known is not rewritten: somebody may have called about it."""
    one_at_a_time(f"closedloop.observe {kind} {intake.source}")  # the same call, sent twice at once
    refer(arrivals, intake)
    ids = [arrival.external_id for arrival in arrivals if arrival.open]
    known = intake.in_sight(Observation.objects.filter(kind=kind, source=intake.source, external_id__in=ids))
    stored = {row.external_id: row for row in known}
    taken = set(Observation.objects.filter(kind=kind, source=intake.source, external_id__in=ids).values_list(
        "external_id", flat=True
    ))  # fmt: skip
    for arrival in arrivals:
        if arrival.open and arrival.external_id in taken:
            _compare(arrival, stored.get(str(arrival.external_id)))
    new = [arrival for arrival in arrivals if arrival.open]
    rows = Observation.objects.bulk_create(
        Observation(kind=kind, source=intake.source, received_at=intake.at, load=intake.load, **_told(arrival))
        for arrival in new
    )
    for arrival in new:
        arrival.status = CREATED
    _raise(rows, at=intake.at)


def refer(arrivals: list[Arrival], intake: Intake) -> None:
    """Find what the arrivals refer to; what they leave out of an interaction is that of the interaction."""
    link(arrivals, "interaction", intake.in_sight(Interaction.objects.all()), intake)
    link(arrivals, "unit", intake.units(), intake)
    link(arrivals, "customer", intake.in_sight(Customer.objects.filter(erased_at=None)), intake)
    link(arrivals, "employee", intake.employees(Employee.objects.all()), intake)
    visits = Interaction.objects.in_bulk([a.row["interaction_id"] for a in arrivals if a.row.get("interaction_id")])
    for arrival in arrivals:
        visit = visits.get(arrival.row.get("interaction_id") or 0)
        for name in OURS if visit else ():
            arrival.row[name] = arrival.row.get(name) or getattr(visit, name)


def _told(arrival: Arrival) -> dict[str, Any]:
    told = {name: arrival.values[name] for name in TOLD if name in arrival.values}
    return {**told, **{name: arrival.row[name] for name in (*OURS, "interaction_id")}}


def _compare(arrival: Arrival, stored: Observation | None) -> None:
    if stored and all(getattr(stored, name) == value for name, value in _told(arrival).items()):
        arrival.status = UNCHANGED
    else:
        arrival.refuse("external_id", "Something else is already stored under this id.", "conflict")


def _raise(rows: list[Observation], *, at: datetime) -> None:
    """A signal for each, to be screened. What is old when it arrives is history: nobody is called about it."""
    oldest = at - timedelta(days=settings.SIGNAL_LOADED_DAYS)
    CustomerSignal.objects.bulk_create(signals_of([row for row in rows if row.occurred_at >= oldest]))
    Event.objects.record_each("observation.received", {row: {"kind": row.kind} for row in rows}, at=at)


def signals_of(rows: list[Observation]) -> list[CustomerSignal]:
    """The signal of each, not saved, on the customer who stands for the person."""
    people = {row.customer_id for row in rows if row.customer_id}
    person = {row.pk: row.canonical_id_or_own for row in Customer.objects.filter(pk__in=people)}
    return [
        CustomerSignal(
            kind=row.kind, source_id=str(row.pk), revision=1, observation=row,
            customer_id=person.get(row.customer_id or 0), interaction_id=row.interaction_id, unit_id=row.unit_id,
            employee_id=row.employee_id, text=row.words, at=row.occurred_at,
        )
        for row in rows
    ]  # fmt: skip


SPEECH = ListKind("speech-signals", SpeechShape, partial(_store, kind=Observation.Kind.SPEECH), nudge=SCREEN)
FAILURES = ListKind("operational-failures", FailureShape, partial(_store, kind=Observation.Kind.FAILURE), nudge=SCREEN)
