"""Answers collected elsewhere, sent by another system: idempotent by (source, external id), each item by itself."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db import transaction

from common.models import Load
from common.queue import enqueue
from crm.models import Customer, Employee, Interaction
from crm.services.arriving import Arrival, Intake, ItemResult, close_load, link, open_load, read, results
from crm.services.feeds.counting import count_in
from crm.sight import Principal
from surveys.collected import Collected, Scale
from surveys.models import Program
from surveys.models.public_links import PUBLIC, is_reserved
from surveys.services.collecting import CONFLICT, CREATED, FURTHER, store_collected
from surveys.services.collecting_consents import PERMITTED, keep_consents, take_consents
from surveys.services.collecting_further import take_further
from surveys.shapes import ResponseShape


@transaction.atomic
def ingest_responses(
    items: Sequence[dict[str, Any]], *, source: str, at: datetime, principal: Principal = None
) -> list[ItemResult]:
    """Store answers (`surveys.shapes.ResponseShape`). One that is known stays as it was: the same again is unchanged,
    another answer under its id is rejected. Several at once leave a Load."""
    intake = Intake(source, at, principal)
    arrivals = read(items, ResponseShape, intake)
    load = open_load("responses", len(arrivals), intake) if len(arrivals) > 1 else None
    programs = _resolve(arrivals, intake)
    _store(arrivals, programs, intake, load)
    outcome = results(arrivals)
    rejected = sum(bool(arrival.errors) for arrival in arrivals)
    count_in(kind="responses", source=source, at=at, received=len(outcome), rejected=rejected)
    if load:
        close_load(load, outcome, at)
    if any(result.status == "created" for result in outcome):
        enqueue("closedloop.tasks.listen")
    return outcome


def _resolve(arrivals: list[Arrival], intake: Intake) -> dict[str, Program]:
    legible = [arrival for arrival in arrivals if arrival.legible]
    codes = {arrival.values["program"] for arrival in legible}
    programs = {program.code: program for program in Program.objects.filter(code__in=codes)}
    for arrival in legible:
        if is_reserved(intake.source):
            arrival.refuse(
                "source", f"Sources that begin with {PUBLIC!r} are reserved; send with a key of another one."
            )
        if arrival.values["program"] not in programs:
            arrival.refuse("program", f"Unknown program {arrival.values['program']!r}.", "unknown")
        if arrival.values["answered_at"] > intake.at:
            arrival.refuse("answered_at", "This lies in the future.", "future")
    take_further(arrivals, programs, intake.source)
    link(arrivals, "unit", intake.units(), intake)
    link(arrivals, "customer", intake.in_sight(Customer.objects.filter(erased_at=None)), intake)
    link(arrivals, "interaction", intake.in_sight(Interaction.objects.all()), intake)
    link(arrivals, "employee", intake.employees(Employee.objects.all()), intake)
    take_consents(arrivals, intake)
    return programs


def _store(arrivals: list[Arrival], programs: dict[str, Program], intake: Intake, load: Load | None) -> None:
    """A statement or two for each program and scale among them."""
    groups: dict[tuple[str, int, int], list[Arrival]] = defaultdict(list)
    for arrival in arrivals:
        if arrival.open:
            scale = arrival.values["scale"]
            groups[arrival.values["program"], scale["low"], scale["high"]].append(arrival)
    for (code, low, high), group in groups.items():
        statuses = store_collected(
            [_collected(arrival) for arrival in group], program=programs[code], source=intake.source,
            scale=Scale(low, high), at=intake.at, load=load, extras=[_extra(arrival) for arrival in group],
        )  # fmt: skip
        for arrival, status in zip(group, statuses, strict=True):
            arrival.status = status
            if status == CONFLICT:
                arrival.refuse("external_id", "This id is already stored with another answer.", "conflict")
    keep_consents([arrival for arrival in arrivals if arrival.status == CREATED], intake)


def _collected(arrival: Arrival) -> Collected:
    names = ("score", "answered_at", "channel", "comment")
    given = {name: arrival.values[name] for name in names}
    kept = {name: value for name, value in arrival.values["attributes"].items() if value is not None}
    return Collected(external_id=str(arrival.external_id), unit_id=arrival.row["unit_id"], attributes=kept, **given)


def _extra(arrival: Arrival) -> dict[str, Any]:
    references = {f"{name}_id": arrival.row[f"{name}_id"] for name in ("customer", "interaction", "employee")}
    further = {name: arrival.row[name] for name in (*FURTHER, *PERMITTED) if name in arrival.row}
    return {**references, **further, "product": arrival.values["product"], "language": arrival.values["language"]}
