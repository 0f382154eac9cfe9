"""What the outside saw: a file of one JSON line per event, which outlives whoever wrote it."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Ledger:
    path: Path

    def note(self, what: str, **about: Any) -> None:
        """One write of one line, so that lines of several threads and processes do not mix."""
        line = json.dumps({"at": time.time(), "what": what, **about}) + "\n"
        handle = os.open(self.path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        try:
            os.write(handle, line.encode())
        finally:
            os.close(handle)

    def lines(self, *what: str) -> Iterator[dict[str, Any]]:
        """Lines so far; of the kinds `what` only, if any are named."""
        if not self.path.exists():
            return
        with self.path.open() as file:
            for line in file:
                found = json.loads(line)
                if not what or found["what"] in what:
                    yield found

    def count(self, what: str) -> int:
        return sum(1 for _ in self.lines(what))
