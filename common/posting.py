"""Handing a body over to somebody's HTTP server, and saying exactly what became of it.

The name is resolved once, what it leads to is judged (`common.egress`), and the connection goes to that very address:
a name that leads elsewhere a moment later changes nothing. Redirects are not followed. The whole conversation has one
deadline, however slowly the other side speaks, and no more of its answer is read than is kept.
"""

from __future__ import annotations

import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from http import HTTPStatus
from typing import Any

import h11

from common.egress import Address, Egress, Refused, Target
from common.replies import Outcome, Reply, retry_after
from common.text import clean_line

SECONDS = 15.0  # for all of it: name, connection, TLS, request, answer
KEPT = 2_000  # bytes of the answer's body that are read
RECEIVED = 65_536
MOST_HEADERS = 16_384
AGENT = "Shopkeeper-Webhooks/1"

Resolve = Callable[[str, int], list[str]]  # (name, port) -> addresses


@dataclass(frozen=True)
class HttpReply(Reply):
    status: int | None = None  # None: nobody answered
    seconds: float = 0.0

    @property
    def gone(self) -> bool:
        """The receiver wants no more of this, ever."""
        return self.status == HTTPStatus.GONE


@dataclass(frozen=True)
class Post:
    """A body to be sent."""

    url: str
    body: bytes
    headers: Mapping[str, str]


def resolve(host: str, port: int) -> list[str]:
    """The addresses of a name, as the system knows them. Raises OSError."""
    return list(dict.fromkeys(str(found[4][0]) for found in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)))


def post(
    message: Post,
    *,
    egress: Egress,
    resolve: Resolve = resolve,
    seconds: float = SECONDS,
    trust: ssl.SSLContext | None = None,
) -> HttpReply:
    """POST `message` within `seconds`. Never raises for what the other side, the network or the URL can do wrong.

    2xx is accepted, 410 refused for good; whatever else happens (another status, a redirect, silence, a dead line, an
    address that must not be spoken to) is refused for now: whether the body was taken in nobody knows, and the receiver
    can tell by its id.
    """
    started = time.monotonic()
    try:
        status, headers, body = _Call(egress, resolve, started + seconds, trust or _trust()).make(message)
        reply = _meaning(status, headers, body)
    except Refused as refusal:
        reply = HttpReply(Outcome.REFUSED_FOR_NOW, str(refusal))
    except TimeoutError:
        reply = HttpReply(Outcome.REFUSED_FOR_NOW, f"no answer within {seconds:g} seconds")
    except ssl.SSLError as error:
        reply = HttpReply(Outcome.REFUSED_FOR_NOW, f"no secure connection: {clean_line(str(error.reason), limit=200)}")
    except (OSError, h11.ProtocolError) as error:
        reply = HttpReply(Outcome.REFUSED_FOR_NOW, clean_line(f"no answer: {_words(error)}", limit=300))
    return HttpReply(
        reply.outcome, reply.text, status=reply.status, retry_after=reply.retry_after,
        seconds=time.monotonic() - started,
    )  # fmt: skip


def _words(error: Exception) -> str:
    return getattr(error, "strerror", None) or str(error) or type(error).__name__


def _meaning(status: int, headers: Mapping[str, str], body: bytes) -> HttpReply:
    said = clean_line(body.decode("utf-8", "replace"), limit=300)
    text = f"{status} {said}".strip()
    if 200 <= status < 300:
        return HttpReply(Outcome.ACCEPTED, text, status=status)
    if status == HTTPStatus.GONE:
        return HttpReply(Outcome.REFUSED, text, status=status)
    if 300 <= status < 400:
        text = f"{status} redirects are not followed"
    return HttpReply(Outcome.REFUSED_FOR_NOW, text, status=status, retry_after=retry_after(headers.get("retry-after")))


@cache
def _trust() -> ssl.SSLContext:
    return ssl.create_default_context()


