"""Work due in the console: each duty a counted, scoped queryset. One query for all, whatever the data."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import cache, lru_cache
from typing import Any, NamedTuple

from django.contrib import admin
from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import Exists, OuterRef, QuerySet, Value
from django.http import HttpRequest
from django.urls import get_script_prefix, reverse
from django.utils import timezone
from django_q.models import Failure

from analytics.models import Launch
from closedloop.models import Elevation, Ticket
from common.console import ScopedAdmin
from common.models import State, Trial
from crm.models import ApiKey, Feed, Silence
from distribution.models import Dispatch, WebhookDelivery, WebhookEndpoint
from surveys.models import (
    Approval,
    Brake,
    Departure,
    InboundMail,
    Message,
    Program,
    ProgramVersion,
    SetAside,
    TriggerHealth,
)

MANY = 100  # counted no further: "99+" says enough
SINCE = timedelta(hours=24)  # how far back a failed job is still told of

Part = tuple[str, tuple[Any, ...]]  # of a query: its text and what goes into it


class Duty(NamedTuple):
    code: str
    model: type[Any]
    due: Callable[[Any, datetime], QuerySet[Any]]
    one: str
    more: str
    where: str  # query of the list that shows them
    urgent: bool = False
    theirs: bool = False  # told only to those who may do it, not to all who may read
    listed: bool = False  # found as a list finds them, by the units in sight where these are few; read for each page


class Due(NamedTuple):
    duty: Duty
    number: int
    link: str

    @property
    def figure(self) -> str:
        return f"{MANY - 1}+" if self.number >= MANY else str(self.number)

    @property
    def words(self) -> str:
        return self.duty.one if self.number == 1 else self.duty.more


def _without_version(programs: QuerySet[Any], at: datetime) -> QuerySet[Any]:
    published = ProgramVersion.objects.filter(program=OuterRef("pk"), published_at__isnull=False)
    return programs.filter(~Exists(published), active=True).exclude(kind=Program.Kind.COLLECTED)


def _silent(feeds: QuerySet[Any], at: datetime) -> QuerySet[Any]:
    return feeds.filter(Exists(Silence.objects.filter(feed=OuterRef("pk"), ended_at=None)))


def _departing(healths: QuerySet[Any]) -> QuerySet[Any]:
    own = Departure.objects.filter(program=OuterRef("program"), source=OuterRef("source"), ended_at=None)
    return healths.filter(Exists(own))


def _set_aside(programs: QuerySet[Any]) -> QuerySet[Any]:
    return programs.filter(Exists(SetAside.objects.filter(program=OuterRef("pk"), ended_at=None)))


DUTIES = (
    Duty(
        "overdue", Ticket, lambda rows, at: rows.filter(is_open=True, due_at__lt=at),
        "customer waits for a call that is overdue", "customers wait for a call that is overdue", "due=overdue",
        urgent=True, listed=True,
    ),
    Duty(
        "raised", Elevation, lambda rows, _: rows.waiting(),
        "elevation waits: nobody has said what becomes of it", "elevations wait: nobody has said what becomes of them",
        "state=waiting", theirs=True,
    ),
    Duty(
        "unknown", Message, lambda rows, _: rows.undecided(),
        "invitation may or may not have gone out; it is never sent again by machine",
        "invitations may or may not have gone out; they are never sent again by machine",
        "fate=undecided",
    ),
    Duty(
        "stopped", Brake, lambda rows, _: rows.filter(level=Brake.Level.STOP, released_at=None),
        "program is stopped: too much of its mail bounces or draws complaints",
        "programs are stopped: too much of their mail bounces or draws complaints", "on=yes", urgent=True,
    ),
    Duty(
        "suggested", InboundMail, lambda rows, _: rows.suggesting(),
        "reply by mail begins with a number that may be the score",
        "replies by mail begin with a number that may be the score", "suggests=yes",
    ),
    Duty(
        "unheard", InboundMail, lambda rows, _: rows.unheard(),
        "mail of a customer came too late for the answer, and nobody has read it",
        "mails of customers came too late for the answer, and nobody has read them", "suggests=words",
    ),
    Duty(
        "parked", Dispatch, lambda rows, _: rows.filter(state=State.FAILED),
        "mail to an employee was given up", "mails to employees were given up", f"state__exact={State.FAILED}",
    ),
    Duty(
        "deaf", WebhookEndpoint, lambda rows, _: rows.filter(disabled_at__isnull=False),
        "webhook endpoint is switched off", "webhook endpoints are switched off", "disabled_at__isempty=0",
    ),
    Duty(
        "untold", WebhookDelivery, lambda rows, _: rows.filter(state=State.FAILED),
        "webhook delivery was given up", "webhook deliveries were given up", f"state__exact={State.FAILED}",
    ),
    Duty(
        "stuck", Trial, lambda rows, _: rows.filter(parked_at__isnull=False),
        "row failed too often and is parked", "rows failed too often and are parked", "parked_at__isempty=0",
        urgent=True,
    ),
    Duty(
        "unversioned", Program, _without_version,
        "active program has no published version and asks nobody",
        "active programs have no published version and ask nobody", "",
    ),
    Duty(
        "aside", Program, lambda rows, _: _set_aside(rows),
        "program is set aside: its condition cannot be read any more",
        "programs are set aside: their conditions cannot be read any more", "aside=yes", urgent=True,
    ),
    Duty(
        "unapproved", Approval, lambda rows, _: rows.filter(decided_at__isnull=True),
        "version of a program waits for a second person", "versions of programs wait for a second person",
        "decided_at__isempty=1",
    ),
    Duty(
        "short", Launch, lambda rows, at: rows.short_lately(at),
        "launch falls short of what comparable ones had", "launches fall short of what comparable ones had",
        "short=lately",
    ),
    Duty(
        "silent", Feed, _silent,
        "feed has gone silent, or all that it brings is refused",
        "feeds have gone silent, or all that they bring is refused", "silent=yes", urgent=True,
    ),
    Duty(
        "departs", TriggerHealth, lambda rows, _: _departing(rows),
        "program does not decide as usual", "programs do not decide as usual", "departs=yes", urgent=True,
    ),
    Duty(
        "lingering", ApiKey, lambda rows, at: rows.lingering(at),
        "replaced API key is still used and ends within three days",
        "replaced API keys are still used and end within three days", "state=lingering",
        urgent=True,
    ),
    Duty(
        "expiring", ApiKey, lambda rows, at: rows.expiring(at),
        "API key in use expires within two weeks", "API keys in use expire within two weeks", "state=expiring",
    ),
    Duty(
        "failed", Failure, lambda rows, at: rows.filter(stopped__gt=at - SINCE),
        "background job failed since yesterday", "background jobs failed since yesterday", "",
    ),
)  # fmt: skip


def due_for(request: HttpRequest) -> dict[str, Due]:
    """{code: what is due}, for the duties the person may see; counted once a request."""
    known: dict[str, Due] | None = getattr(request, "_duties", None)
    if known is None:
        numbers = _counted(request, timezone.now())
        known = {duty.code: Due(duty, numbers[duty.code], _list(duty)) for duty in DUTIES if duty.code in numbers}
        asked: Any = request
        asked._duties = known
    return known


def owner_of(model: type[Any], request: HttpRequest) -> ScopedAdmin | None:
    """The admin of a model if the person may open its list."""
    owner = admin.site._registry.get(model)
    return owner if isinstance(owner, ScopedAdmin) and owner.has_view_permission(request) else None


def _counted(request: HttpRequest, at: datetime) -> dict[str, int]:
    """How many are due of each duty whose list the person may open; all in one query, however many duties there are."""
    found_by = {duty: owner_of(duty.model, request) for duty in DUTIES}
    owners = {
        duty: owner
        for duty, owner in found_by.items()
        if owner and (not duty.theirs or owner.has_change_permission(request))
    }
    parts = [part for duty, owner in owners.items() if (part := _part(duty, owner, request, at)) is not None]
    found = Counter(_run(parts)) if parts else Counter[str]()
    return {duty.code: found[duty.code] for duty in owners}


def _part(duty: Duty, owner: ScopedAdmin, request: HttpRequest, at: datetime) -> Part | None:
    if duty.listed:
        return _compiled(duty, owner.get_queryset(request), at)
    user: Any = request.user
    return _kept(duty, owner, user, at.replace(second=0, microsecond=0), is_superuser=user.is_superuser)


@lru_cache(maxsize=2_000)
def _kept(duty: Duty, owner: ScopedAdmin, user: Any, minute: datetime, *, is_superuser: bool) -> Part | None:
    """A duty's part of the query, kept for a minute: the text alone, which asks the tables of today who sees what.
    To write it anew for each page was a third of the page."""
    request = HttpRequest()
    request.user = user
    rows = owner.in_sight(duty.model._default_manager.all(), request, owner.function("view"))
    return _compiled(duty, rows, minute)


def _compiled(duty: Duty, rows: QuerySet[Any], at: datetime) -> Part | None:
    """None for a duty of which nothing can be due."""
    due = duty.due(rows, at).order_by().annotate(duty=Value(duty.code)).values_list("duty")[:MANY]
    try:
        sql, told = due.query.sql_with_params()
    except EmptyResultSet:
        return None
    return sql, told


def _run(parts: list[Part]) -> list[str]:
    """The code of each row that is due."""
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(f"({sql})" for sql, _ in parts), [one for _, told in parts for one in told])
        return [code for (code,) in cursor.fetchall()]


def _list(duty: Duty) -> str:
    address = list_of(duty.model)
    return f"{address}?{duty.where}" if duty.where else address


def list_of(model: type[Any]) -> str:
    """Where the rows of a model are listed."""
    return _address(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist", get_script_prefix())


@cache
def _address(name: str, prefix: str) -> str:
    """A page has a hundred of them, the same ones each time; `prefix` is the one place where they may differ."""
    return reverse(name)
