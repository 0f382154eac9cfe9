"""A real SMTP server that misbehaves, by plan or by chance, and keeps a ledger of what it accepted.

In a test: `with open_post_office() as office` (a thread). For a proof, a process of its own that outlives kills:
`python -m tests.faults.post_office PORT LEDGER --later 0.05 --never 0.02 --lost 0.01`.
"""

from __future__ import annotations

import argparse
import asyncio
import signal
import socket
import ssl
import struct
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes
from email.message import Message
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP

from tests.faults.ledger import Ledger
from tests.faults.plans import Chances, Fault, Plan, as_addressed

FOREVER = 60.0  # seconds of a stall: longer than any test waits
RESET_NOW = struct.pack("ii", 1, 0)  # SO_LINGER: a close sends RST


class PostOffice:
    """aiosmtpd's handler. What was accepted is in `received` and, if there is one, in the ledger."""

    def __init__(
        self,
        plan: Plan = as_addressed,
        ledger: Ledger | None = None,
        delay: float = 0.0,
        closes_after: float = float("inf"),  # mails; then it answers 421
    ) -> None:
        self.plan, self.ledger, self.delay, self.closes_after = plan, ledger, delay, closes_after
        self.received: list[Message] = []
        self.sessions = self.open_now = self.most_open = 0
        self.port = 0
        self.banner_stalls = False  # takes the connection and says nothing
        self.tls: ssl.SSLContext | None = None

    async def handle_EHLO(
        self, server: Any, session: Any, envelope: Any, hostname: str, responses: list[str]
    ) -> list[str]:
        self.sessions += 1
        session.host_name = hostname
        return responses

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: list[str]) -> str:
        fault = self.plan(address)
        if fault and fault.verb == "refuse":
            self._note("refused", to=address, words=fault.words)
            return f"{fault.words} <{address}> is not known here"
        if (fault and fault.verb == "closing") or len(self.received) >= self.closes_after:
            return "421 4.3.2 closing"
        envelope.rcpt_tos.append(address)
        envelope.fault = fault
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        fault: Fault | None = envelope.fault
        message, to = message_from_bytes(envelope.content), envelope.rcpt_tos[0]
        await asyncio.sleep(self.delay)
        if fault and fault.verb == "late":
            self._note("refused", id=str(message["Message-ID"]), to=to, words=fault.words)
            return f"{fault.words} not today"
        self.received.append(message)
        lost = bool(fault and fault.verb in {"vanish", "stall"})
        self._note("accepted", id=str(message["Message-ID"]), to=to, lost=lost)
        if fault and fault.verb == "stall":
            await asyncio.sleep(FOREVER)
        if fault and fault.verb == "vanish":
            server.transport.abort()
        return "250 OK"

    def _note(self, what: str, **about: Any) -> None:
        if self.ledger is not None:
            self.ledger.note(what, **about)


class _Server(SMTP):
    """aiosmtpd's protocol with the faults that no handler can make: a silent banner, a reset within the body."""

    @property
    def office(self) -> PostOffice:
        office: PostOffice = self.event_handler
        return office

    async def _handle_client(self) -> None:
        office = self.office
        office.open_now += 1
        office.most_open = max(office.most_open, office.open_now)
        try:
            if office.banner_stalls:
                await asyncio.sleep(FOREVER)
            await super()._handle_client()
        finally:
            office.open_now -= 1

    async def smtp_DATA(self, arg: str) -> None:
        fault = getattr(self.envelope, "fault", None)
        if fault is None or fault.verb != "reset" or not isinstance(self.transport, asyncio.Transport):
            await super().smtp_DATA(arg)
            return
        await self.push("354 go on")
        await self._reader.readuntil()  # the first line of the body
        self.transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET_NOW)
        self.transport.abort()


class _Controller(Controller):
    def factory(self) -> SMTP:
        office: PostOffice = self.handler
        return _Server(office, hostname="post.example.org", tls_context=office.tls, enable_SMTPUTF8=True)


@contextmanager
def open_post_office(office: PostOffice | None = None, *, port: int = 0) -> Iterator[PostOffice]:
    """An open one; `office.port` says where. After the block nobody answers there."""
    office = office or PostOffice()
    office.port = port or free_port()
    controller = _Controller(office, hostname="127.0.0.1", port=office.port)
    controller.start()
    try:
        yield office
    finally:
        controller.stop()


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        return int(free.getsockname()[1])


def main(arguments: list[str]) -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.faults.post_office", description=__doc__)
    parser.add_argument("port", type=int)
    parser.add_argument("ledger", type=Path)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--delay", type=float, default=0.0, help="seconds before each answer")
    for name in ("later", "never", "lost"):
        parser.add_argument(f"--{name}", type=float, default=0.0)
    given = parser.parse_args(arguments)
    chances = Chances(given.seed, later=given.later, never=given.never, lost=given.lost)
    with open_post_office(PostOffice(chances, Ledger(given.ledger), given.delay), port=given.port):
        signal.sigwait({signal.SIGINT, signal.SIGTERM})


if __name__ == "__main__":
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGTERM})  # before the server's thread starts
    main(sys.argv[1:])
