"""Mails as they come back."""

from __future__ import annotations

from email.message import EmailMessage
from itertools import count

from surveys.models import InboundMail, Message
from surveys.services.inbound.judging import hear
from surveys.services.inbound.receiving import receive_mail
from surveys.services.inbound.return_addresses import Purpose, return_address
from tests.world import NOW

_number = count(1)


def bounce_address(message: Message) -> str:
    return return_address(Purpose.BOUNCE, message)


def delivery_report(to: str, *, status: str = "5.1.1", action: str = "failed", about: str = "") -> bytes:
    """A report as Postfix writes it (RFC 3464); `about`: headers of the mail that it brings along."""
    return f"""From: MAILER-DAEMON@mx.example.org (Mail Delivery System)
To: {to}
Subject: Undelivered Mail Returned to Sender
Auto-Submitted: auto-replied
Message-ID: <report.{next(_number)}@mx.example.org>
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="b"

--b
Content-Type: text/plain

<ines@example.org>: host mx.example.org said: {status[0]}50 {status} no
--b
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example.org

Final-Recipient: rfc822; ines@example.org
Action: {action}
Status: {status}

--b
Content-Type: text/rfc822-headers

{about or "Subject: One short question"}

--b--
""".encode()


def complaint(to: str, *, about: str = "", kind: str = "abuse") -> bytes:
    """As feedback loops send it (RFC 5965)."""
    return f"""From: staff@provider.example
To: {to}
Subject: complaint
Message-ID: <complaint.{next(_number)}@provider.example>
MIME-Version: 1.0
Content-Type: multipart/report; report-type=feedback-report; boundary="b"

--b
Content-Type: text/plain

This is an abuse report.
--b
Content-Type: message/feedback-report

Feedback-Type: {kind}
User-Agent: SomeLoop/1.0
Version: 1

--b
Content-Type: message/rfc822

{about or "Subject: One short question"}

Hello
--b--
""".encode()


def written(to: str, text: str, *, subject: str = "Re: One short question", **headers: str) -> bytes:
    """A mail that Ines, or her machine, wrote."""
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = "Ines Moreau <ines@example.org>", to, subject
    mail["Message-ID"] = f"<written.{next(_number)}@example.org>"
    for name, value in headers.items():
        mail[name.replace("_", "-")] = value
    mail.set_content(text)
    return mail.as_bytes()


def heard(raw: bytes, *, at=NOW, **how: str) -> InboundMail:
    """The mail after it came in and was judged."""
    receive_mail(raw=raw, source="pipe", at=at, **how)
    while hear(at=at):
        pass
    return InboundMail.objects.latest("pk")
