"""Handing a mail over (to an SMTP server, or a provider by its API), and saying exactly what became of it."""

from __future__ import annotations

import re
import smtplib
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from email.utils import parseaddr

import requests
from django.core.exceptions import ImproperlyConfigured
from django.core.mail import EmailMessage, get_connection
from django.core.mail.backends.base import BaseEmailBackend

from common.provider_replies import failed, taken
from common.replies import Outcome, Reply

__all__ = ["HandOver", "Line", "Outcome", "Reply", "hand_over", "kept_open"]

# codes that speak of the server or our account there, not of this message: closing, authentication wanted or refused
_ABOUT_US = frozenset({421, 454, 530, 534, 535, 538})
_NO_SUCH_ADDRESS = frozenset({550, 551, 553})  # at RCPT without an enhanced code; 552 is a full mailbox
_ENHANCED = re.compile(r"\b([245]\.\d{1,3}\.\d{1,3})\b")
_ADDRESS = re.compile(r"[^\s<>]+@[^\s<>,;:]+")


HandOver = Callable[[EmailMessage], Reply]


def hand_over(message: EmailMessage) -> Reply:
    """Send `message` (to exactly one recipient) through Django's mail backend. Never raises for what a mail server or a
    message can do wrong. Inside `kept_open()` the connection is shared."""
    line = _line.get()
    if line is not None:
        return line.send(message)
    with kept_open() as own:
        return own.send(message)


@contextmanager
def kept_open() -> Iterator[Line]:
    """Within this block `hand_over` uses one connection."""
    line = Line()
    token = _line.set(line)
    try:
        yield line
    finally:
        _line.reset(token)
        line.drop()


class Line:
    """A connection to the post office, opened when it is first needed and again when it was lost."""

    def __init__(self) -> None:
        self.backend: BaseEmailBackend | None = None

    def send(self, message: EmailMessage) -> Reply:
        wrong = _unsendable(message.recipients())
        if wrong:
            return Reply(Outcome.REFUSED, wrong)
        reused = self.backend is not None
        reply = self._try(message)
        lost = reused and self.backend is None and reply.outcome is Outcome.REFUSED_FOR_NOW
        if lost and reply.closed:  # it hung up between two messages; that is no refusal
            reply = self._try(message)
        return reply

    def drop(self) -> None:
        backend, self.backend = self.backend, None
        if backend is not None:
            with suppress(OSError, smtplib.SMTPException):
                backend.close()

    def _try(self, message: EmailMessage) -> Reply:
        try:
            backend = self._open()
        except (OSError, smtplib.SMTPException) as error:
            self.drop()
            return Reply(Outcome.REFUSED_FOR_NOW, f"cannot reach the mail server: {_plain(error)}", closed=True)
        except (ImproperlyConfigured, ImportError) as error:
            return Reply(Outcome.REFUSED_FOR_NOW, f"sending is not set up: {_plain(error)}", closed=True)
        try:
            sent = backend.send_messages([message])
        except requests.RequestException as error:
            if error.response is None:
                self.drop()
            return failed(error, _plain(error))
        except (OSError, smtplib.SMTPException) as error:
            reply = _meaning(error, body_began=_body_began(backend))
            if reply.closed or not isinstance(error, smtplib.SMTPResponseException | smtplib.SMTPRecipientsRefused):
                self.drop()
            return reply
        except (
            ValueError
        ) as error:  # a header with a line break, an address that is none: found before anything is sent
            return Reply(Outcome.REFUSED, f"not a sendable message: {_plain(error)}")
        return taken(message) if sent else Reply(Outcome.REFUSED, "the mail backend sent nothing")

    def _open(self) -> BaseEmailBackend:
        if self.backend is None:
            self.backend = get_connection()
            self.backend.open()
        return self.backend


_line: ContextVar[Line | None] = ContextVar("line", default=None)


def _unsendable(recipients: list[str]) -> str:
    """Why these recipients cannot be written to; empty if they can."""
    if len(recipients) != 1:
        return f"expected exactly one recipient, got {len(recipients)}"
    return "" if "@" in parseaddr(recipients[0])[1] else "the recipient's address is none"


def _body_began(backend: BaseEmailBackend) -> bool:
    """A connection that keeps no record (another backend) must be taken to have begun: better unknown than twice."""
    return bool(getattr(getattr(backend, "connection", None), "body_began", True))


def _meaning(error: OSError | smtplib.SMTPException, *, body_began: bool) -> Reply:
    """What an exception of smtplib says about the message."""
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        code, words = next(iter(error.recipients.values()))
        return _answered(code, _words(words), at_recipient=True)
    if isinstance(error, smtplib.SMTPSenderRefused):
        return _answered(error.smtp_code, _words(error.smtp_error), about_recipient=False)
    if isinstance(error, smtplib.SMTPResponseException):
        return _answered(error.smtp_code, _words(error.smtp_error))
    if isinstance(error, smtplib.SMTPNotSupportedError):
        return Reply(Outcome.REFUSED, f"the mail server cannot carry this message: {_plain(error)}")
    if body_began:
        return Reply(Outcome.UNKNOWN, f"the line went dead before the final answer: {_plain(error)}")
    return Reply(Outcome.REFUSED_FOR_NOW, f"the line went dead: {_plain(error)}", closed=True)


def _answered(code: int, words: str, *, at_recipient: bool = False, about_recipient: bool = True) -> Reply:
    """What a numbered answer of the server says (RFC 5321, RFC 3463)."""
    text = f"{code} {words}"
    if code in _ABOUT_US:
        return Reply(Outcome.REFUSED_FOR_NOW, text, closed=True)
    if not 500 <= code < 600:
        return Reply(Outcome.REFUSED_FOR_NOW, text)
    found = _ENHANCED.search(words)
    if found:  # 5.1.7 and 5.1.8 speak of the sender's address
        bad = found[1].startswith("5.1.") and found[1] not in {"5.1.7", "5.1.8"}
    else:
        bad = at_recipient and code in _NO_SUCH_ADDRESS
    return Reply(Outcome.REFUSED, text, address_is_bad=bad and about_recipient)


def _words(raw: bytes | str) -> str:
    text = raw.decode("utf-8", "replace") if isinstance(raw, bytes) else raw
    return _ADDRESS.sub("(address)", " ".join(text.split()))[:400]


def _plain(error: Exception) -> str:
    return _words(str(error) or type(error).__name__)
