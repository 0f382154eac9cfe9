"""The processes of the demo: started together, watched, and gone together, whatever ends it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType

from demo.places import HOST, IMAP, MAIL_PASSWORD, SMTP, WEB, WEBMAIL

PATIENCE = 45.0  # seconds for a part to come up
GRACE = 8.0  # seconds to end by itself; then it is asked again, then killed


class DidNotStart(Exception):
    """A part ended by itself or did not come up."""


@dataclass
class Part:
    """A child process in a session of its own, so that Ctrl-C reaches only us and we end things in order."""

    name: str
    command: Sequence[str]
    folder: Path
    process: subprocess.Popen[bytes] | None = None

    @property
    def log(self) -> Path:
        return self.folder / f"{self.name}.log"

    def start(self) -> None:
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                self.command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
            )

    @property
    def over(self) -> bool:
        return self.process is not None and self.process.poll() is not None

    def signal(self, number: int) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(number)

    def last_words(self, lines: int = 12) -> str:
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-lines:]) if self.log.exists() else ""


@dataclass
class Household:
    """All parts. Use as a context manager: on the way out nothing of it is left running."""

    folder: Path
    parts: list[Part] = field(default_factory=list)
    stopping: bool = False

    def __enter__(self) -> Household:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._stop)
        return self

    def __exit__(self, *_: object) -> None:
        self.end()

    def _stop(self, _number: int, _frame: FrameType | None) -> None:
        self.stopping = True

    def start(self, name: str, *command: str) -> None:
        part = Part(name, command, self.folder)
        part.start()
        self.parts.append(part)

    def wait_for(self, ready: Callable[[], bool], what: str) -> None:
        """Until `ready()`; DidNotStart if a part ends before, or after PATIENCE."""
        until = time.monotonic() + PATIENCE
        while not ready():
            self.check()
            if time.monotonic() > until:
                raise DidNotStart(f"{what} did not come up within {PATIENCE:.0f} s; see {self.folder}")
            if self.stopping:
                raise KeyboardInterrupt
            time.sleep(0.1)

    def check(self) -> None:
        for part in self.parts:
            if part.over and not self.stopping:
                raise DidNotStart(f"{part.name} ended unexpectedly ({part.log}):\n{part.last_words()}")

    def watch(self) -> None:
        """Until a signal comes or a part ends by itself."""
        while not self.stopping:
            self.check()
            time.sleep(0.3)

    def end(self) -> None:
        """Ask politely, ask again, then kill; their own children too."""
        alive = [part for part in reversed(self.parts) if not part.over]
        family: dict[int, str] = {}
        for part in alive:
            family |= _descendants(part.process.pid) if part.process else {}
        for number in (signal.SIGTERM, signal.SIGTERM, signal.SIGKILL):
            for part in alive:
                part.signal(number)
            if _all_over(alive, GRACE):
                break
        for pid, began in family.items():
            _kill(pid, began)
        self.parts.clear()


def _all_over(parts: list[Part], patience: float) -> bool:
    until = time.monotonic() + patience
    while time.monotonic() < until:
        if all(part.over for part in parts):
            return True
        time.sleep(0.05)
    return False


def _descendants(pid: int) -> dict[int, str]:
    """Processes below `pid` and when each began, by what the kernel says (Linux); elsewhere none are known."""
    found: dict[int, str] = {}
    try:
        children = [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except OSError:
        return found
    for child in children:
        found |= {child: _began(child)} | _descendants(child)
    return found


def _began(pid: int) -> str:
    """Clock ticks from boot to the start of `pid`; empty when there is no such process."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[19]
    except OSError:
        return ""


def _kill(pid: int, began: str) -> None:
    """End a process that was left over, and no other that got its number meanwhile."""
    if began and _began(pid) == began:
        with suppress(ProcessLookupError, PermissionError):
            os.kill(pid, signal.SIGKILL)


def mail_catcher(house: Household) -> None:
    house.start(
        "mail", sys.executable, "-m", "mail_devel", "--host", HOST, "--multi-user", "--password", MAIL_PASSWORD,
        "--smtp-port", str(SMTP.number), "--imap-port", str(IMAP.number), "--http-port", str(WEBMAIL.number),
    )  # fmt: skip


def web(house: Household) -> None:
    house.start(
        "web", sys.executable, "-m", "gunicorn", "nps_project.wsgi", "--bind", f"{HOST}:{WEB.number}",
        "--workers", "2", "--threads", "4", "--graceful-timeout", "3", "--log-level", "warning",
    )  # fmt: skip


def worker(house: Household) -> None:
    house.start("work", sys.executable, "manage.py", "work")


def crm(house: Household) -> None:
    house.start("crm", sys.executable, "-m", "demo.receiving", str(house.folder))


def life(house: Household) -> None:
    house.start("life", sys.executable, "-m", "demo.living")
