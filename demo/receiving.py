"""`python -m demo.receiving FOLDER`: the bank's own CRM, as far as it is told what happens. It takes webhooks, checks
who signed them and writes each as a line of FOLDER/webhooks.log."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from demo import places

SECRET_FILE = "webhook_secret"


def is_ours(secret: str, headers: dict[str, str], body: bytes) -> bool:
    """As the Standard Webhooks specification has it."""
    key = base64.b64decode(secret.removeprefix("whsec_"))
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    wanted = "v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    return any(hmac.compare_digest(wanted, given) for given in headers["webhook-signature"].split())


class _Desk(BaseHTTPRequestHandler):
    folder: Path

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        headers = {name.lower(): value for name, value in self.headers.items()}
        good = "webhook-id" in headers and is_ours((self.folder / SECRET_FILE).read_text(), headers, body)
        if good:
            line = json.dumps({"id": headers["webhook-id"], **json.loads(body)}, ensure_ascii=False)
            with (self.folder / "webhooks.log").open("a") as log:
                log.write(line + "\n")
        self.send_response(204 if good else 401)
        self.end_headers()

    def log_request(self, *_: object) -> None:
        """The log of webhooks is the log."""


if __name__ == "__main__":
    _Desk.folder = Path(sys.argv[1])
    ThreadingHTTPServer((places.HOST, places.HOOKS.number), _Desk).serve_forever()
