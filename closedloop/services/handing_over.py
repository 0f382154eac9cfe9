"""Many tickets to one owner: each by itself, so that one refusal stops no other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from closedloop.errors import TicketRefused
from closedloop.models import Ticket
from closedloop.services.routing import owners_for
from crm.models import Employee
from crm.sight import Principal

MOST = 200  # at once: each takes a lock and leaves an event


@dataclass(frozen=True)
class Wanted:
    """A ticket to hand over, and the version at which whoever wants it saw it."""

    ticket: Ticket
    version: int


@dataclass(frozen=True)
class Handed:
    """What became of it; without `refusal` it went to the new owner."""

    ticket: Ticket
    refusal: TicketRefused | None = None


def hand_over(wanted: Sequence[Wanted], *, to: Employee, why: str, by: Principal, at: datetime) -> list[Handed]:
    """Each ticket to its new owner, in a transaction of its own, in the order given."""
    units = {want.ticket.unit_id for want in wanted}
    closed_to = {unit for unit in units if not _may_have(to, unit, by, at.date())}
    barred = TicketRefused(f"{to.name} cannot have it: not in charge there, and not in your sight.")
    return [
        Handed(want.ticket, barred) if want.ticket.unit_id in closed_to else _one(want, to=to, why=why, by=by, at=at)
        for want in wanted
    ]


def _may_have(to: Employee, unit: int, by: Principal, on: date) -> bool:
    return owners_for([unit], by, on=on).filter(pk=to.pk).exists()


def _one(want: Wanted, *, to: Employee, why: str, by: Principal, at: datetime) -> Handed:
    try:
        want.ticket.assign(to=to, why=why, by=by, at=at, expected_version=want.version)
    except TicketRefused as refusal:
        return Handed(want.ticket, refusal)
    return Handed(want.ticket)
