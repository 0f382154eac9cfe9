"""A real HTTP server that takes what is POSTed to it and misbehaves, by plan or by chance; it keeps a ledger.

The path says what it does with a request, as an address does with a mail: `/refuse-503`, `/stall`, `/reset`, `/vanish`,
`/drip`, `/huge`, `/slow-50`; all else is answered with 200. A redirect points to `/moved` of the same server.
"""

from __future__ import annotations

import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from hashlib import sha256
from http.server import ThreadingHTTPServer
from typing import Any

from tests.faults.dropping import DroppingHandler
from tests.faults.ledger import Ledger
from tests.faults.plans import Fault, Plan, as_addressed

FOREVER = 60.0  # seconds of a stall
HUGE = 200  # MB of an answer


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
    flooded: int = 0  # MB of a huge answer that were taken
    closing: threading.Event = field(default_factory=threading.Event)

    def take(self, taken: Taken, *, lost: bool) -> None:
        self.received.append(taken)
        key = taken.headers.get("idempotency-key") or taken.headers.get("webhook-id", "")
        self.note("accepted", path=taken.path, key=key, lost=lost, body=sha256(taken.body).hexdigest())

    def note(self, what: str, **about: Any) -> None:
        if self.ledger is not None:
            self.ledger.note(what, **about)


class _Handler(DroppingHandler):
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
        if fault and fault.verb == "drip":
            self._drip()
            return
        lost = bool(fault and fault.verb in {"vanish", "stall"})
        headers = {name.lower(): value for name, value in self.headers.items()}
        self.sink.take(Taken(self.path, headers, body), lost=lost)
        if fault and fault.verb == "stall":
            self.sink.closing.wait(FOREVER)
        if fault and fault.verb == "slow":
            self.sink.closing.wait(int(fault.words) / 100)
        if lost:
            self._drop(reset=False)
        elif fault and fault.verb == "huge":
            self._flood()
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
        if 300 <= status < 400:
            self.send_header("Location", f"{self.sink.url}/moved")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def _drip(self) -> None:
        """Never silent for long, and never done."""
        with suppress(OSError):
            for letter in "HTTP/1.1 200 OK\r\nX-Slow: " + "s" * 10_000:
                self.wfile.write(letter.encode())
                self.wfile.flush()
                if self.sink.closing.wait(0.05):
                    break
        self.close_connection = True

    def _flood(self) -> None:
        with suppress(OSError):
            self.send_response(200)
            self.send_header("Content-Length", str(HUGE * 2**20))
            self.end_headers()
            for _ in range(HUGE):
                self.wfile.write(b"x" * 2**20)
                self.sink.flooded += 1
        self.close_connection = True

    def log_request(self, *_: object) -> None:
        """The ledger is the log."""


@contextmanager
def open_http_sink(sink: HttpSink | None = None, *, tls: ssl.SSLContext | None = None) -> Iterator[HttpSink]:
    """An open one; `sink.url` says where. With `tls` it speaks https."""
    sink = sink or HttpSink()
    handler = type("Handler", (_Handler,), {"sink": sink})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    if tls is not None:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    sink.url = f"{'http' if tls is None else 'https'}://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield sink
    finally:
        sink.closing.set()
        server.shutdown()
        server.server_close()
        thread.join()
