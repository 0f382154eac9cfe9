"""A server that hangs up on its caller."""

from __future__ import annotations

import socket
import struct
from contextlib import suppress
from http.server import BaseHTTPRequestHandler


class DroppingHandler(BaseHTTPRequestHandler):
    def _drop(self, *, reset: bool) -> None:
        """End the connection without a word; `reset`: with RST."""
        with suppress(OSError):
            if reset:
                self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            else:
                self.connection.shutdown(socket.SHUT_RDWR)
            self.connection.close()
        self.close_connection = True

    def finish(self) -> None:
        with suppress(OSError, ValueError):  # the line was dropped on purpose
            super().finish()
