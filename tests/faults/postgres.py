"""The embedded PostgreSQL of tests and proofs, stopped the hard way and started where it was."""

from __future__ import annotations

import os
import signal
from contextlib import suppress
from pathlib import Path

from common import embedded_pg
from tests.faults.processes import until

SIGNALS = {
    "fast": signal.SIGINT,  # every session is told to go
    "immediate": signal.SIGQUIT,  # as a crash: no goodbye, recovery at the next start
}


def postmaster(root: Path) -> int:
    """The server's first process."""
    return int((root / "cluster" / "postmaster.pid").read_text().split("\n", 1)[0])


def stop(root: Path, mode: str) -> None:
    """Until nothing of it is left."""
    pid = postmaster(root)
    with suppress(ProcessLookupError):
        os.kill(pid, SIGNALS[mode])
    until(lambda: not _lives(pid), seconds=60, what="PostgreSQL stops")


def restart(root: Path, mode: str, *, durable: bool = True) -> None:
    stop(root, mode)
    embedded_pg.ensure(root, durable=durable)


def _lives(pid: int) -> bool:
    """A zombie does not: its parent may be slow to notice."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False
