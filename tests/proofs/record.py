"""The one line a proof ends with."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


@contextmanager
def proof(name: str, *, seed: int, promises: list[str]) -> Iterator[dict[str, Any]]:
    """Prints what was found; raises SystemExit unless the figures named in `promises` are all true."""
    figures: dict[str, Any] = {}
    started = time.monotonic()
    yield figures
    line = {"proof": name, "seed": seed, "seconds": round(time.monotonic() - started, 1), **figures}
    print(json.dumps(line), flush=True)
    missed = [promise for promise in promises if not figures[promise]]
    if missed:
        raise SystemExit(f"{name}: not held: {', '.join(missed)}")
