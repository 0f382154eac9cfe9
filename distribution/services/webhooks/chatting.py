"""What a chat is told of an Event: a person reads it, so it says in words what other systems get as ids; by the hours
of the unit, as a mail about an alert."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone, translation

from closedloop.models import Alert, Ticket
from closedloop.models.tickets import TicketOutcome
from distribution.channels import CHATS
from distribution.models import WebhookEndpoint
from distribution.quiet_hours import told_from
from distribution.saying import Said, as_said
from distribution.services.keeping_hours import HoursOf
from distribution.services.webhooks.describing import Telling
from distribution.services.wording import words_in_mail
from distribution.webhook_types import TEST


def chat_body(telling: Telling, endpoint: WebhookEndpoint) -> str:
    """The JSON for the chat of `endpoint`; customers' words only where it may have them, without numbers unless
    MAIL_DETAILS."""
    words = words_in_mail(telling.words.get("text") or "") if endpoint.words else ""
    return _written(_said(telling, words), endpoint)


def chat_test(endpoint: WebhookEndpoint) -> str:
    return _written(as_said(render_to_string(f"distribution/messages/chat/{TEST}.txt")), endpoint)


def chat_due(telling: Telling, hours: HoursOf, *, at: datetime) -> datetime:
    """At once, or when the unit opens; a rule that does not wait tells at any hour here too."""
    row = telling.row
    rule = row.rule if row is not None else None
    if row is None or (rule is not None and not rule.waits):
        return at
    return told_from(at, hours(row.unit.calendar), row.unit.zone_info)


def _written(said: Said, endpoint: WebhookEndpoint) -> str:
    return json.dumps(CHATS[endpoint.form](said), ensure_ascii=False, separators=(",", ":"))


def _said(telling: Telling, words: str) -> Said:
    row: Alert | Ticket = telling.row
    ticket = row if isinstance(row, Ticket) else row.ticket
    context: dict[str, Any] = {
        "row": row, "ticket": ticket, "unit": row.unit.name,
        "outcome": TicketOutcome(outcome).label if (outcome := telling.data.get("outcome")) else "",
        "signal": row.signal if isinstance(row, Alert) else None,
    }  # fmt: skip
    with translation.override("en"), timezone.override(ZoneInfo(row.unit.zone)):
        text = render_to_string(f"distribution/messages/chat/{telling.type}.txt", context)
    url = f"{settings.PUBLIC_URL}{reverse('ticket', args=[ticket.public_id])}" if ticket else ""
    return as_said(text, words=words, url=url)
