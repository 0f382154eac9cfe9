"""Letters to customers leave the house: looked at once more at the last moment, sent at most once."""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string
from django.utils import timezone, translation

from closedloop.models import Letter, OutcomeNote
from common.models.outgoing import State
from common.outbox import Clock, MustNotGo, NotNow, drain
from common.senders import HandOver, Reply
from common.text import clean_line
from crm.services.bouncing import bounce
from crm.services.profiles import profile_of
from surveys.channels import CHANNELS
from surveys.services.composing import in_line, sender
from surveys.services.own_page.links import person_behind, url_for
from surveys.services.phrasing import direction_of
from surveys.services.service_mail import may_write_from, objection_to_service_mail

RELATED = ("ticket__customer", "ticket__unit", "contact_point", "by__employee")
EMAIL = "email"


def send_letters(
    *, at: datetime, limit: int = 50, hand_over: HandOver | None = None, clock: Clock | None = None
) -> Counter[str]:
    """Hand off up to `limit` letters that are due; how many ended in which state."""
    now = clock or (lambda: at)
    return drain(
        Letter.objects.select_related(*RELATED), compose=partial(compose_letter, clock=now), at=at, limit=limit,
        hand_over=hand_over or CHANNELS[EMAIL], record=record, clock=now,
    )  # fmt: skip


def compose_letter(letter: Letter, *, clock: Clock) -> EmailMultiAlternatives:
    """The mail. Raises NotNow in the customer's quiet hours, MustNotGo where nothing may be written to them."""
    at, ticket, point = clock(), letter.ticket, letter.contact_point
    customer = ticket.customer
    if customer is None or point is None:
        raise MustNotGo("the address is gone")
    if why := objection_to_service_mail(customer=customer, point=point, at=at):
        raise MustNotGo(why)
    if (opening := may_write_from(customer=customer, unit=ticket.unit, at=at)) > at:
        raise NotNow(opening)
    with translation.override(letter.language), timezone.override(ZoneInfo(ticket.unit.zone)):
        context = letter_context(letter, at=at)
        subject, text, html = (
            render_to_string(f"closedloop/messages/letter.{part}", context) for part in ("subject.txt", "txt", "html")
        )
    mail = EmailMultiAlternatives(
        subject=clean_line(subject), body=text, from_email=sender(), to=[point.address],
        reply_to=[settings.DEFAULT_FROM_EMAIL], headers={"X-Shopkeeper-Letter": str(letter.public_id)},
    )  # fmt: skip
    mail.attach_alternative(in_line(html), "text/html")
    return mail


def letter_context(letter: Letter, *, at: datetime) -> dict[str, Any]:
    """What the templates need; the caller has activated the letter's language and the unit's zone."""
    customer, answer = letter.ticket.customer, letter.ticket.brief.get("answer", {})
    person = person_behind(customer.pk) if customer else None
    writer = getattr(letter.by, "employee", None)
    return {
        "given_name": profile_of(person.rows).given_name if person else "",
        "text": letter.text,
        "writer": writer.name if writer else "",
        "unit": letter.ticket.unit.name,
        "words": answer.get("words") or "",
        "said_at": datetime.fromisoformat(answer["at"]) if answer.get("at") else None,
        "own_url": url_for(customer.pk, at=at) if customer else "",
        "language": letter.language,
        "direction": direction_of(letter.language),
        "company": settings.COMPANY,
        "company_address": settings.COMPANY_ADDRESS,
        "privacy_url": settings.PRIVACY_URL,
    }


def record(letter: Letter | OutcomeNote, reply: Reply, at: datetime) -> None:
    """What follows from an outcome: an address at which nobody lives is not written to again."""
    if letter.state != State.CANCELLED and reply.address_is_bad and letter.contact_point is not None:
        bounce(address=letter.contact_point, why=reply.text, at=at)
