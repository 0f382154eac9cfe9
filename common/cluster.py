"""django-q2's workers as a group of processes: started, seen, stopped, and killed as one."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

from django.conf import settings

IDLE_GRACE = 5.0  # seconds; what stops in good order has done so by then unless it works on something


class ClusterProcess:
    """One `manage.py cluster` in a process group of its own. It dies with us: its stdin is a pipe that we hold."""

    def __init__(self) -> None:
        self.leader: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        self.leader = subprocess.Popen(
            [sys.executable, "-m", "django", "cluster"],
            stdin=subprocess.PIPE,
            start_new_session=True,  # Ctrl-C reaches only us; we stop it in good order
            cwd=settings.BASE_DIR,
        )

    @property
    def alive(self) -> bool:
        return self.leader is not None and self.leader.poll() is None

    @property
    def busy(self) -> bool:
        """Is a worker in the middle of a task? django-q2 says so in the process titles; where they cannot be read
        (no /proc), a living cluster counts as busy."""
        if not self.alive:
            return False
        if not Path("/proc/self/stat").exists():
            return True
        return any(b" processing " in title for title in self._titles())

    def stop(self, *, grace: float) -> None:
        """Stop in good order; what is not done after `grace` seconds, or idle and still there, is killed."""
        started = time.monotonic()
        if self.leader is not None and self.alive:
            self.leader.terminate()
        while self.alive:
            waited = time.monotonic() - started
            if waited > grace or (waited > IDLE_GRACE and not self.busy):
                break
            time.sleep(0.1)
        self.kill()

    def kill(self) -> None:
        """SIGKILL to the whole group; SIGTERM would hang when the queue's lock is lost."""
        if self.leader is None:
            return
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self.leader.pid, signal.SIGKILL)
        self.leader.wait()
        if self.leader.stdin:
            self.leader.stdin.close()
        self.leader = None

    def _titles(self) -> list[bytes]:
        group = self.leader.pid if self.leader else -1
        titles = []
        for process in Path("/proc").glob("[0-9]*"):
            with suppress(OSError, ValueError):
                if os.getpgid(int(process.name)) == group:
                    titles.append((process / "cmdline").read_bytes())
        return titles
