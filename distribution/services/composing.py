"""The mails to staff: an alert, the morning's digest, an endpoint that was switched off, a version to be approved, a
ticket that runs late, what came of what one raised, a view, a huddle to lead, praise, a talk, tickets handed over, a
pattern. First names only, no numbers, unless
MAIL_DETAILS."""

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

from closedloop.models import Escalation, Ticket
from common.models import State
from common.outbox import MustNotGo
from common.periods import local_day
from common.text import clean_line
from crm.models import Employee
from distribution.models import Digest, Dispatch, WebhookEndpoint
from distribution.services import (
    acknowledging,
    alarming,
    coaching,
    composing_views,
    handing_on,
    thanking,
    urging,
)
from distribution.services.addressing import reachable, readers_of
from distribution.services.bundling import ELSEWHERE, LEFT
from distribution.services.composing_alerts import said_of_alert, said_of_alerts
from distribution.services.huddling import planning
from distribution.services.linking import link_to
from distribution.services.seconding import place_of, told_of
from distribution.services.wording import name_in_mail, row_in_mail

SAID = 3  # verbatims in a digest mail
CALLS = 10  # customers to call in a digest mail
HEADERS = {"Auto-Submitted": "auto-generated", "X-Auto-Response-Suppress": "All"}

# style tags go, at-rules stay: the media queries for dark mode and narrow screens cannot be written inline
_inliner = css_inline.CSSInliner(keep_style_tags=False, keep_at_rules=True, load_remote_stylesheets=False)


def compose(row: Dispatch, *, at: datetime) -> EmailMultiAlternatives:
    """The mail of `row`, in the zone of the unit it is about. MustNotGo when its time has passed: the reader has left,
    the ticket was closed, the answer changed sides, a new day has come."""
    about = row.alert or row.digest or row.endpoint or row.escalation or row.huddle or row.talk
    unit = about.unit if about else place_of(row.employee, at)
    if not reachable(row.employee, local_day(at, unit.zone_info)):
        raise MustNotGo(LEFT)
    with translation.override("en"), timezone.override(ZoneInfo(unit.zone)):
        context = _context(row, at)
        return _mail(row, context | {"unit": unit.name, "reader": row.employee.name, "company": settings.COMPANY})


def _context(row: Dispatch, at: datetime) -> dict[str, Any]:
    if row.alert:
        return said_of_alerts(row, row.alert, at=at) if row.waited else said_of_alert(row, row.alert, at=at)
    if row.approval:
        return told_of(row.approval)
    if row.escalation:
        return _late(row, row.escalation, at)
    if row.telling:
        return acknowledging.told_of(row.telling, reader=row.employee)
    return _of_reader(row, at)


def _of_reader(row: Dispatch, at: datetime) -> dict[str, Any]:
    if row.run:
        return composing_views.told_of(row.run, reader=row.employee.user, at=at)
    if row.handover:
        return handing_on.told_of(row)
    if row.pattern:
        return alarming.told_of(row.pattern, reader=row.employee)
    if row.thanks:
        return thanking.told_of(row.thanks)
    return coaching.told_of(row.talk) if row.talk else _of_unit(row, at)


def _of_unit(row: Dispatch, at: datetime) -> dict[str, Any]:
    if row.huddle:
        return planning.told_of(row.huddle, reader=row.employee, at=at)
    return _endpoint(row.endpoint) if row.endpoint else _digest(row.digest, row.employee, at)


def _mail(row: Dispatch, context: dict[str, Any]) -> EmailMultiAlternatives:
    template = context.get("template", row.kind)
    subject, text, html = (
        render_to_string(f"distribution/messages/{template}.{part}", context) for part in ("subject.txt", "txt", "html")
    )
    mail = EmailMultiAlternatives(
        subject=clean_line(subject), body=text.strip() + "\n", to=[row.employee.email],
        headers=HEADERS | context.get("headers", {}),
    )  # fmt: skip
    mail.attach_alternative(_inliner.inline(html), "text/html")
    return mail


def _late(row: Dispatch, escalation: Escalation, at: datetime) -> dict[str, Any]:
    told, ticket = urging.told_of(escalation, at=at), escalation.clock.ticket
    opens = Ticket.objects.visible_to(row.employee.user).filter(pk=ticket.pk).exists()
    url = f"{settings.PUBLIC_URL}{reverse('ticket', args=[ticket.public_id])}" if opens else ""
    return told | {"name": name_in_mail(ticket.customer), "url": url}


def _endpoint(endpoint: WebhookEndpoint) -> dict[str, Any]:
    if endpoint.is_enabled:
        raise MustNotGo("the endpoint was switched on again before the mail left")
    waiting = endpoint.deliveries.filter(state__in=[State.PENDING, State.FAILED]).count()
    url = f"{settings.PUBLIC_URL}{reverse('admin:distribution_webhookendpoint_change', args=[endpoint.pk])}"
    return {"endpoint": endpoint, "server": urlsplit(endpoint.url).hostname, "waiting": waiting, "url": url}


def _digest(digest: Digest | None, reader: Employee, at: datetime) -> dict[str, Any]:
    if digest is None or timezone.localdate(at) != digest.day:
        raise MustNotGo("its day has passed")
    if reader not in readers_of({digest.unit_id: digest.day})[digest.unit_id]:
        raise MustNotGo(ELSEWHERE)
    content, link = digest.content, link_to(digest, reader)
    rows = content["calls"]["rows"]
    calls = [row for row in rows if not row.get("quiet")][:CALLS]
    quiet = [row for row in rows if row.get("quiet")][:CALLS]
    called = {row["ticket"] for row in rows}
    said = [row for row in content["answers"]["rows"] if row["words"] and row["ticket"] not in called]
    told = said if len(said) <= SAID else [*said[: SAID - 1], said[-1]]  # the lowest, and the best for the day
    return {
        "digest": digest,
        "content": content,
        "calls": [row_in_mail(row) for row in calls],
        "more_calls": content["calls"]["due"] - len(calls),
        "quiet": [row_in_mail(row) for row in quiet],
        "said": [row_in_mail(row) for row in told],
        "more_said": len(said) - len(told),
        "url": f"{settings.PUBLIC_URL}{link or digest.get_absolute_url()}",
        "signed": bool(link),
    }
