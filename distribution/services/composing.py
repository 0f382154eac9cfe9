"""The mails to staff: an alert, the morning's digest, an endpoint that was switched off, a version to be approved, a
ticket that runs late, what came of what one raised. First names only, no numbers, unless MAIL_DETAILS."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import css_inline
from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone, translation

from closedloop.models import Alert, Escalation, Ticket
from common.models import State
from common.outbox import MustNotGo
from common.text import clean_line
from crm.models import Customer
from distribution.models import Digest, Dispatch, WebhookEndpoint
from distribution.naming import first, without_addresses
from distribution.services import acknowledging, urging
from distribution.services.addressing import reachable
from distribution.services.hearing import employee_name, happened
from distribution.services.minding import best_time
from distribution.services.seconding import place_of, told_of

LONGEST = 600  # characters of a customer's words in a mail
SAID = 3  # verbatims in a digest mail
CALLS = 10  # customers to call in a digest mail

# style tags go, at-rules stay: the media queries for dark mode and narrow screens cannot be written inline
_inliner = css_inline.CSSInliner(keep_style_tags=False, keep_at_rules=True, load_remote_stylesheets=False)


def compose(row: Dispatch, *, at: datetime) -> EmailMultiAlternatives:
    """The mail of `row`, in the zone of the unit it is about. MustNotGo when its time has passed: the reader has left,
    the ticket was closed, the answer changed sides, a new day has come."""
    if not reachable(row.employee, at.date()):
        raise MustNotGo("the employee has left or has no address")
    about = row.alert or row.digest or row.endpoint or row.escalation
    unit = about.unit if about else place_of(row.employee, at)
    with translation.override("en"), timezone.override(ZoneInfo(unit.zone)):
        context = _context(row, at)
        return _mail(row, context | {"unit": unit.name, "reader": row.employee.name, "company": settings.COMPANY})


def _context(row: Dispatch, at: datetime) -> dict[str, Any]:
    if row.alert:
        return _alert(row, row.alert)
    if row.approval:
        return told_of(row.approval)
    if row.escalation:
        return _late(row, row.escalation, at)
    if row.telling:
        return acknowledging.told_of(row.telling, reader=row.employee)
    return _endpoint(row.endpoint) if row.endpoint else _digest(row.digest, at)


def _mail(row: Dispatch, context: dict[str, Any]) -> EmailMultiAlternatives:
    subject, text, html = (
        render_to_string(f"distribution/messages/{row.kind}.{part}", context) for part in ("subject.txt", "txt", "html")
    )
    mail = EmailMultiAlternatives(
        subject=clean_line(subject), body=text.strip() + "\n", to=[row.employee.email],
        headers={"Auto-Submitted": "auto-generated", "X-Auto-Response-Suppress": "All"},
    )  # fmt: skip
    mail.attach_alternative(_inliner.inline(html), "text/html")
    return mail


def _alert(row: Dispatch, alert: Alert) -> dict[str, Any]:
    signal, ticket = alert.signal, alert.ticket
    if row.signal is None or row.signal.news != signal.news:
        raise MustNotGo("the answer changed before the mail left")
    if ticket is not None and not ticket.is_open:
        raise MustNotGo("the ticket was closed before the mail left")
    return {
        "name": _name(signal.customer),
        "headline": _headline(row, alert),
        "quiet": ticket is not None and ticket.do_not_call,
        "signal": signal,
        "words": _words(signal.text),
        "happened": happened(signal.interaction),
        "happened_at": signal.interaction.occurred_at if signal.interaction else None,
        "served": employee_name(signal.employee),
        "due": ticket.due_at if ticket else None,
        "owner": employee_name(ticket.owner) if ticket else "",
        "yours": ticket is not None and ticket.owner_id == row.employee_id,
        "best_time": best_time(ticket) if ticket else "",
        "url": _ticket_url(row, ticket),
    }


def _headline(row: Dispatch, alert: Alert) -> str:
    """Empty, or what the mail puts right of one that the reader has had about the answer: "refuses" or "asks" to be
    called, or "changed" sides."""
    had = Dispatch.objects.filter(
        employee=row.employee_id, pk__lt=row.pk, state=State.HANDED_OFF,
        signal__kind=alert.kind, signal__source_id=alert.source_id,
    )  # fmt: skip
    before = had.select_related("signal").order_by("pk").last()
    if before is None or before.signal is None:
        return ""
    if before.signal.category != alert.signal.category:
        return "changed"
    wish = alert.signal.callback
    return "" if wish is None else "asks" if wish else "refuses"


def _late(row: Dispatch, escalation: Escalation, at: datetime) -> dict[str, Any]:
    told, ticket = urging.told_of(escalation, at=at), escalation.clock.ticket
    return told | {"name": _name(ticket.customer), "url": _ticket_url(row, ticket)}


def _endpoint(endpoint: WebhookEndpoint) -> dict[str, Any]:
    if endpoint.is_enabled:
        raise MustNotGo("the endpoint was switched on again before the mail left")
    waiting = endpoint.deliveries.filter(state__in=[State.PENDING, State.FAILED]).count()
    url = f"{settings.PUBLIC_URL}{reverse('admin:distribution_webhookendpoint_change', args=[endpoint.pk])}"
    return {"endpoint": endpoint, "server": urlsplit(endpoint.url).hostname, "waiting": waiting, "url": url}


def _ticket_url(row: Dispatch, ticket: Ticket | None) -> str:
    """Only for those who may open it: the one who served may be told without seeing the ticket."""
    if ticket is None or not Ticket.objects.visible_to(row.employee.user).filter(pk=ticket.pk).exists():
        return ""
    return f"{settings.PUBLIC_URL}/tickets/{ticket.public_id}/"


def _digest(digest: Digest | None, at: datetime) -> dict[str, Any]:
    if digest is None or timezone.localdate(at) != digest.day:
        raise MustNotGo("its day has passed")
    content = digest.content
    rows = content["calls"]["rows"]
    calls = [row for row in rows if not row.get("quiet")][:CALLS]
    quiet = [row for row in rows if row.get("quiet")][:CALLS]
    called = {row["ticket"] for row in rows}
    said = [row for row in content["answers"]["rows"] if row["words"] and row["ticket"] not in called]
    told = said if len(said) <= SAID else [*said[: SAID - 1], said[-1]]  # the lowest, and the best for the day
    return {
        "digest": digest,
        "content": content,
        "calls": [_row(row) for row in calls],
        "more_calls": content["calls"]["due"] - len(calls),
        "quiet": [_row(row) for row in quiet],
        "said": [_row(row) for row in told],
        "more_said": len(said) - len(told),
        "url": f"{settings.PUBLIC_URL}{digest.get_absolute_url()}",
    }


def _row(row: dict[str, Any]) -> dict[str, Any]:
    name = row["name"] if settings.MAIL_DETAILS else first(row["name"])
    return row | {"name": name, "words": _words(row["words"])}


def _name(customer: Customer | None) -> str:
    if customer is None:
        return first("")
    return customer.name if settings.MAIL_DETAILS else first(customer.given_name)


def _words(text: str) -> str:
    """Cut at a word, if there is one to cut at."""
    words = text if settings.MAIL_DETAILS else without_addresses(text)
    if len(words) <= LONGEST:
        return words
    return words[: words.rfind(" ", 0, LONGEST) if " " in words[:LONGEST] else LONGEST] + " …"
