"""Policy notices: issued by the office or a region for what is theirs, read by whom they are for."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet, Subquery
from django.utils import timezone

from closedloop.models.tickets.rows import author, via
from common.models import Event, User
from common.text import clean, clean_line
from crm.models import Assignment, Employee, UnitClosure
from crm.sight import Principal, own_ids
from distribution.errors import LibraryRefused
from distribution.models import Acknowledgement, Entry, Kind, PolicyNotice, Standing
from distribution.services.library.indexing import index

VIEW = "distribution.view_policynotice"


@dataclass(frozen=True)
class Readers:
    """Of whom a notice is for, within somebody's sight. `rows`: employees with `read_at`, who has not read first."""

    read: int
    of: int
    rows: list[Any]


@transaction.atomic
def issue_notice(*, notice: PolicyNotice, by: Principal, at: datetime) -> PolicyNotice:
    """A new notice, in force from its first day on; it is for its unit and what stands below. One that it replaces is
    shown until then. Raises LibraryRefused."""
    notice.kind, notice.state = Kind.NOTICE, Standing.PUBLISHED
    notice.title, notice.words = clean_line(notice.title, limit=160), clean(notice.words).text
    if not (notice.title and notice.words):
        raise LibraryRefused("Give it a title, and say what holds.")
    notice.audience = notice.unit
    notice.by, notice.author = author(by), Employee.objects.filter(user=author(by)).first()
    notice.written_at = notice.published_at = at
    notice.published_by = author(by)
    notice.save()
    index(notice)
    told = {"unit": notice.unit_id, **({"replaces": notice.replaces_id} if notice.replaces_id else {})}
    Event.objects.record("notice.issued", subject=notice.as_entry, by=author(by), at=at, **told, **via(by))
    return notice


@transaction.atomic
def acknowledge(*, notice: PolicyNotice, by: User, at: datetime) -> None:
    """This person has read it; a second time changes nothing. Raises LibraryRefused for who is no employee."""
    employee = Employee.objects.filter(user=by).first()
    if employee is None:
        raise LibraryRefused("Only employees say that they have read a notice.")
    if not meant_for(notice).filter(pk=employee.pk).exists():
        raise LibraryRefused("The notice is not for you: nobody waits for you to read it.")
    _, is_new = Acknowledgement.objects.get_or_create(notice=notice, employee=employee, defaults={"by": by, "at": at})
    if is_new:
        Event.objects.record("notice.acknowledged", subject=notice.as_entry, by=by, at=at, employee=employee.pk)


def meant_for(notice: Entry) -> QuerySet[Employee]:
    """Who is to read it: whoever works at its unit or below today, in one of its roles."""
    today = timezone.now().date()
    below = UnitClosure.objects.filter(hierarchy__is_primary=True, valid__contains=today, ancestor=notice.audience_id)
    held = Assignment.objects.filter(employee=OuterRef("pk"), valid__contains=today, recorded__upper_inf=True)
    held = held.filter(unit__in=below.values("descendant"))
    if notice.roles:
        held = held.filter(role__in=notice.roles)
    return Employee.objects.filter(Exists(held)).exclude(left_on__lte=today)


def is_for(notice: Entry, principal: Principal) -> bool:
    """Whether this person is to read it: an employee of its unit or below, in one of its roles."""
    return meant_for(notice).filter(pk__in=own_ids(principal)).exists()


def readers_of(notice: PolicyNotice, *, principal: Principal, limit: int) -> Readers:
    """Who has read it and who has not, of the people in sight."""
    said = Acknowledgement.objects.filter(notice=notice, employee=OuterRef("pk")).values("at")
    seen = meant_for(notice).filter(pk__in=Employee.objects.visible_to(principal, VIEW).values("pk"))
    people = seen.annotate(read_at=Subquery(said[:1]))
    counted = people.aggregate(read=Count("pk", filter=Q(read_at__isnull=False)), of=Count("pk"))
    rows = people.order_by(F("read_at").asc(nulls_first=True), "name", "pk")[:limit]
    return Readers(counted["read"], counted["of"], list(rows))
