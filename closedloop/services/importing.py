"""Cases that another system opened, worked and closed come in as closed tickets with their own dates, reasons and what
was done. They are history: no rule is held against them, nobody is told, written to or asked because of them.

The signal that such a ticket begins with counts as screened. Of its clocks it has the resolution alone, without a
target: the other system told nothing of the rest, and nobody had promised our customers a time.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from closedloop.clocks import open_time
from closedloop.milestones import MET, SETTLED, VOID
from closedloop.models import (
    Action,
    Clock,
    Closure,
    CustomerSignal,
    Finding,
    Observation,
    RootCause,
    ServicePolicy,
    Stage,
    Ticket,
    TicketSignal,
)
from closedloop.models.terms import Lines
from closedloop.models.tickets import TicketOutcome
from closedloop.services.briefing import write_briefs
from closedloop.services.observing import refer, signals_of
from closedloop.shapes import CaseShape
from common.claims import one_at_a_time
from crm.models import OrgUnit
from crm.services.arriving import AHEAD, Arrival, Intake
from crm.services.taking_in import ListKind
from crm.services.upserting import CREATED, UNCHANGED

KIND = Observation.Kind.CASE
SAID = ("summary", "reasons", "done", "attributes")


def _store(arrivals: list[Arrival], intake: Intake) -> None:
    """Keep the cases that are new. One that is known is not rewritten: somebody may have taken it up again."""
    one_at_a_time(f"closedloop.observe {KIND} {intake.source}")  # the same file, twice at once
    refer(arrivals, intake)
    policies = {policy.code: policy for policy in ServicePolicy.objects.all()}
    for arrival in arrivals:
        if arrival.legible:
            _check(arrival, policies, intake)
    _compare(arrivals, intake)
    new = [arrival for arrival in arrivals if arrival.open]
    if new:
        tickets = _open(new, policies, intake)
        _write_down(tickets, at=intake.at)
    for arrival in new:
        arrival.status = CREATED


def _check(arrival: Arrival, policies: dict[str, ServicePolicy], intake: Intake) -> None:
    if arrival.values["policy"] not in policies:
        arrival.refuse("policy", f"Unknown service policy {arrival.values['policy']!r}.", "unknown")
    if arrival.values["closed_at"] > intake.at + AHEAD:
        arrival.refuse("closed_at", "This lies in the future: cases come in closed.", "future")


def _compare(arrivals: list[Arrival], intake: Intake) -> None:
    """What is known already is unchanged, or refused."""
    ids = [arrival.external_id for arrival in arrivals if arrival.open]
    known = Observation.objects.filter(kind=KIND, source=intake.source, external_id__in=ids)
    stored = {row.external_id: row for row in known}
    seen = set(intake.in_sight(known).values_list("external_id", flat=True))
    for arrival in arrivals:
        row = stored.get(str(arrival.external_id)) if arrival.open else None
        if row is None:
            continue
        if row.external_id in seen and _told(arrival) == {name: getattr(row, name) for name in _told(arrival)}:
            arrival.status = UNCHANGED
        else:
            arrival.refuse("external_id", "Another case is already stored under this number.", "conflict")


def _told(arrival: Arrival) -> dict[str, Any]:
    """The columns of the observation that stands for the case."""
    values, row = arrival.values, arrival.row
    case = {name: values[name] for name in SAID} | {
        "closed_at": values["closed_at"].astimezone(UTC).isoformat(),
        "outcome": values["outcome"] or TicketOutcome.ELSEWHERE.value,
    }
    linked = {name: row[name] for name in ("unit_id", "customer_id", "employee_id", "interaction_id")}
    return {**linked, "words": values["words"], "occurred_at": values["opened_at"], "case": case}


def _open(new: list[Arrival], policies: dict[str, ServicePolicy], intake: Intake) -> list[Ticket]:
    """The tickets, closed from the first, with what they began with; a fixed number of statements."""
    rows = Observation.objects.bulk_create(
        Observation(
            kind=KIND, source=intake.source, external_id=str(arrival.external_id), severity="",
            reason=next(iter(arrival.values["reasons"]), "")[:60], received_at=intake.at, load=intake.load,
            **_told(arrival),
        )
        for arrival in new
    )  # fmt: skip
    signals = signals_of(rows)
    for signal in signals:
        signal.screened_at = intake.at
    CustomerSignal.objects.bulk_create(signals)
    tickets = [
        _ticket(signal, policies[arrival.values["policy"]], arrival, intake)
        for signal, arrival in zip(signals, new, strict=True)
    ]
    write_briefs(tickets, at=intake.at)
    Ticket.objects.bulk_create(tickets)
    return tickets


def _ticket(signal: CustomerSignal, policy: ServicePolicy, arrival: Arrival, intake: Intake) -> Ticket:
    closed_at = arrival.values["closed_at"]
    return Ticket(
        customer_id=signal.customer_id, unit_id=signal.unit_id, policy=policy, origin=signal, source=intake.source,
        opened_at=signal.at, due_at=closed_at, is_open=False, reckoned_at=intake.at,
    )  # fmt: skip


def _write_down(tickets: list[Ticket], *, at: datetime) -> None:
    """What was said, done and came of it. Reasons and resolutions are codes of the other system and not read as words;
    the summary is."""
    TicketSignal.objects.bulk_create(TicketSignal(ticket=t, signal=t.origin, at=t.opened_at) for t in tickets)
    causes = _causes()
    Finding.objects.bulk_create(
        Finding(ticket=t, learned=said, stated_cause_id=causes.get(said.casefold()), at=t.opened_at, classified_at=at)
        for t in tickets
        for said in _case(t)["reasons"]
    )
    Action.objects.bulk_create(
        Action(ticket=t, done=done, at=t.due_at, done_at=t.due_at) for t in tickets for done in _case(t)["done"]
    )
    Closure.objects.bulk_create(
        Closure(ticket=t, outcome=_case(t)["outcome"], summary=_case(t)["summary"], at=t.due_at) for t in tickets
    )
    Clock.objects.bulk_create(_clocks(tickets))


def _case(ticket: Ticket) -> dict[str, Any]:
    observation = ticket.origin.observation
    return observation.case or {} if observation else {}


def _causes() -> dict[str, int]:
    """{code or name: id} of the causes that are offered today."""
    found: dict[str, int] = {}
    for pk, code, name in RootCause.objects.offered().order_by("-pk").values_list("pk", "code", "name"):
        found |= {name.casefold(): pk, code.casefold(): pk}
    return found


def _clocks(tickets: Sequence[Ticket]) -> Iterable[Clock]:
    units = OrgUnit.objects.select_related("calendar").in_bulk({ticket.unit_id for ticket in tickets})
    lines = Lines([moment for ticket in tickets for moment in (ticket.opened_at, ticket.due_at)])
    for ticket in tickets:
        unit, began, ended = units[ticket.unit_id], ticket.opened_at, ticket.due_at
        yield Clock(
            ticket=ticket, round=1, stage=Stage.RESOLUTION, started_at=began, ended_at=ended,
            outcome=MET if _case(ticket)["outcome"] in SETTLED else VOID,
            took=on_the_wall(unit, began, ended), took_open=open_time(began, ended, lines.of(unit)),
        )  # fmt: skip


def on_the_wall(unit: OrgUnit, began: datetime, ended: datetime) -> timedelta:
    """By the clock on the unit's wall: from noon to noon are whole days, also where summer time began between them.
    Most cases are known by the day."""
    wall = [moment.astimezone(unit.zone_info).replace(tzinfo=None) for moment in (began, ended)]
    return max(wall[1] - wall[0], timedelta())


CASES = ListKind("cases", CaseShape, _store)
