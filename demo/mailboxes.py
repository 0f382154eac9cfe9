"""The mailboxes of the simulated customers, read over IMAP as a mail program does."""

from __future__ import annotations

import email
import email.policy
import imaplib
import re
from contextlib import suppress

from demo.places import HOST, IMAP, MAIL_PASSWORD

LINK = re.compile(r"https?://\S+/s/[\w-]+/?(?=\s|$)")


def new_links(address: str) -> list[str]:
    """Survey links in the unread mail of `address`, which is read by that."""
    box = imaplib.IMAP4(HOST, IMAP.number, timeout=10)
    try:
        box.login(address, MAIL_PASSWORD)
        box.select("INBOX")
        _, found = box.search(None, "UNSEEN")
        return [link for number in found[0].split() for link in _links(box, number)]
    finally:
        with suppress(imaplib.IMAP4.error, OSError):
            box.logout()


def is_empty(address: str) -> bool:
    """Whether no mail has come yet; leaves what is there unread."""
    box = imaplib.IMAP4(HOST, IMAP.number, timeout=10)
    try:
        box.login(address, MAIL_PASSWORD)
        _, found = box.select("INBOX", readonly=True)
        return found[0] in {None, b"0"}
    finally:
        with suppress(imaplib.IMAP4.error, OSError):
            box.logout()


def _links(box: imaplib.IMAP4, number: bytes) -> list[str]:
    _, parts = box.fetch(number.decode(), "(RFC822)")
    raw = next((part[1] for part in parts if isinstance(part, tuple)), b"")
    message = email.message_from_bytes(raw, policy=email.policy.default)
    body = message.get_body(("plain",))
    return LINK.findall(body.get_content())[:1] if body else []
