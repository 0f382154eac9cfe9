"""A mailbox that is read over IMAP (RFC 3501, and MOVE of RFC 6851): just what an imaplib client says to it."""

from __future__ import annotations

import re
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field


@dataclass
class PostBox:
    """`mails` and `seen` by uid; what was moved away is in `done`. `moves`: the server knows MOVE. `deaf_to`: a command
    that it refuses. `said`: every command."""

    mails: dict[int, bytes] = field(default_factory=dict)
    seen: set[int] = field(default_factory=set)
    done: list[bytes] = field(default_factory=list)
    moves: bool = True
    deaf_to: str = ""
    password: str = "secret"
    said: list[str] = field(default_factory=list)
    port: int = 0

    def answer(self, command: str, rest: str) -> tuple[list[bytes], str]:
        """Untagged lines, and how it ended."""
        self.said.append(command)
        if self.deaf_to and command.startswith(self.deaf_to):
            return [], "NO cannot do that"
        if command == "LOGIN" and self.password not in rest:
            return [], "NO wrong password"
        if command == "UID SEARCH":
            return [("* SEARCH " + " ".join(str(u) for u in sorted(self.mails) if u not in self.seen)).encode()], "OK"
        if command == "UID FETCH":
            return self._fetch(rest), "OK"
        self._change(command, rest)
        return ([b"* 0 EXISTS"] if command == "SELECT" else []), "OK"

    def _change(self, command: str, rest: str) -> None:
        if command in {"UID MOVE", "UID COPY"}:
            self.done += [self.mails[uid] for uid in _uids(rest)]
            for uid in _uids(rest) if command == "UID MOVE" else []:
                del self.mails[uid]
        elif command == "UID STORE" and "Seen" in rest:
            self.seen |= set(_uids(rest))
        elif command == "EXPUNGE":
            self.mails.clear()

    def _fetch(self, rest: str) -> list[bytes]:
        (uid,), most = _uids(rest), int(re.findall(r"<0\.(\d+)>", rest)[0])
        raw, part = self.mails[uid], self.mails[uid][:most]
        head = f"* 1 FETCH (UID {uid} RFC822.SIZE {len(raw)} BODY[]<0> {{{len(part)}}}\r\n"
        return [head.encode() + part + b")"]


def _uids(rest: str) -> list[int]:
    return [int(uid) for uid in rest.split(maxsplit=1)[0].split(",")]


class _Handler(socketserver.StreamRequestHandler):
    def handle(self) -> None:
        box: PostBox = self.server.box  # type: ignore[attr-defined]
        self.wfile.write(b"* OK ready\r\n")
        for line in self.rfile:
            tag, _, rest = line.decode().strip().partition(" ")
            command, _, rest = rest.partition(" ")
            if command == "UID":
                second, _, rest = rest.partition(" ")
                command = f"UID {second}"
            if command == "CAPABILITY":
                lines, end = [f"* CAPABILITY IMAP4rev1{' MOVE' if box.moves else ''}".encode()], "OK"
            else:
                lines, end = box.answer(command, rest)
            self.wfile.write(b"".join(line + b"\r\n" for line in lines) + f"{tag} {end} done\r\n".encode())
            if command == "LOGOUT":
                return


@contextmanager
def open_post_box(box: PostBox) -> Iterator[PostBox]:
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), _Handler) as server:
        server.daemon_threads, server.box, box.port = True, box, server.server_address[1]  # type: ignore[attr-defined]
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        yield box
        server.shutdown()
