"""Mail that comes back to the bank in its first hour: what a customer wrote, what machines wrote, what could not be
delivered. Through the same door as a mail server's pipe (docs/inbound-mail.md)."""

from __future__ import annotations

from datetime import datetime, timedelta

from surveys.models import InboundMail, Message
from surveys.services.inbound.judging import hear
from surveys.services.inbound.receiving import receive_mail
from surveys.services.inbound.return_addresses import Purpose, return_address

RECENT = timedelta(days=20)
_HEAD = "From: {sender}\nTo: {to}\nSubject: {subject}\nMessage-ID: <{number}@back.demo>\nMIME-Version: 1.0\n{more}"
_REPORT = """Content-Type: multipart/report; report-type=delivery-status; boundary="b"

--b
Content-Type: text/plain

The mail could not be delivered: {status}
--b
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.demo

Final-Recipient: rfc822; customer@demo
Action: failed
Status: {status}

--b--
"""
_WRITTEN = 'Content-Type: text/plain; charset="utf-8"\n\n{text}\n\nOn Monday, Alder Bank wrote:\n> One short question\n'


def come_back(*, at: datetime) -> int:
    """What came back, once; how many mails."""
    if InboundMail.objects.exists():
        return 0
    sent = Message.objects.select_related("invitation").filter(
        handed_off_at__gt=at - RECENT, invitation__response=None, invitation__expires_at__gt=at
    )
    for number, (message, letter) in enumerate(zip(sent.order_by("-pk")[:6], _letters(), strict=False)):
        purpose, subject, body = letter
        sender = "MAILER-DAEMON@mx.demo" if purpose is Purpose.BOUNCE else "customer@demo.example"
        more = "Auto-Submitted: auto-replied\n" if subject.startswith("Automatic") else ""
        to = return_address(purpose, message)
        head = _HEAD.format(sender=sender, to=to, subject=subject, number=number, more=more)
        receive_mail(raw=(head + body).encode(), source="pipe", at=at)
    return hear(at=at)


def _letters() -> list[tuple[Purpose, str, str]]:
    """Where each comes to, its subject, and the rest of it."""
    reply = "Re: One short question from Alder Bank"
    return [
        (Purpose.REPLY, reply, _WRITTEN.format(text="9 - The lady at the desk found my lost transfer in two minutes.")),
        (Purpose.BOUNCE, "Undelivered Mail Returned to Sender", _REPORT.format(status="5.1.1")),
        (Purpose.REPLY, "Automatic reply: One short question", _WRITTEN.format(text="I am away until Monday.")),
        (Purpose.BOUNCE, "Undelivered Mail Returned to Sender", _REPORT.format(status="4.2.2")),
        (Purpose.REPLY, reply, _WRITTEN.format(text="Nobody has called me back, though I was promised it twice.")),
        (Purpose.STOP, "unsubscribe", _WRITTEN.format(text="")),
    ]
