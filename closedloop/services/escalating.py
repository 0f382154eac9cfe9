"""Warnings and escalations whose time has come: each is raised once, and goes to somebody up the line who can act.

`distribution` tells them (rows of `Escalation` with an empty `told_at`).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from datetime import UTC, date, datetime
from typing import Any, NamedTuple

from django.db import transaction
from django.db.models import F, Model

from closedloop.models import Escalation, EscalationStep, Ticket
from closedloop.services.routing import away_among
from common.models import Event
from common.queue import enqueue
from crm.models import Assignment, Employee, Role

LEADERS = (Role.BRANCH, Role.REGION, Role.OFFICE)
TELL = "distribution.tasks.escalations"
To = EscalationStep.To


class Held(NamedTuple):
    """A place in the line above a unit: how many steps up, in which role, and who holds it."""

    steps_up: int
    role: str
    who: int


@transaction.atomic
def escalate(*, at: datetime, limit: int = 200) -> int:
    """Raise up to `limit` warnings and escalations that are due; how many were. What another worker holds is left to
    it; what a worker that died had in hand is free again, since its transaction is gone."""
    due = Escalation.objects.due(at).order_by("due_at", "pk").select_related("clock__ticket")
    rows = list(due.select_for_update(skip_locked=True, of=("self",))[:limit])
    if not rows:
        return 0
    line = Line([row.clock.ticket for row in rows], on=at.astimezone(UTC).date())
    told = _told_before(rows)
    for row in rows:
        row.raised_at, row.employee_id = at, line.who(row, told[row.clock_id])
        if row.employee_id and not row.is_warning:
            told[row.clock_id].add(row.employee_id)
    Escalation.objects.bulk_update(rows, ["raised_at", "employee"])
    _record(rows, at)
    enqueue(TELL)
    return len(rows)


def _told_before(rows: Iterable[Escalation]) -> dict[int, set[int]]:
    """By clock: who has heard of it as an escalation."""
    found: dict[int, set[int]] = defaultdict(set)
    raised = Escalation.objects.raised().filter(clock__in={row.clock_id for row in rows}).exclude(step=0)
    for clock, employee in raised.filter(employee__isnull=False).values_list("clock", "employee"):
        found[clock].add(employee)
    return found


def _record(rows: Iterable[Escalation], at: datetime) -> None:
    Event.objects.record_each("ticket.warned", _said(row for row in rows if row.is_warning), at=at)
    Event.objects.record_each("ticket.escalated", _said(row for row in rows if not row.is_warning), at=at)


def _said(rows: Iterable[Escalation]) -> dict[Model, dict[str, Any]]:
    data: dict[Model, dict[str, Any]] = {}
    for row in rows:
        said = {"stage": row.clock.stage, "percent": row.percent, "to": row.employee_id, "round": row.clock.round}
        data.setdefault(row.clock.ticket, {"escalations": []})["escalations"].append(said)
    return data


class Line:
    """Who can be reached at some units and above, on a day: not those who left, were shut out or have no address. For
    who is away that day the deputy hears of it, if that one is there, else the next up the line."""

    def __init__(self, tickets: Collection[Ticket], *, on: date) -> None:
        self.all: dict[int, list[Held]] = defaultdict(list)  # by unit
        held = _assigned({ticket.unit_id for ticket in tickets}, on).order_by("depth", "employee_id", "pk")
        for unit, *place in held.values_list("below", "depth", "role", "employee_id"):
            self.all[unit].append(Held(*place))
        owners = Employee.objects.filter(pk__in={ticket.owner_id for ticket in tickets}, email__gt="")
        here = owners.exclude(left_on__lte=on).exclude(user__is_active=False)
        known = set(here.values_list("pk", flat=True))
        away = _with_address(away_among(known | {row.who for line in self.all.values() for row in line}, on))
        self.owners = known - away.keys()
        self.there = {unit: list(_stood_in(line, away)) for unit, line in self.all.items()}

    def who(self, row: Escalation, told: Collection[int]) -> int | None:
        """Whoever is to hear of it; of those up the line the nearest who has not heard of it yet, else the last who
        has: a step never ends with nobody while anybody but the owner works there. Where all of them are away, the
        nearest finds it when they are back."""
        ticket = row.clock.ticket
        if row.is_warning and ticket.owner_id in self.owners:
            return ticket.owner_id
        here = self._nearest(row, self.there.get(ticket.unit_id, []), told)
        return here or self._nearest(row, self.all[ticket.unit_id], told)

    def meant(self, row: Escalation) -> set[int]:
        """Everybody who might be the one to hear of it, had nobody heard yet."""
        ticket = row.clock.ticket
        lines = self.there.get(ticket.unit_id, []), self.all[ticket.unit_id]
        owner = self.owners & {ticket.owner_id} if row.is_warning else set()
        return owner | {who for line in lines for who in self._others(row, line)}

    def _others(self, row: Escalation, line: Iterable[Held]) -> list[int]:
        others = [held for held in line if held.who != row.clock.ticket.owner_id]
        return self._asked(row, others) or [held.who for held in others if held.role in LEADERS]

    def _nearest(self, row: Escalation, line: Iterable[Held], told: Collection[int]) -> int | None:
        asked = self._others(row, line)
        fresh = [who for who in asked if who not in told]
        return next(iter(fresh or reversed(asked)), None)

    def _asked(self, row: Escalation, line: list[Held]) -> list[int]:
        """Those whom the step means, the nearest first."""
        if row.to == To.ROLE:
            return [held.who for held in line if held.role == row.role]
        lowest = 1 if row.to == To.ABOVE else 0
        return [held.who for held in line if held.role in LEADERS and held.steps_up >= lowest]


def _with_address(away: dict[int, int | None]) -> dict[int, int | None]:
    """Deputies whom no mail reaches stand in for nobody here."""
    deputies = {deputy for deputy in away.values() if deputy}
    if not deputies:
        return away
    reached = set(Employee.objects.filter(pk__in=deputies, email__gt="").values_list("pk", flat=True))
    return {who: deputy if deputy in reached else None for who, deputy in away.items()}


def _stood_in(line: Iterable[Held], away: dict[int, int | None]) -> Iterator[Held]:
    for held in line:
        who = away.get(held.who, held.who)
        if who:
            yield held._replace(who=who)


def _assigned(units: set[int], on: date) -> Any:
    """Assignments of the day at the units and above."""
    held = Assignment.objects.filter(
        unit__closure_below__descendant__in=units,
        unit__closure_below__hierarchy__is_primary=True,
        unit__closure_below__valid__contains=on,
        valid__contains=on,
        recorded__upper_inf=True,
    )
    here = held.filter(employee__email__gt="").exclude(employee__left_on__lte=on)
    here = here.exclude(employee__user__is_active=False)
    return here.annotate(below=F("unit__closure_below__descendant"), depth=F("unit__closure_below__depth"))
