"""What a huddle talks of: made from what happened since the last one, once, when it is opened.

Agenda: {"version", "since", "zone", "actions": [public ids of open actions that are talked of], "more_actions",
"words": [{"tone": "hurt" | "praise", "response", "customer", "score", "words", "employee"}], "answers": {"n",
"promoter", "passive", "detractor"}, "score": as a digest's of 30 days, "tickets": {"closed", "overdue", "rows":
[{"ticket", "customer"}]}, "promises": the same with "due", "theme": {"name", "customers"} or None}.

The whole team reads it. So words stand there with personal data hidden, without the customer's name, and without the
name of a colleague unless it is praise; tickets by their id alone, and the page names them to who may open them. Rows
about a customer carry the customer's id, so that an erasure finds them.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import Count, QuerySet

from closedloop.models import Closure, Ticket
from closedloop.models.tickets import Promise
from crm.models import Employee, OrgUnit
from distribution.huddles import MOST_ACTIONS, chosen_words, room_for_words, shown_first
from distribution.models import HuddleAction
from distribution.mornings import Morning
from distribution.naming import short, without_addresses, without_people
from distribution.services.measuring import measures
from distribution.services.scoping import Scope, scope_of
from surveys.models import PassageTopic, Response
from surveys.scoring import Category

VERSION = 1
THEME_FROM = 3  # customers who speak of it; fewer are cases, not a theme
SHOWN = 3  # tickets, promises
LOOKED_AT = 20  # answers of a kind among which words are chosen


@dataclass(frozen=True)
class Span:
    """A unit's time between two huddles; `scope`: what lies under it on its local `day`."""

    unit: OrgUnit
    day: date
    since: datetime
    at: datetime
    scope: Scope

    @property
    def units(self) -> list[int]:
        return list(self.scope.leaves)


def span_of(unit: OrgUnit, *, day: date, since: datetime, at: datetime) -> Span:
    since_day = since.astimezone(unit.zone_info).date()
    morning = Morning(unit.pk, unit.zone_info, day, min(since_day, day - timedelta(days=1)))
    return Span(unit, day, since, at, scope_of([morning], at=at))


def gather(span: Span, team: Collection[Employee]) -> dict[str, Any]:
    """The agenda of a unit's huddle. A fixed number of queries, however much happened."""
    carried = HuddleAction.objects.open().filter(unit=span.unit).values_list("due_on", "public_id")
    open_actions = [(due, str(public_id)) for due, public_id in carried]
    tickets, promises, theme = _tickets(span), _promises(span), _theme(span)
    parts = 1 + sum((bool(tickets["closed"] or tickets["overdue"]), bool(promises["due"]), theme is not None))
    room = room_for_words(actions=len(open_actions), parts=parts)
    return {
        "version": VERSION,
        "since": span.since.isoformat(),
        "zone": span.unit.zone,
        "actions": shown_first(open_actions),
        "more_actions": max(len(open_actions) - MOST_ACTIONS, 0),
        "words": _words(span, team, room=room),
        "answers": _answers(span),
        "score": measures(span.scope)[0][span.unit.pk]["30"],
        "tickets": tickets,
        "promises": promises,
        "theme": theme,
    }


def _said(span: Span) -> QuerySet[Response]:
    return Response.objects.promoter_scale().filter(
        unit__in=span.units, answered_at__gte=span.since, answered_at__lt=span.at
    )


def _answers(span: Span) -> dict[str, int]:
    found = dict(_said(span).values_list("category").annotate(n=Count("pk")).order_by())
    return {"n": sum(found.values()), **{str(kind): found.get(str(kind), 0) for kind in Category}}


def _words(span: Span, team: Collection[Employee], *, room: int) -> list[dict[str, Any]]:
    """What hurts, the lowest first, then praise; only what has been read for personal data."""
    read = _said(span).filter(classified_at__isnull=False).exclude(comment="").select_related("customer", "employee")
    low = read.filter(category=Category.DETRACTOR).order_by("score", "-answered_at", "pk")
    high = read.filter(category=Category.PROMOTER).order_by("-score", "-answered_at", "pk")
    hurting, praising = _one_each(low[:LOOKED_AT]), _one_each(high[:LOOKED_AT])
    hurt, praise = chosen_words(len(hurting), len(praising), room)
    names = {who.name for who in team} | {said.employee.name for said in hurting if said.employee}
    return [
        *(_row("hurt", said, without_people(said.words, names)) for said in hurting[:hurt]),
        *(_row("praise", said, said.words) for said in praising[:praise]),
    ]


def _one_each(said: Iterable[Response]) -> list[Response]:
    """One of each customer; whose it is nobody knows of an anonymous one, and each counts."""
    known: dict[object, Response] = {}
    for response in said:
        known.setdefault(response.customer_id or f"response {response.pk}", response)
    return list(known.values())


def _row(tone: str, said: Response, words: str) -> dict[str, Any]:
    return {
        "tone": tone,
        "response": said.pk,
        "customer": said.customer_id,
        "score": said.score,
        "words": without_addresses(words),
        "employee": short(said.employee.name) if tone == "praise" and said.employee else "",
    }


def _tickets(span: Span) -> dict[str, Any]:
    closed = Closure.objects.filter(
        ticket__unit__in=span.units, at__gte=span.since, at__lt=span.at, reopened_at__isnull=True
    )
    late = Ticket.objects.overdue(span.at).filter(unit__in=span.units).order_by("due_at", "pk")
    rows = [{"ticket": str(t.public_id), "customer": t.customer_id} for t in late[:SHOWN]]
    return {"closed": closed.count(), "overdue": late.count(), "rows": rows}


def _promises(span: Span) -> dict[str, Any]:
    """Those whose time is over or comes by tomorrow night."""
    morning = span.scope.mornings[0]
    until = morning.tonight + timedelta(days=1)
    due = Promise.objects.open().filter(ticket__unit__in=span.units, ticket__is_open=True, due_at__lt=until)
    rows = due.select_related("ticket").order_by("due_at", "pk")[:SHOWN]
    told = [{"ticket": str(p.ticket.public_id), "customer": p.ticket.customer_id} for p in rows]
    return {"due": due.count(), "rows": told}


def _theme(span: Span) -> dict[str, Any] | None:
    """What most customers spoke of, if THEME_FROM did."""
    hits = PassageTopic.objects.filter(
        passage__response__in=_said(span).values("pk"), removed=False, topic__active=True
    )
    found = hits.values("topic__name").annotate(n=Count("passage__response__customer", distinct=True))
    most = found.filter(n__gte=THEME_FROM).order_by("-n", "topic__name").first()
    return {"name": most["topic__name"], "customers": most["n"]} if most else None
