"""From a case to an initiative: raising what is more than a single case, taking it up, setting it aside."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.db.models import Model

from closedloop.errors import OuterLoopRefused
from closedloop.models import ContactAttempt, Elevation, Initiative, RootCause, Seconding, Ticket
from closedloop.models.elevations import SUBJECTS
from closedloop.models.tickets.rows import author, needed, via
from closedloop.steering import State
from common.models import Event, User
from common.text import clean_line
from crm.models import Employee, OrgUnit
from crm.sight import Principal
from surveys.models import Response

Subject = Ticket | Response | ContactAttempt
NAMES: dict[type[Any], str] = {Ticket: "ticket", Response: "response", ContactAttempt: "attempt"}


@transaction.atomic
def elevate(
    *, subject: Subject, why: str, by: Principal, at: datetime, proposed_cause: RootCause | None = None
) -> Elevation:
    """Raise a case or words to the outer loop. What waits, or is in an initiative that goes on, is seconded instead if
    somebody else raised it; the same person's second time changes nothing."""
    said = needed(why, "Say why this is more than a single case.")
    if not _words_of(subject):
        raise OuterLoopRefused("There are no words in it: raise the ticket instead.")
    name = NAMES[type(subject)]
    whose: dict[str, Any] = {"by": author(by), "employee": _employee(by), "at": at}
    standing = Elevation.objects.standing().filter(**{name: subject}).order_by("pk").first()
    if standing is not None:
        return _second(standing, said, whose, by)
    elevation, is_new = Elevation.objects.get_or_create(
        **{name: subject}, initiative=None, set_aside_at=None,
        defaults={"why": said, "proposed_cause": proposed_cause, "unit": _unit(subject), **whose},
    )  # fmt: skip
    if not is_new:  # somebody was quicker by a moment
        return _second(elevation, said, whose, by)
    told = {"unit": elevation.unit_id, name: subject.pk, **via(by)}
    Event.objects.record("elevation.raised", subject=elevation, by=author(by), at=at, **told)
    return elevation


def _second(elevation: Elevation, why: str, whose: dict[str, Any], by: Principal) -> Elevation:
    person = author(by)
    if person is None or person.pk == elevation.by_id:
        return elevation
    seconding, is_new = Seconding.objects.get_or_create(
        elevation=elevation, by=person, defaults={"why": why, "employee": whose["employee"], "at": whose["at"]}
    )
    if is_new:
        Event.objects.record("elevation.seconded", subject=elevation, by=person, at=whose["at"], seconding=seconding.pk)
    return elevation


@transaction.atomic
def start_initiative(
    *, title: str, statement: str, unit: OrgUnit, by: Principal, at: datetime, owner: Employee | None = None,
    budget: Decimal | None = None, currency: str = "EUR", condition: dict[str, Any] | None = None,
    elevations: Iterable[Elevation] = (),
) -> Initiative:  # fmt: skip
    """Propose an initiative, with the elevations it comes from."""
    initiative = Initiative(
        title=clean_line(title, limit=160), statement=needed(statement, "Say what is to be different, and for whom."),
        unit=unit, owner=owner, budget=budget, currency=currency, condition=condition or {}, started_at=at,
    )  # fmt: skip
    if not initiative.title:
        raise OuterLoopRefused("Give it a title.")
    initiative.clean()
    initiative.save()
    initiative.steps.create(state=State.PROPOSED, why=initiative.statement, by=author(by), at=at)
    Event.objects.record("initiative.started", subject=initiative, by=author(by), at=at, unit=unit.pk, **via(by))
    take_in(initiative=initiative, elevations=elevations, by=by, at=at)
    return initiative


@transaction.atomic
def take_in(*, initiative: Initiative, elevations: Iterable[Elevation], by: Principal, at: datetime) -> int:
    """Make these elevations part of the initiative; how many are now that were not. Those that wait no longer stay
    where they are."""
    held = Initiative.objects.select_for_update().get(pk=initiative.pk)
    if held.has_ended:
        raise OuterLoopRefused(f"“{held}” has ended: take it up again first, or begin another.")
    taken = _waiting(elevations, held)
    said = {"initiative": held, "taken_in_at": at, "taken_in_by": author(by)}
    Elevation.objects.filter(pk__in=[elevation.pk for elevation in taken]).update(**said)
    told: dict[Model, dict[str, Any]] = {elevation: {"initiative": held.pk, **via(by)} for elevation in taken}
    Event.objects.record_each("elevation.taken_in", told, by=author(by), at=at)
    return len(taken)


@transaction.atomic
def set_aside(*, elevations: Iterable[Elevation], why: str, by: Principal, at: datetime) -> int:
    """Say that these are not taken up, and why; how many waited until now."""
    said = clean_line(why, limit=300)
    if not said:
        raise OuterLoopRefused("Say why they are set aside: whoever raised them reads it.")
    taken = _waiting(elevations)
    rows = Elevation.objects.filter(pk__in=[elevation.pk for elevation in taken])
    rows.update(set_aside_at=at, set_aside_by=author(by), set_aside_why=said)
    told: dict[Model, dict[str, Any]] = {row: {**via(by)} for row in taken}
    Event.objects.record_each("elevation.set_aside", told, by=author(by), at=at)
    return len(taken)


def _waiting(elevations: Iterable[Elevation], initiative: Initiative | None = None) -> list[Elevation]:
    """Those that wait, locked; without those whose subject is in the initiative already by another row."""
    chosen = Elevation.objects.filter(pk__in=[elevation.pk for elevation in elevations])
    rows = list(chosen.waiting().select_for_update().order_by("pk"))
    if initiative is None:
        return rows
    there = set(Elevation.objects.filter(initiative=initiative).values_list(*SUBJECTS))
    return [row for row in rows if (row.ticket_id, row.response_id, row.attempt_id) not in there]


def _employee(by: Principal) -> Employee | None:
    return Employee.objects.filter(user=by).first() if isinstance(by, User) else None


def _unit(subject: Subject) -> OrgUnit:
    return subject.ticket.unit if isinstance(subject, ContactAttempt) else subject.unit


def _words_of(subject: Subject) -> bool:
    """A ticket stands for itself; of an answer and of a call it is the words."""
    if isinstance(subject, Ticket):
        return True
    return bool(subject.words if isinstance(subject, Response) else subject.note)
