"""A real SMTP server that misbehaves on request: the local part of the recipient says what it does with a mail."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes
from email.message import Message
from typing import Any

from aiosmtpd.controller import Controller


class PostOffice:
    """`refuse-550-5.1.1@` at RCPT, `late-451-4.2.2@` after the body, `vanish@` drops the line after the body,
    `closing@` answers 421. Everything else is accepted and kept in `received`."""

    def __init__(self) -> None:
        self.received: list[Message] = []
        self.sessions = 0
        self.port = 0

    async def handle_EHLO(
        self, server: Any, session: Any, envelope: Any, hostname: str, responses: list[str]
    ) -> list[str]:
        self.sessions += 1
        session.host_name = hostname
        return responses

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: list[str]) -> str:
        verb, _, rest = address.partition("@")[0].partition("-")
        if verb == "refuse":
            return f"{rest.replace('-', ' ')} <{address}> is not known here"
        if verb == "closing":
            return "421 4.3.2 closing"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        verb, _, rest = envelope.rcpt_tos[0].partition("@")[0].partition("-")
        if verb == "late":
            return f"{rest.replace('-', ' ')} not today"
        self.received.append(message_from_bytes(envelope.content))
        if verb == "vanish":  # accepted, and the answer is lost
            server.transport.abort()
        return "250 OK"


@contextmanager
def open_post_office() -> Iterator[PostOffice]:
    office = PostOffice()
    with socket.create_server(("127.0.0.1", 0)) as free:
        office.port = free.getsockname()[1]
    controller = Controller(office, hostname="127.0.0.1", port=office.port)
    controller.start()
    try:
        yield office
    finally:
        controller.stop()
