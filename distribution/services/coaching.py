"""Whom somebody leads, and the talks they hold with them: what was agreed on is settled at the next one."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import Count, Exists, F, Max, Model, OuterRef, Prefetch, Q, QuerySet, Subquery
from django.urls import reverse
from django.utils import timezone

from closedloop.services.telling import name_of
from common.models import Event, User
from common.queue import enqueue
from common.text import clean_line
from crm.models import Assignment, Employee, OrgUnit, UnitClosure
from crm.roles import SUBTREE_ROLES, roles_with
from crm.sight import Principal, led_by, led_nearby, own_ids
from distribution.models import Commitment, Dispatch, Settlement, Talk
from distribution.models.talks import LEAD, VIEW
from distribution.services.addressing import reachable
from distribution.services.keeping_hours import opens_at

Outcome = Settlement.Outcome


class CannotTalk(Exception):
    """This talk cannot be written down as it is; the message says why."""


@dataclass(frozen=True)
class Agreed:
    """What is agreed on until a day, or until the next talk."""

    words: str
    due_on: date | None = None


@dataclass(frozen=True)
class Note:
    """What is written about a talk. `key`: of the form, so that one sent twice is one talk."""

    key: UUID
    held_on: date
    went_well: str
    to_try: str
    next_on: date | None
    agreed: Collection[Agreed] = ()


def address_of(employee: Employee) -> str:
    """How an employee is called in addresses: by the source's own id."""
    return f"{employee.source}:{employee.external_id}"


def people_led_by(principal: Principal) -> QuerySet[Employee]:
    """Who works in a unit that one is in charge of, or is placed directly below it; never oneself, nor somebody who is
    in charge of the same unit."""
    led = Q(unit__in=led_by(principal, LEAD)) & ~Q(role__in=_leads())
    below = Q(unit__in=led_nearby(principal, LEAD)) & ~Q(unit__in=led_by(principal, LEAD))
    here = _held_today().filter(led | below, employee=OuterRef("pk"))
    return Employee.objects.filter(Exists(here)).exclude(pk__in=own_ids(principal)).order_by("name", "pk")


def with_state(people: QuerySet[Employee], *, principal: Principal) -> QuerySet[Employee]:
    """With `last_on`, the day of the last talk in sight, `open` and `late`, what is agreed on and not settled."""
    talks = Talk.objects.visible_to(principal, LEAD).filter(employee=OuterRef("pk")).order_by().values("employee")
    agreed = Commitment.objects.open().visible_to(principal, LEAD).filter(talk__employee=OuterRef("pk")).order_by()
    counted = agreed.values("talk__employee").annotate(n=Count("pk"))
    late = counted.filter(due_on__lt=timezone.now().date())
    return people.annotate(
        last_on=Subquery(talks.annotate(on=Max("held_on")).values("on")),
        open=Subquery(counted.values("n")),
        late=Subquery(late.values("n")),
    )


def find_person(principal: Principal, who: str) -> Employee | None:
    """The employee "source:external id", if one leads them."""
    source, _, external_id = clean_line(who, limit=200).partition(":")
    return people_led_by(principal).filter(source=source, external_id=external_id).first()


def unit_between(principal: Principal, employee: Employee) -> OrgUnit:
    """The unit from which one leads them: where they work, else the one directly above."""
    led = set(led_by(principal, LEAD).values_list("unit", flat=True))
    places = dict(_held_today().filter(employee=employee).exclude(role__in=_leads()).values_list("unit", "pk"))
    if both := sorted(led & places.keys()):
        return OrgUnit.objects.get(pk=both[0])
    above = UnitClosure.objects.filter(
        hierarchy__is_primary=True, valid__contains=timezone.now().date(), depth=1, ancestor__in=led,
        descendant__in=_held_today().filter(employee=employee).values("unit"),
    )  # fmt: skip
    return OrgUnit.objects.get(pk=above.order_by("ancestor").values_list("ancestor", flat=True)[0])


def _held_today() -> QuerySet[Assignment]:
    return Assignment.objects.filter(recorded__upper_inf=True, valid__contains=timezone.now().date())


def _leads() -> frozenset[str]:
    return SUBTREE_ROLES & roles_with(LEAD)