@dataclass
class _Call:
    egress: Egress
    resolve: Resolve
    until: float  # time.monotonic()
    trust: ssl.SSLContext  # whose certificates are good

    def make(self, message: Post) -> tuple[int, dict[str, str], bytes]:
        target = self.egress.target(message.url)
        addresses = self.egress.choose(target, self._names(target))
        with self._connect(target, addresses) as line:
            return self._talk(line, target, message)

    def _left(self) -> float:
        left = self.until - time.monotonic()
        if left <= 0:
            raise TimeoutError
        return left

    def _names(self, target: Target) -> list[str]:
        """Asked in a thread of its own: the system's resolver knows no deadline."""
        found: list[list[str] | OSError] = []

        def ask() -> None:
            try:
                found.append(self.resolve(target.host, target.port))
            except (OSError, UnicodeError) as error:
                found.append(error if isinstance(error, OSError) else OSError(str(error)))

        asking = threading.Thread(target=ask, daemon=True)
        asking.start()
        asking.join(self._left())
        if not found:
            raise TimeoutError
        if isinstance(found[0], OSError):
            raise Refused(f"{target.host} cannot be found: {_words(found[0])}")
        return found[0]

    def _connect(self, target: Target, addresses: list[Address]) -> socket.socket:
        """To the first of the addresses that answers; TLS is for the name."""
        trouble: OSError = OSError("no address")
        for number, address in enumerate(addresses[:3], start=1):
            try:
                share = self._left() if number == len(addresses) else self._left() / 2
                line = socket.create_connection((str(address), target.port), timeout=share)
                return self._secured(line, target) if target.scheme == "https" else line
            except TimeoutError as error:
                self._left()
                trouble = error
            except OSError as error:
                trouble = error
        raise trouble

    def _secured(self, line: socket.socket, target: Target) -> socket.socket:
        try:
            line.settimeout(self._left())
            return self.trust.wrap_socket(line, server_hostname=target.host)
        except BaseException:
            line.close()
            raise

    def _talk(self, line: socket.socket, target: Target, message: Post) -> tuple[int, dict[str, str], bytes]:
        talk = h11.Connection(h11.CLIENT, max_incomplete_event_size=MOST_HEADERS)
        headers = {
            "host": target.authority, "user-agent": AGENT, "content-length": str(len(message.body)),
            "connection": "close", **message.headers,
        }  # fmt: skip
        request = h11.Request(method="POST", target=target.path, headers=list(headers.items()))
        sent = [talk.send(event) for event in (request, h11.Data(data=message.body), h11.EndOfMessage())]
        line.settimeout(self._left())
        with suppress(BrokenPipeError, ConnectionResetError):  # it may have answered before it had heard all
            line.sendall(b"".join(part or b"" for part in sent))
        return self._listen(line, talk)

    def _listen(self, line: socket.socket, talk: h11.Connection) -> tuple[int, dict[str, str], bytes]:
        answer: h11.Response | None = None
        body = b""
        for event in self._events(line, talk):
            if isinstance(event, h11.Response):
                answer = event
            elif isinstance(event, h11.Data):
                body += event.data
            if isinstance(event, h11.EndOfMessage | h11.ConnectionClosed) or len(body) >= KEPT:
                break
            if isinstance(event, OSError):
                if answer is None:
                    raise event
                break  # the status was said; how it hung up does not matter
        if answer is None:
            raise OSError("the line went dead")
        return answer.status_code, {n.decode(): v.decode("latin-1") for n, v in answer.headers}, body[:KEPT]

    def _events(self, line: socket.socket, talk: h11.Connection) -> Iterator[Any]:
        """What the other side says, as it comes; an OSError when it falls silent or the line goes dead."""
        while True:
            event: Any = talk.next_event()
            if event is not h11.NEED_DATA:
                yield event
                continue
            try:
                line.settimeout(self._left())
                talk.receive_data(line.recv(RECEIVED))
            except OSError as error:
                yield error
