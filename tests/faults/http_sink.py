"""A real HTTP server that takes what is POSTed to it and misbehaves, by plan or by chance; it keeps a ledger.

The path says what it does with a request, as an address does with a mail: `/refuse-503`, `/stall`, `/reset`, `/vanish`;
all else is answered with 200.
"""

from __future__ import annotations

import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from tests.faults.ledger import Ledger
from tests.faults.plans import Fault, Plan, as_addressed

FOREVER = 60.0  # seconds of a stall


@dataclass(frozen=True)
class Taken:
    """A request that was accepted."""

    path: str
    headers: dict[str, str]
    body: bytes


@dataclass
class HttpSink:
    plan: Plan = as_addressed
    ledger: Ledger | None = None
    received: list[Taken] = field(default_factory=list)
    url: str = ""
    closing: threading.Event = field(default_factory=threading.Event)

    def take(self, taken: Taken, *, lost: bool) -> None:
        self.received.append(taken)
        self.note("accepted", path=taken.path, key=taken.headers.get("idempotency-key", ""), lost=lost)

    def note(self, what: str, **about: Any) -> None:
        if self.ledger is not None:
            self.ledger.note(what, **about)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    sink: HttpSink

    def do_POST(self) -> None:
        fault = self.sink.plan(self.path)
        if fault and fault.verb == "reset":
            self._drop(reset=True)
            return
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if fault and fault.verb in {"refuse", "late"}:
            self._refuse(fault)
            return
        lost = bool(fault and fault.verb in {"vanish", "stall"})
        headers = {name.lower(): value for name, value in self.headers.items()}
        self.sink.take(Taken(self.path, headers, body), lost=lost)
        if fault and fault.verb == "stall":
            self.sink.closing.wait(FOREVER)
        if lost:
            self._drop(reset=False)
        else:
            self._say(200)

    def _refuse(self, fault: Fault) -> None:
        status = int(fault.words.split()[0])
        self.sink.note("refused", path=self.path, status=status)
        self._say(status)

    def _say(self, status: int) -> None:
        self.send_response(status)
        if status in {429, 503}:
            self.send_header("Retry-After", "1")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def _drop(self, *, reset: bool) -> None:
        """End the connection without a word; `reset`: with RST."""
        if reset:
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        else:
            with suppress(OSError):
                self.connection.shutdown(socket.SHUT_RDWR)
        self.connection.close()
        self.close_connection = True

    def finish(self) -> None:
        with suppress(OSError, ValueError):  # the line was dropped on purpose
            super().finish()

    def log_request(self, *_: object) -> None:
        """The ledger is the log."""


@contextmanager
def open_http_sink(sink: HttpSink | None = None) -> Iterator[HttpSink]:
    """An open one; `sink.url` says where."""
    sink = sink or HttpSink()
    handler = type("Handler", (_Handler,), {"sink": sink})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    sink.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield sink
    finally:
        sink.closing.set()
        server.shutdown()
        server.server_close()
        thread.join()
