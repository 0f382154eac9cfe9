"""What the mail about an alert says, and the one about all alerts that waited for a unit to open."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.urls import reverse

from closedloop.models import Alert, CustomerSignal, Ticket
from common.models import State
from common.outbox import MustNotGo
from distribution.models import Dispatch
from distribution.services.bundling import ELSEWHERE, carried_by, let_go, not_theirs
from distribution.services.hearing import employee_name, happened
from distribution.services.minding import best_time
from distribution.services.wording import name_in_mail, words_in_mail


def said_of_alert(row: Dispatch, alert: Alert, *, at: datetime) -> dict[str, Any]:
    """MustNotGo when its time has passed."""
    return _said(row, alert, _Seen.of([row], at=at))


def said_of_alerts(row: Dispatch, alert: Alert, *, at: datetime) -> dict[str, Any]:
    """Of the alert of `row`, which waited, and of those it carries: as `said_of_alert` if it is alone; else {"items",
    "calls"}, who is due first first, and how many of them are to be called."""
    rows = [row, *carried_by(row, at=at)]
    seen, items, outdated = _Seen.of(rows, at=at), [], []
    for each in rows:
        try:
            items.append(_said(each, each.alert or alert, seen))
        except MustNotGo as decision:
            if each is row:
                raise
            outdated.append((each, decision))
    let_go(outdated)
    if len(items) == 1:
        return items[0]
    items.sort(key=lambda item: (item["due"] is None, item["due"] or item["raised_at"]))
    calls = sum(1 for item in items if item["due"] and not item["quiet"])
    return {"template": "alerts", "items": items, "calls": calls, "since": min(item["raised_at"] for item in items)}


@dataclass(frozen=True)
class _Seen:
    """What is known of the reader of some rows: rows no longer theirs, what they had heard before, tickets they may
    open."""

    outside: Collection[int]
    before: dict[int, CustomerSignal]
    opens: Collection[int]

    @classmethod
    def of(cls, rows: Collection[Dispatch], *, at: datetime) -> _Seen:
        return cls(not_theirs(rows, at=at), _before(rows), _openable(rows))


def _said(row: Dispatch, alert: Alert, seen: _Seen) -> dict[str, Any]:
    signal, ticket = alert.signal, alert.ticket
    if row.pk in seen.outside:
        raise MustNotGo(ELSEWHERE)
    if row.signal is None or row.signal.news != signal.news:
        raise MustNotGo("the answer changed before the mail left")
    if ticket is not None and not ticket.is_open:
        raise MustNotGo("the ticket was closed before the mail left")
    return {
        "name": name_in_mail(signal.customer),
        "headline": _headline(seen.before.get(row.pk), signal),
        "grave": "" if alert.rule.waits else alert.rule.name,
        "place": alert.unit,
        "raised_at": alert.raised_at,
        "quiet": ticket is not None and ticket.do_not_call,
        "signal": signal,
        "words": words_in_mail(signal.text),
        "happened": happened(signal.interaction),
        "happened_at": signal.interaction.occurred_at if signal.interaction else None,
        "served": employee_name(signal.employee),
        "due": ticket.due_at if ticket else None,
        "owner": employee_name(ticket.owner) if ticket else "",
        "yours": ticket is not None and ticket.owner_id == row.employee_id,
        "best_time": best_time(ticket) if ticket else "",
        "url": _url(ticket, seen.opens),
    }


def _headline(before: CustomerSignal | None, signal: CustomerSignal) -> str:
    """Empty, or what the mail puts right of the last one that the reader has had about the answer: "refuses" or "asks"
    to be called, or "changed" sides."""
    if before is None or before.news == signal.news:
        return ""
    if before.category != signal.category:
        return "changed"
    return "" if signal.callback is None else "asks" if signal.callback else "refuses"


def _before(rows: Collection[Dispatch]) -> dict[int, CustomerSignal]:
    """By row, what its reader was mailed last about the same answer; one query."""
    sources = {row.signal.source_id for row in rows if row.signal}
    had = Dispatch.objects.filter(
        employee__in={row.employee_id for row in rows}, state=State.HANDED_OFF, signal__source_id__in=sources
    )  # fmt: skip
    found: dict[int, CustomerSignal] = {}
    for old in had.select_related("signal").order_by("pk"):
        for row in rows:
            if old.pk < row.pk and old.signal and row.signal and _same_answer(old.signal, row.signal):
                found[row.pk] = old.signal
    return found


def _same_answer(one: CustomerSignal, other: CustomerSignal) -> bool:
    return (one.kind, one.source_id) == (other.kind, other.source_id)


def _openable(rows: Collection[Dispatch]) -> set[int]:
    """Tickets that the reader may open: the one who served may be told without seeing the ticket. One query."""
    reader = next(row.employee.user for row in rows)
    tickets = {row.alert.ticket_id for row in rows if row.alert and row.alert.ticket_id}
    return set(Ticket.objects.visible_to(reader).filter(pk__in=tickets).values_list("pk", flat=True))


def _url(ticket: Ticket | None, opens: Collection[int]) -> str:
    """Only for those who may open it."""
    if ticket is None or ticket.pk not in opens:
        return ""
    return f"{settings.PUBLIC_URL}{reverse('open_alert', args=[ticket.public_id])}"