def talks_with(employee: Employee, *, principal: Principal) -> QuerySet[Talk]:
    """The talks in sight, the last first, with what was agreed on, what became of it and what the employee said."""
    return _told(Talk.objects.visible_to(principal, LEAD).filter(employee=employee))


def own_talks(principal: Principal) -> QuerySet[Talk]:
    """The talks with oneself."""
    return _told(Talk.objects.filter(employee__in=own_ids(principal, VIEW)))


def _told(talks: QuerySet[Talk]) -> QuerySet[Talk]:
    agreed = Prefetch("commitments", Commitment.objects.select_related("settlement"))
    rows = talks.select_related("employee", "by__employee").prefetch_related(agreed, "remarks")
    return rows.order_by("-held_on", "-pk")


def agreed_with(employee: Employee, unit: OrgUnit) -> QuerySet[Commitment]:
    """What is open from the talks led from that unit, the first due first."""
    rows = Commitment.objects.open().of(employee, unit).select_related("talk")
    return rows.order_by(F("due_on").asc(nulls_last=True), "pk")


def own_commitments(principal: Principal) -> QuerySet[Commitment]:
    """What is open from talks with oneself, the first due first."""
    rows = Commitment.objects.open().filter(talk__employee__in=own_ids(principal, VIEW)).select_related("talk")
    return rows.order_by(F("due_on").asc(nulls_last=True), "pk")


@transaction.atomic
def hold_talk(
    *, employee: Employee, unit: OrgUnit, note: Note, became: Mapping[int, str], by: User, at: datetime
) -> Talk:
    """Write a talk down. `became`: outcome of each open commitment, by its id; all of them, or CannotTalk and nothing
    is written. What is carried on is agreed on anew. The same form sent again gives the talk of the first time."""
    Employee.objects.select_for_update(of=("self",), no_key=True).get(pk=employee.pk)  # two talks come one by one
    if known := Talk.objects.filter(public_id=note.key, employee=employee, by=by).first():
        return known
    due = list(agreed_with(employee, unit))
    if {each.pk for each in due} != became.keys():
        raise CannotTalk("Say of everything that was agreed on what became of it. The list has changed since.")
    written = {"held_on": note.held_on, "went_well": note.went_well, "to_try": note.to_try, "next_on": note.next_on}
    talk = Talk.objects.create(public_id=note.key, employee=employee, unit=unit, by=by, at=at, **written)
    _settle(due, became, talk=talk, by=by, at=at)
    Commitment.objects.bulk_create(Commitment(talk=talk, words=each.words, due_on=each.due_on) for each in note.agreed)
    Event.objects.record(
        "talk.held", subject=talk, by=by, at=at, employee=employee.pk, unit=unit.pk, commitments=len(note.agreed)
    )
    _write_to(talk, at)
    return talk


def _write_to(talk: Talk, at: datetime) -> None:
    """Whom it was with hears by mail that it was written down, when the unit is open."""
    if reachable(talk.employee, at.date()):
        kind = Dispatch.Kind.TALK
        due_at = opens_at(talk.unit, at)
        Dispatch.objects.create(kind=kind, talk=talk, employee=talk.employee, due_at=due_at, created_at=at)
        enqueue("distribution.tasks.send")


def told_of(talk: Talk) -> dict[str, Any]:
    """What the mail says: that it was written down, by whom, and the days. What was said is read on the page alone."""
    return {
        "talk": talk, "by": name_of(talk.by), "agreed": talk.commitments.count(),
        "url": f"{settings.PUBLIC_URL}{reverse('my_talks')}",
    }  # fmt: skip


def _settle(due: list[Commitment], became: Mapping[int, str], *, talk: Talk, by: User, at: datetime) -> None:
    Settlement.objects.bulk_create(
        Settlement(commitment=each, talk=talk, outcome=became[each.pk], by=by, at=at) for each in due
    )
    carried = [each for each in due if became[each.pk] == Outcome.CARRIED]
    Commitment.objects.bulk_create(Commitment(talk=talk, words=each.words, carried_from=each) for each in carried)
    figures: dict[Model, dict[str, Any]] = {each: {"outcome": became[each.pk], "talk": talk.pk} for each in due}
    Event.objects.record_each("commitment.settled", figures, by=by, at=at)
