"""Commands that must not outlive us, and whom to kill among their descendants (Linux: /proc)."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import dataclass
from pathlib import Path

HOUSE = Path(__file__).resolve().parents[2]
LEASH = """
import ctypes, os, signal, sys
PR_SET_PDEATHSIG = 1
ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
if os.getppid() != int(sys.argv[1]):  # it died before we asked to be told
    sys.exit(1)
os.execv(sys.executable, [sys.executable, *sys.argv[2:]])
"""


@dataclass(frozen=True)
class Process:
    pid: int
    parent: int
    title: str
    group: int

    @property
    def is_worker(self) -> bool:
        """django-q2 gives a worker a title that ends in what it does."""
        return self.title.startswith("qcluster") and (self.is_idle or self.is_busy)

    @property
    def is_idle(self) -> bool:
        return self.title.endswith(" idle")

    @property
    def is_busy(self) -> bool:
        return " processing " in self.title


def everybody() -> list[Process]:
    found = []
    for path in Path("/proc").glob("[0-9]*"):
        with suppress(OSError, IndexError):
            pid, status = int(path.name), (path / "stat").read_text().rsplit(")", 1)[1].split()
            title = (path / "cmdline").read_bytes().replace(b"\0", b" ").decode("utf-8", "replace").strip()
            found.append(Process(pid, parent=int(status[1]), title=title, group=int(status[2])))
    return found


def below(ancestor: int) -> list[Process]:
    """Its descendants, zombies left out."""
    everyone = everybody()
    known, grew = {ancestor}, True
    while grew:
        more = {process.pid for process in everyone if process.parent in known} - known
        known, grew = known | more, bool(more)
    return [process for process in everyone if process.pid in known and process.pid != ancestor and process.title]


def workers_below(ancestor: int) -> list[Process]:
    return [process for process in below(ancestor) if process.is_worker]


def clusters_below(ancestor: int) -> list[int]:
    """The leaders of the groups in which django-q2's workers live."""
    return sorted({process.group for process in below(ancestor) if process.title.startswith("qcluster")})


def kill(pid: int) -> bool:
    """SIGKILL; was there anybody?"""
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        return False
    return True


def kill_group(leader: int) -> bool:
    """SIGKILL to a whole cluster at once; was there anybody?"""
    try:
        os.killpg(leader, signal.SIGKILL)
    except ProcessLookupError:
        return False
    return True


@contextmanager
def running(
    *command: str, grace: float = 20, log: Path | None = None, environment: Mapping[str, str] = {}
) -> Iterator[subprocess.Popen[bytes]]:
    """A command of this Python in the house, in a session of its own. It ends with the block (SIGTERM, then SIGKILL to
    all that is below it), and it is killed when we are."""
    process = start(*command, log=log, environment=environment)
    try:
        yield process
    finally:
        end(process, grace=grace)


def start(*command: str, log: Path | None = None, environment: Mapping[str, str] = {}) -> subprocess.Popen[bytes]:
    """As `running`, for who ends it by `end`. Call it from the main thread: it dies with the thread that made it.
    `log` takes what it says on stderr."""
    with log.open("ab") if log else nullcontext() as file:
        return subprocess.Popen(
            [sys.executable, "-c", LEASH, str(os.getpid()), *command],
            cwd=HOUSE,
            env={**os.environ, **environment},
            start_new_session=True,
            stderr=file,
        )


def end(process: subprocess.Popen[bytes], *, grace: float = 20) -> None:
    family = below(process.pid)
    with suppress(ProcessLookupError):
        process.terminate()
    try:
        process.wait(grace)
    except subprocess.TimeoutExpired:
        family = below(process.pid)
    finally:
        for one in [process.pid, *(relative.pid for relative in family if _is_still(relative))]:
            kill(one)
        process.wait()


def _is_still(process: Process) -> bool:
    """Its number may be somebody else's by now."""
    return any(one.pid == process.pid and one.group == process.group for one in everybody())


Condition = Callable[[], object]


def until(true: Condition, *, seconds: float, what: str) -> float:
    """Ask again until it is so; how long it took. Raises TimeoutError with `what` otherwise."""
    started = time.monotonic()
    while not true():
        if time.monotonic() > started + seconds:
            raise TimeoutError(f"{what}: not within {seconds:g} seconds")
        time.sleep(0.05)
    return time.monotonic() - started
