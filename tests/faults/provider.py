"""A real HTTP server that plays a mail provider: it takes mails by its API in the provider's own words, keeps their
bodies, and misbehaves as the recipient's address says (`refuse-429@`, `refuse-503@`, `vanish@`, `stall@`, `reset@`,
`garbled@`, `rejected@`; a `wait` in it asks to come back later)."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import ThreadingHTTPServer
from typing import Any
from urllib.parse import unquote

from tests.faults.dropping import DroppingHandler
from tests.faults.plans import Fault

_TO = re.compile(r"([a-z0-9.-]+)@(?:\w+\.)?customer\.example")
SECONDS = "600"  # that a Retry-After asks for


def accepted(provider: str, name: str, to: str) -> tuple[int, dict[str, str], Any]:
    """How this provider says that it has a mail, which it calls `name`: status, headers, body."""
    bodies: dict[str, Any] = {
        "brevo": {"messageId": name},
        "mailersend": "",
        "mailgun": {"id": name, "message": "Queued. Thank you."},
        "mailjet": {"Messages": [{"Status": "success", "To": [{"Email": to, "MessageID": name}]}]},
        "mailtrap": {"success": True, "message_ids": [name]},
        "mandrill": [{"email": to, "status": "queued", "_id": name}],
        "postal": {"status": "success", "data": {"message_id": "x", "messages": {to: {"id": name, "token": "t"}}}},
        "postmark": {"ErrorCode": 0, "Message": "OK", "MessageID": name, "To": to, "SubmittedAt": "2026-11-22"},
        "resend": {"id": name},
        "sparkpost": {"results": {"id": name, "total_accepted_recipients": 1, "total_rejected_recipients": 0}},
    }
    headers = {"X-Message-Id": name} if provider == "mailersend" else {}
    return (202 if provider == "mailersend" else 200), headers, bodies[provider]


def rejected(provider: str, to: str) -> tuple[int, Any]:
    """How it says at once that it does not send to an address."""
    bodies: dict[str, tuple[int, Any]] = {
        "mailjet": (200, {"Messages": [{"Status": "error", "Errors": []}]}),
        "mandrill": (200, [{"email": to, "status": "rejected", "reject_reason": "hard-bounce", "_id": "r"}]),
        "postal": (200, {"status": "parameter-error", "data": {"code": "ValidationError"}}),
        "postmark": (422, {"ErrorCode": 406, "Message": f"You tried ... Found inactive addresses: {to}. Inactive ..."}),
        "sparkpost": (200, {"results": {"id": "r", "total_accepted_recipients": 0, "total_rejected_recipients": 1}}),
    }
    return bodies.get(provider, (422, {"message": "this one not"}))


@dataclass
class Provider:
    name: str = "postmark"
    url: str = ""
    bodies: list[str] = field(default_factory=list)  # of mails that it has
    asked: int = 0
    connections: int = 0
    closing: threading.Event = field(default_factory=threading.Event)


class _Handler(DroppingHandler):
    protocol_version = "HTTP/1.1"
    provider: Provider

    def setup(self) -> None:
        self.provider.connections += 1
        super().setup()

    def do_POST(self) -> None:
        provider = self.provider
        provider.asked += 1
        body = unquote(self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode("utf-8", "replace"))
        found = _TO.search(body)
        local, to = (found[1], found[0]) if found else ("", "")
        verb, _, words = local.partition("-")
        fault = Fault(verb, words.split("-")[0])
        if verb == "refuse":
            self._say(int(fault.words), {"Retry-After": SECONDS} if "wait" in words else {}, {"message": f"not {to}"})
        elif verb == "rejected":
            status, said = rejected(provider.name, to)
            self._say(status, {}, said)
        elif verb == "reset":
            self._drop(reset=True)
        else:
            provider.bodies.append(body)
            self._take(verb, to)

    def _take(self, verb: str, to: str) -> None:
        provider = self.provider
        if verb == "stall":
            provider.closing.wait(60)
        if verb in {"stall", "vanish"}:
            self._drop(reset=False)
        elif verb == "garbled":
            self._say(200, {}, "<html>sign in</html>")
        else:
            self._say(*accepted(provider.name, f"<{len(provider.bodies)}@{provider.name}>", to))

    def _say(self, status: int, headers: dict[str, str], said: Any) -> None:
        raw = said.encode() if isinstance(said, str) else json.dumps(said).encode()
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Type", "text/html" if isinstance(said, str) else "application/json")
        self.send_header("Content-Length", str(len(raw)))
        self.end_headers()
        self.wfile.write(raw)

    def log_request(self, *_: object) -> None:
        """The bodies are the log."""


@contextmanager
def open_provider(name: str = "postmark") -> Iterator[Provider]:
    """An open one; `url` says where."""
    provider = Provider(name)
    handler = type("Handler", (_Handler,), {"provider": provider})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    provider.url = f"http://127.0.0.1:{server.server_port}/"
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield provider
    finally:
        provider.closing.set()
        server.shutdown()
        server.server_close()
        thread.join()
