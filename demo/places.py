"""Where the parts of the demo listen, all on this machine; each port can be moved by an environment variable."""

from __future__ import annotations

import os
import socket
from typing import NamedTuple

HOST = "127.0.0.1"
MAIL_PASSWORD = "secret"  # of every mailbox of the catcher
TABLETS_KEY = "tablets_key"  # file with the key by which the living part sends, beside api_key


class Port(NamedTuple):
    variable: str
    default: int
    what: str

    @property
    def number(self) -> int:
        return int(os.environ.get(self.variable, self.default))


WEB = Port("SHOPKEEPER_PORT", 8000, "the pages")
SMTP = Port("SHOPKEEPER_SMTP_PORT", 4025, "outgoing mail")
IMAP = Port("SHOPKEEPER_IMAP_PORT", 4143, "the mailboxes")
WEBMAIL = Port("SHOPKEEPER_WEBMAIL_PORT", 4080, "the mailboxes in the browser")
HOOKS = Port("SHOPKEEPER_HOOKS_PORT", 4088, "the bank's CRM, which is told what happens")
PORTS = (WEB, SMTP, IMAP, WEBMAIL, HOOKS)


def address(port: Port) -> str:
    return f"http://{HOST}:{port.number}"


def taken() -> list[Port]:
    """Ports that another program holds."""
    return [port for port in PORTS if not _free(port.number)]


def _free(number: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, number))
        except OSError:
            return False
    return True


def listening(port: Port) -> bool:
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex((HOST, port.number)) == 0
