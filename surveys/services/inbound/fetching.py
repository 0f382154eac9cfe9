"""Emptying the mailbox to which bounces and replies come."""

from __future__ import annotations

from datetime import datetime

from django.conf import settings

from surveys.channels.mailboxes import open_mailbox
from surveys.services.inbound.receiving import receive_mail

SOURCE = "mailbox"


def fetch_mail(*, at: datetime, limit: int = 200) -> int:
    """Store up to `limit` unseen mails and move them away; how many were read. Each is stored before any is moved: who
    dies in between reads them again, which changes nothing. Raises MailboxError when the mailbox cannot be read."""
    if not settings.INBOUND_IMAP:
        return 0
    with open_mailbox(settings.INBOUND_IMAP) as mailbox:
        stored = []
        for mail in mailbox.unseen(limit=limit, most=settings.INBOUND_MAX_BYTES):
            receive_mail(raw=mail.raw, size=mail.size, source=SOURCE, at=at)
            stored.append(mail.uid)
        mailbox.put_away(stored)
    return len(stored)
