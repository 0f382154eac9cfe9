"""A mailbox that is read over IMAP: what is unseen is handed out, and moved away once it is stored."""

from __future__ import annotations

import imaplib
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, NamedTuple
from urllib.parse import parse_qs, unquote, urlsplit

SECONDS = 30.0  # for each answer of the server
_SIZE = re.compile(rb"RFC822\.SIZE (\d+)")


class MailboxError(Exception):
    """The mailbox could not be read; its text says why and holds no password."""


class Fetched(NamedTuple):
    uid: bytes
    size: int
    raw: bytes  # its beginning


@dataclass(frozen=True)
class Address:
    """imaps://user:password@host:993/INBOX?move=Done (imap:// without TLS, on loopback)."""

    secure: bool
    host: str
    port: int
    user: str
    password: str
    folder: str
    done: str

    @classmethod
    def of(cls, url: str) -> Address:
        parts = urlsplit(url)
        if parts.scheme not in {"imap", "imaps"} or not parts.hostname:
            raise MailboxError("The address of the mailbox must begin with imaps:// and name a host.")
        secure = parts.scheme == "imaps"
        return cls(
            secure, parts.hostname, parts.port or (993 if secure else 143), unquote(parts.username or ""),
            unquote(parts.password or ""), unquote(parts.path.strip("/")) or "INBOX",
            parse_qs(parts.query).get("move", ["Done"])[0],
        )  # fmt: skip


class Mailbox:
    """An open folder."""

    def __init__(self, line: imaplib.IMAP4, address: Address) -> None:
        self.line, self.address = line, address

    def unseen(self, *, limit: int, most: int) -> Iterator[Fetched]:
        """Up to `limit` unseen mails, the oldest first, `most` bytes of each. Reading does not mark them as seen."""
        found = self._uid("SEARCH", "UNSEEN")
        for uid in (found[0] or b"").split()[:limit]:
            answer = self._uid("FETCH", uid.decode(), f"(RFC822.SIZE BODY.PEEK[]<0.{most}>)")
            literal = next((part for part in answer if isinstance(part, tuple)), None)
            if literal is not None:
                size = _SIZE.search(b" ".join(part if isinstance(part, bytes) else part[0] for part in answer if part))
                yield Fetched(uid, int(size[1]) if size else len(literal[1]), literal[1])

    def put_away(self, uids: list[bytes]) -> None:
        """Move mails that are stored out of the way; where the server cannot move them they are marked as seen."""
        if not uids:
            return
        names = b",".join(uids).decode()
        self._uid("STORE", names, "+FLAGS.SILENT", r"(\Seen)")
        if "MOVE" in self.line.capabilities:
            self.line.create(_quoted(self.address.done))
            self.line.uid("MOVE", names, _quoted(self.address.done))
        elif self.line.create(_quoted(self.address.done)) and self._copied(names):
            self._uid("STORE", names, "+FLAGS.SILENT", r"(\Deleted)")
            self.line.expunge()

    def _copied(self, names: str) -> bool:
        return self.line.uid("COPY", names, _quoted(self.address.done))[0] == "OK"

    def _uid(self, *command: str) -> list[Any]:
        status, answer = self.line.uid(*command)
        if status != "OK":
            raise MailboxError(f"The mail server refused {command[0]}.")
        return list(answer)


@contextmanager
def open_mailbox(url: str) -> Iterator[Mailbox]:
    """The folder at `url`. Raises MailboxError for whatever a mail server can do wrong."""
    address = Address.of(url)
    try:
        opening = imaplib.IMAP4_SSL if address.secure else imaplib.IMAP4
        with opening(address.host, address.port, timeout=SECONDS) as line:
            line.login(address.user, address.password)
            if line.select(_quoted(address.folder))[0] != "OK":
                raise MailboxError("There is no such folder.")
            yield Mailbox(line, address)
    except imaplib.IMAP4.error as error:
        raise MailboxError(
            f"The mail server refused: {str(error)[:200].replace(address.password or chr(0), '...')}"
        ) from error
    except OSError as error:
        raise MailboxError(f"The mail server cannot be reached: {error}") from error


def _quoted(name: str) -> str:
    return '"' + name.replace("\\", "\\\\").replace('"', '\\"') + '"'
