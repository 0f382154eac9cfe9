"""The one line a proof ends with, and how large it is."""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

HOUSE = Path(__file__).resolve().parents[2]
POSTGRES = HOUSE / "var" / "pg-proofs"  # the server that proofs work on, and may stop
SCALE = float(os.environ.get("PROOF_SCALE", "1"))  # PROOF_SCALE=0.1 while working on a proof


def scaled(size: int) -> int:
    return max(1, round(size * SCALE))


def say(words: str) -> None:
    """Progress, for who waits."""
    print(f"{time.strftime('%H:%M:%S')} {words}", file=sys.stderr, flush=True)


@contextmanager
def proof(name: str, *, seed: int, promises: list[str]) -> Iterator[dict[str, Any]]:
    """Prints what was found; raises SystemExit unless the figures named in `promises` are all true."""
    figures: dict[str, Any] = {}
    started = time.monotonic()
    yield figures
    line = {"proof": name, "seed": seed, "seconds": round(time.monotonic() - started, 1), **figures}
    print(json.dumps(line | ({"scale": SCALE} if SCALE != 1 else {})), flush=True)
    missed = [promise for promise in promises if not figures[promise]]
    if missed:
        raise SystemExit(f"{name}: not held: {', '.join(missed)}")
