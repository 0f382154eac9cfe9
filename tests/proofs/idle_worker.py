"""RELIABILITY G2 (R-10): every idle worker is killed, so the one that holds the queue's lock is among them.

Twenty tasks are due meanwhile. Nobody helps; all must be done within 120 s. For 1, 2 and 4 workers.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

from django.conf import settings
from django_q.models import OrmQ
from django_q.tasks import async_task

from tests.proofs.record import proof

SEED = 20261122  # nothing is drawn; kept for the form
LIMIT = 120.0


def workers_of(supervisor: int) -> list[int]:
    """Idle workers below the supervisor, by their titles."""
    parents, titles = {}, {}
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError, IndexError):
            parents[int(process.name)] = int((process / "stat").read_text().rsplit(")", 1)[1].split()[1])
            titles[int(process.name)] = (process / "cmdline").read_bytes().replace(b"\0", b" ").strip()
    found = []
    for pid, title in titles.items():
        ancestor: int | None = pid
        while ancestor and ancestor != supervisor:
            ancestor = parents.get(ancestor)
        if ancestor == supervisor and title.endswith(b" idle"):
            found.append(pid)
    return found


def seconds_until_done(workers: int) -> float:
    OrmQ.objects.all().delete()
    supervisor = subprocess.Popen(
        [sys.executable, "manage.py", "work"],
        cwd=settings.BASE_DIR,
        env={**os.environ, "SHOPKEEPER_WORKERS": str(workers)},
    )
    try:
        while len(idle := workers_of(supervisor.pid)) < workers or OrmQ.objects.exists():
            time.sleep(0.2)
        for pid in idle:
            os.kill(pid, signal.SIGKILL)
        started = time.monotonic()
        for _ in range(20):
            async_task("common.tasks.beat", save=False)
        while OrmQ.objects.exists() and time.monotonic() < started + LIMIT:
            time.sleep(0.2)
        return time.monotonic() - started
    finally:
        supervisor.terminate()
        supervisor.wait(90)


def main() -> None:
    with proof("idle_worker", seed=SEED, promises=["resumed_alone"]) as figures:
        seconds = {workers: round(seconds_until_done(workers), 1) for workers in (1, 2, 4)}
        figures.update(seconds_by_workers=seconds, resumed_alone=max(seconds.values()) < LIMIT)
