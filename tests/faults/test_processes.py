"""Whom the tools find, and that nothing outlives them."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

from tests.faults.processes import HOUSE, Process, below, kill, kill_group, running, until

CHILD = "import subprocess, sys; subprocess.Popen(['sleep', '31']); sys.stdin.read(); import time; time.sleep(31)"
PROOF = """
import time
from tests.faults.processes import start
print(start("-c", "import time; time.sleep(31)").pid, flush=True)
time.sleep(31)
"""


def lives(pid: int) -> bool:
    try:
        return bool(Path(f"/proc/{pid}/cmdline").read_bytes())
    except OSError:
        return False


def title(pid: int) -> str:
    return Path(f"/proc/{pid}/cmdline").read_text()


def sleeper(pid: int) -> list[int]:
    return [process.pid for process in below(pid) if process.title == "sleep 31"]


def test_what_a_command_started_ends_with_the_block():
    with running("-c", CHILD, grace=5) as process:
        until(lambda: sleeper(process.pid), seconds=20, what="the child")
        (child,) = sleeper(process.pid)
    assert not lives(process.pid)
    until(lambda: not lives(child), seconds=5, what="the child goes")


def test_a_command_that_does_not_want_to_end_is_killed():
    stubborn = (
        "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print(1, flush=True); time.sleep(31)"
    )
    with running("-c", stubborn, grace=0.3) as process:
        until(lambda: lives(process.pid), seconds=5, what="the command")
    assert process.returncode in (-signal.SIGKILL, -signal.SIGTERM)


def test_a_command_is_killed_with_the_one_who_started_it():
    with subprocess.Popen([sys.executable, "-c", PROOF], cwd=HOUSE, stdout=subprocess.PIPE, text=True) as proof:
        assert proof.stdout
        child = int(proof.stdout.readline())
        until(lambda: "sleep" in title(child), seconds=5, what="the command")
        proof.kill()
    until(lambda: not lives(child), seconds=5, what="the command goes")


def test_a_group_dies_as_one_and_a_dead_process_is_not_killed_again():
    with running("-c", CHILD) as process:
        until(lambda: sleeper(process.pid), seconds=20, what="the child")
        (child,) = sleeper(process.pid)
        assert kill_group(process.pid)
        until(lambda: not lives(child), seconds=5, what="the child goes")
        process.wait(5)
    assert not kill(process.pid)


def test_workers_are_told_by_their_titles():
    def worker(title: str) -> tuple[bool, bool, bool]:
        process = Process(1, 0, title, os.getpgrp())
        return process.is_worker, process.is_idle, process.is_busy

    assert worker("qcluster Process-1:1 idle") == (True, True, False)
    assert worker("qcluster Process-1:2 processing surveys.tasks.dispatch 'x'") == (True, False, True)
    assert worker("qcluster Process-1:3 monitor")[0] is False
    assert worker("python idle")[0] is False
