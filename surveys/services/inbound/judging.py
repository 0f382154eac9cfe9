"""The one handler of everything that came back: what is it, about which message, and what follows."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import partial

from django.db import models

from common.claims import set_mark, take_unmarked, work_off
from common.text import clean, clean_line
from crm.addresses import normalize
from crm.models.customers import address_hash
from surveys.models import DeliveryAttempt, InboundMail, Invitation, Message
from surveys.services.inbound.braking import mind_brakes
from surveys.services.inbound.following import follow
from surveys.services.inbound.return_addresses import Ticket
from surveys.services.inbound.understanding import (
    Finding,
    Letter,
    Verdict,
    notice_of,
    ticket_of_notice,
    understand_mail,
    understand_notice,
)

AGAIN = timedelta(minutes=5)
PATIENCE = timedelta(hours=1)  # for the message that it is about, if that is not stored yet
COUNTED = frozenset({Verdict.BOUNCE, Verdict.COMPLAINT})
RELATED = ("version", "customer__canonical", "unit")


def hear(*, at: datetime, limit: int = 100) -> int:
    """Judge up to `limit` mails and notices that wait, each with what follows from it; how many were looked at. What is
    about a message that is not stored yet is looked at again every five minutes, for an hour."""
    waiting = InboundMail.objects.waiting(at)
    return work_off(waiting, "judged_at", partial(_judge, at=at), at=at, limit=limit)


def _judge(rows: models.QuerySet[InboundMail], *, at: datetime) -> int:
    taken = take_unmarked(rows, "judged_at", limit=None)
    judged = [row for row in taken if judge(row, at=at)]
    set_mark(judged, "judged_at", at)
    counted = {row.invitation.program_id for row in judged if row.invitation and row.verdict in COUNTED}
    if counted:
        mind_brakes(at=at, programs=counted)
    return len(taken)


def judge(row: InboundMail, *, at: datetime) -> bool:
    """Look at one; False if its message is not known yet and it has to wait. Call it in a transaction."""
    ticket, finding = (_notice if row.form == InboundMail.Form.NOTICE else _mail)(row)
    if ticket and row.invitation is None and at - row.received_at < PATIENCE:
        row.due_at = at + AGAIN
        row.save(update_fields=["due_at"])
        return False
    if ticket and row.invitation is None:
        finding = Finding(Verdict.UNKNOWN, "It is about a message that we do not have.")
    row.verdict, row.why, row.status = finding.verdict, finding.why, finding.status[:12]
    if finding.reply:
        row.text = clean(finding.reply.words).text
    follow(row, suggested=finding.reply.score if finding.reply else None, at=at)
    row.why = clean_line(row.why, limit=300)
    row.save()
    return True


def _mail(row: InboundMail) -> tuple[Ticket | None, Finding]:
    letter = Letter.of(row)
    _attach(row, letter.ticket)
    return letter.ticket, understand_mail(letter, invitation=row.invitation)


def _notice(row: InboundMail) -> tuple[Ticket | None, Finding]:
    notice = notice_of(row)
    ticket = ticket_of_notice(notice)
    _attach(row, ticket)
    if ticket is None:
        _attach_by_provider(row, str(notice.get("message") or ""))
    if ticket is None and row.invitation is None:
        _attach_by_address(row, str(notice.get("recipient") or ""))
        if row.invitation is None:
            return None, Finding(Verdict.UNKNOWN, "The provider names no message and no address of ours.")
    return ticket, understand_notice(notice)


def _attach(row: InboundMail, ticket: Ticket | None) -> None:
    """The invitation and message that a token names."""
    if ticket is None:
        return
    row.invitation = Invitation.objects.select_related(*RELATED).filter(public_id=ticket.invitation).first()
    messages = Message.objects.select_related("contact_point").filter(invitation=row.invitation, kind=ticket.kind)
    row.message = messages.first() if row.invitation else None
    if row.message and row.message.contact_point:
        row.address_hash = row.message.contact_point.address_hash


def _attach_by_provider(row: InboundMail, name: str) -> None:
    """The message that the provider called so when it took it."""
    if not name:
        return
    attempts = DeliveryAttempt.objects.filter(provider_id=name).select_related("message__contact_point")
    attempt = attempts.order_by("-pk").first()
    if attempt is None:
        return
    row.message = attempt.message
    row.invitation = Invitation.objects.select_related(*RELATED).get(pk=attempt.message.invitation_id)
    if row.message.contact_point:
        row.address_hash = row.message.contact_point.address_hash


def _attach_by_address(row: InboundMail, address: str) -> None:
    """The last message to an address that a provider, who has signed it, names."""
    try:
        hashed = address_hash("email", normalize("email", address))
    except ValueError:
        return
    sent = Message.objects.filter(contact_point__address_hash=hashed, handed_off_at__isnull=False)
    row.message = sent.select_related("contact_point").order_by("-handed_off_at").first()
    if row.message:
        row.invitation = Invitation.objects.select_related(*RELATED).get(pk=row.message.invitation_id)
        row.address_hash = hashed
