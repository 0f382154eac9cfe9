"""The mail that asks: text and HTML, a link for each number, and one click to be left alone."""

from __future__ import annotations

from datetime import datetime
from email.headerregistry import Address
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import css_inline
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.mail import EmailMultiAlternatives
from django.core.validators import validate_email
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone, translation

from common.models.outgoing import State
from common.outbox import MustNotGo
from common.text import clean_line
from surveys.models import InvitationToken, Message
from surveys.services.inbound.leaving import with_way_back
from surveys.services.own_page.links import url_for
from surveys.services.phrasing import direction_of, language_of, say, slots

# style tags go, at-rules stay: the media queries for dark mode and narrow screens cannot be written inline
_inliner = css_inline.CSSInliner(keep_style_tags=False, keep_at_rules=True, load_remote_stylesheets=False)

PARTS = ("subject.txt", "txt", "html")


class OneLineHeaders(EmailMultiAlternatives):
    """Headers are not folded (RFC 5322 allows 998 characters): signers and verifiers have disagreed about folded ones,
    and the unsubscribe headers are worth nothing unsigned."""

    def message(self, **how: Any) -> Any:
        mail = super().message(**how)
        mail.policy = mail.policy.clone(max_line_length=998)
        return mail


def compose_invitation(message: Message, *, at: datetime) -> EmailMultiAlternatives:
    """The mail of `message`, in the language of its packet, with tokens of its own.

    Each hand-off issues new tokens, since old ones cannot be read back; call it in the transaction that begins the
    sending. Raises MustNotGo when there is no address that a mail can be written to.
    """
    invitation = message.invitation
    language = language_of(invitation)
    tokens = InvitationToken.issue_each(invitation, ["survey", "unsubscribe"], at=at)
    with translation.override(language), timezone.override(ZoneInfo(invitation.unit.zone)):
        context = _context(message, tokens, language=language, at=at)
        subject, text, html = (render_to_string(f"surveys/messages/invitation.{part}", context) for part in PARTS)
    mail = OneLineHeaders(
        subject=clean_line(subject), body=text, from_email=sender(), to=[_address(message)],
        reply_to=[settings.DEFAULT_FROM_EMAIL],
        headers=_headers(message, stop_url=context["stop_url"]),
    )  # fmt: skip
    mail.attach_alternative(in_line(html), "text/html")
    return with_way_back(mail, message)


class Shown(NamedTuple):
    """A mail that is not sent, in its parts."""

    subject: str
    text: str
    html: str


def show_invitation(message: Message, *, language: str, at: datetime) -> Shown:
    """What `compose_invitation` would send, with links that lead nowhere. The caller has activated `language`."""
    context = _context(message, ["preview", "preview"], language=language, at=at)
    subject, text, html = (render_to_string(f"surveys/messages/invitation.{part}", context) for part in PARTS)
    return Shown(clean_line(subject), text.strip(), in_line(html))


def _context(message: Message, tokens: list[str], *, language: str, at: datetime) -> dict[str, Any]:
    invitation = message.invitation
    survey, stop = tokens
    url, version, about = _url("survey", survey), invitation.version, slots(invitation)
    numbers = [(n, f"{url}?score={n}") for n in range(version.scale_min, version.scale_max + 1)]
    half = (len(numbers) + 1) // 2
    reminds = message.kind != Message.Kind.ASK
    keys = ("question", "low", "high")
    return {
        **{key: say(key, invitation=invitation, language=language) for key in keys},
        "intro": say("intro" if about["day"] else "intro_undated", invitation=invitation, language=language),
        "subject": say("reminder_subject" if reminds else "subject", invitation=invitation, language=language),
        "about": about, "url": url, "numbers": numbers, "rows": [numbers[:half], numbers[half:]], "version": version,
        "stop_url": _url("unsubscribe", stop), "own_url": url_for(invitation.customer_id, at=at),
        "reminder": say("reminder_intro", invitation=invitation, language=language) if reminds else "",
        "is_last": _is_last(message),
        "language": language, "direction": direction_of(language), "expires_at": invitation.expires_at,
        "company": settings.COMPANY, "company_address": settings.COMPANY_ADDRESS, "privacy_url": settings.PRIVACY_URL,
    }  # fmt: skip


def _is_last(message: Message) -> bool:
    """No reminder follows."""
    number = {Message.Kind.REMINDER: 1, Message.Kind.SECOND_REMINDER: 2}.get(Message.Kind(message.kind), 0)
    return number >= len(message.invitation.version.reminder_days)


def _thread(message: Message) -> dict[str, str]:
    """RFC 5322: which mails a reminder belongs to, so that mail programs show it beside them."""
    if message.kind == Message.Kind.ASK:
        return {}
    before = Message.objects.filter(invitation=message.invitation_id, pk__lt=message.pk, state=State.HANDED_OFF)
    known = [*before.exclude(message_id="").order_by("pk").values_list("message_id", flat=True)]
    return {"In-Reply-To": known[0], "References": " ".join(known)} if known else {}


def _headers(message: Message, *, stop_url: str) -> dict[str, str]:
    """RFC 8058 (one click), RFC 2919 (list), RFC 3834 (no answers by machine), and whom a bounce is about."""
    invitation, domain = message.invitation, settings.MAIL_DOMAIN
    program = invitation.version.program
    headers = {
        "List-Unsubscribe": f"<{stop_url}>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
        "List-Id": f"<{program.code}.surveys.{domain}>",
        "Feedback-ID": f"{program.code}:{message.kind}:survey:{domain}",
        "Auto-Submitted": "auto-generated",
        "X-NPS-Invitation": str(invitation.public_id),
    }
    return headers | _thread(message) | ({"Message-ID": message.message_id} if message.message_id else {})


def in_line(html: str) -> str:
    """With its styles where mail programs read them."""
    return _inliner.inline(html)


def sender() -> str:
    """The company's name before its address; a name cannot break out of its header."""
    address = Address(addr_spec=settings.DEFAULT_FROM_EMAIL)
    return str(Address(clean_line(settings.COMPANY, limit=78), address.username, address.domain))


def _address(message: Message) -> str:
    """The address alone: what people are called comes from elsewhere and has no business in a header."""
    if message.contact_point is None:
        raise MustNotGo("the address is gone")
    address = message.contact_point.address
    try:
        validate_email(address)
    except ValidationError as error:
        raise MustNotGo("the address cannot be written to") from error
    return address


def _url(name: str, token: str) -> str:
    return f"{settings.PUBLIC_URL.rstrip('/')}{reverse(name, args=[token])}"
