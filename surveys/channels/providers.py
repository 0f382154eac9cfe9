"""Webhooks of mail providers, read by django-anymail (requirements/esp.txt), without its signals.

What is read is verified first: by the provider's own signature, or by user and password where it has none. A provider
is only offered when its secret is set. Where the signature covers a time, what is older or newer than five minutes is
refused.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.core.exceptions import SuspiciousOperation
from django.http import HttpRequest
from django.utils.module_loading import import_string

from common.signing import secret_of, verified

TOLERANCE = timedelta(minutes=5)
# what has consequences; of a delivery, an opening or a click nothing is kept
_TELLING = frozenset({"bounced", "rejected", "complained", "unsubscribed", "autoresponded"})
_SHARED = ("WEBHOOK_SECRET",)


class Unverified(Exception):
    """The request is not the provider's, or not understood; nothing of it may be kept. Its text says why."""


@dataclass(frozen=True)
class Received:
    """A mail that a provider passed on."""

    raw: bytes
    recipient: str


@dataclass(frozen=True)
class Provider:
    """`tracking`, `inbound`: anymail's views, empty where we offer none; the secrets of either, any of which do."""

    tracking: str
    inbound: str = ""
    secrets: tuple[str, ...] = _SHARED
    inbound_secrets: tuple[str, ...] = _SHARED

    def view(self, part: str) -> Any:
        """An instance of anymail's view; None if it is not offered or its secret is not set."""
        path, secrets = (self.inbound, self.inbound_secrets) if part == "inbound" else (self.tracking, self.secrets)
        if not path or not any(settings.ANYMAIL.get(name) for name in secrets):
            return None
        own = {"signing_secret": None} if path.startswith("resend.") else {}  # verified here: svix is not needed
        return import_string(f"anymail.webhooks.{path}")(**own)


PROVIDERS = {
    "brevo": Provider("brevo.BrevoTrackingWebhookView"),
    "mailersend": Provider(
        "mailersend.MailerSendTrackingWebhookView", "mailersend.MailerSendInboundWebhookView",
        ("MAILERSEND_SIGNING_SECRET",), ("MAILERSEND_INBOUND_SECRET",),
    ),
    "mailgun": Provider(
        "mailgun.MailgunTrackingWebhookView", "mailgun.MailgunInboundWebhookView",
        ("MAILGUN_WEBHOOK_SIGNING_KEY",), ("MAILGUN_WEBHOOK_SIGNING_KEY",),
    ),
    "mailjet": Provider("mailjet.MailjetTrackingWebhookView", "mailjet.MailjetInboundWebhookView"),
    "mailtrap": Provider(
        "mailtrap.MailtrapTrackingWebhookView", secrets=("MAILTRAP_TRACKING_SECRET", *_SHARED)
    ),
    "mandrill": Provider(
        "mandrill.MandrillCombinedWebhookView", "mandrill.MandrillCombinedWebhookView",
        ("MANDRILL_WEBHOOK_KEY",), ("MANDRILL_WEBHOOK_KEY",),
    ),
    "postal": Provider(
        "postal.PostalTrackingWebhookView", "postal.PostalInboundWebhookView",
        ("POSTAL_WEBHOOK_KEY",), ("POSTAL_WEBHOOK_KEY",),
    ),
    "postmark": Provider("postmark.PostmarkTrackingWebhookView", "postmark.PostmarkInboundWebhookView"),
    "resend": Provider("resend.ResendTrackingWebhookView", secrets=("RESEND_SIGNING_SECRET",)),
    "sparkpost": Provider("sparkpost.SparkPostTrackingWebhookView", "sparkpost.SparkPostInboundWebhookView"),
}  # fmt: skip


def offered(code: str, part: str) -> Any:
    """Anymail's view for the webhook at this address; None if it is not set up."""
    if code not in settings.INBOUND_PROVIDERS or code not in PROVIDERS or part not in {"tracking", "inbound"}:
        return None
    return PROVIDERS[code].view(part)


def read(view: Any, code: str, request: HttpRequest, *, at: datetime) -> list[Any]:
    """Anymail's events in a request that was verified. Raises Unverified."""
    try:
        once = _CHECKS[code](request, at) if code in _CHECKS else ""
        view.run_validators(request)
        events = list(view.parse_events(request))
    except SuspiciousOperation as refusal:
        raise Unverified("not signed by the provider") from refusal
    except (ValueError, LookupError, TypeError, AttributeError, OverflowError, RecursionError) as error:
        raise Unverified(f"not understood: {type(error).__name__}") from error
    for event in events:
        event.once = once
    return events


def notices(events: list[Any]) -> Iterator[dict[str, Any]]:
    """What has consequences, as `services.inbound.receiving` stores it: id (empty where the provider has none), what,
    reason, recipient, token of the message, what was said, when. `once`: a number that the provider uses once."""
    for event in events:
        if event.event_type in _TELLING:
            metadata = event.metadata if isinstance(event.metadata, dict) else {}
            yield {
                "id": str(event.event_id or ""), "once": event.once, "what": event.event_type,
                "reason": event.reject_reason or "", "recipient": event.recipient or "",
                "message": str(event.message_id or ""), "token": str(metadata.get("message", "")),
                "said": f"{event.mta_response or ''} {event.description or ''}".strip()[:1_000],
                "at": event.timestamp.isoformat() if event.timestamp else "",
            }  # fmt: skip


def mails(events: list[Any]) -> Iterator[Received]:
    """Mails that the provider passes on."""
    for event in events:
        if event.event_type == "inbound" and event.message is not None:
            yield Received(event.message.as_bytes(), str(event.message.envelope_recipient or ""))


def _mailgun(request: HttpRequest, at: datetime) -> str:
    """Mailgun signs a time and a number that it uses once, not the body: anymail checks the signature, we the rest."""
    signed: Any = request.POST
    if request.content_type == "application/json":
        signed = json.loads(request.body)["signature"]
    _in_time(int(signed["timestamp"]), at)
    return str(signed["token"])


def _resend(request: HttpRequest, at: datetime) -> str:
    """As Standard Webhooks, under other names of the headers."""
    name, when = request.headers.get("svix-id", ""), int(request.headers.get("svix-timestamp", ""))
    _in_time(when, at)
    keys, given = [secret_of(settings.ANYMAIL["RESEND_SIGNING_SECRET"])], request.headers.get("svix-signature", "")
    if not verified(keys, message_id=name, timestamp=when, body=request.body, given=given):
        raise SuspiciousOperation("resend: wrong signature")
    return name


def _in_time(timestamp: int, at: datetime) -> None:
    if abs(at.timestamp() - timestamp) > TOLERANCE.total_seconds():
        raise SuspiciousOperation("signed too long ago, or in the future")


_CHECKS: dict[str, Callable[[HttpRequest, datetime], str]] = {"mailgun": _mailgun, "resend": _resend}
