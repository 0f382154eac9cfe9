"""The whole house running for a browser: web (the test's live server), the supervised worker, a mail catcher."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

from django.db import connection

ROOT = Path(__file__).resolve().parents[2]
T = TypeVar("T")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def daytime_zone() -> str:
    """A zone in which it is about noon now: quiet hours and business days must not depend on when tests run."""
    ahead = 12 - datetime.now(UTC).hour
    return "Etc/GMT" if ahead == 0 else f"Etc/GMT{-ahead:+d}"


def until(found: Callable[[], T], *, seconds: float, what: str) -> T:
    """Ask again until it is there."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if answer := found():
            return answer
        time.sleep(0.1)
    raise AssertionError(f"{what}: not within {seconds} seconds")


def database_url() -> str:
    """The test's own database, for processes beside the test."""
    known = connection.get_connection_params()
    secret = f":{known['password']}" if known.get("password") else ""
    host = "" if known["host"].startswith("/") else known["host"]
    return f"postgresql://{known['user']}{secret}@{host}/{known['dbname']}?host={known['host']}"


@contextmanager
def running(command: list[str], **environment: str) -> Iterator[subprocess.Popen[bytes]]:
    """A process (with its children) that lives as long as the block."""
    process = subprocess.Popen(command, cwd=ROOT, env=os.environ | environment, start_new_session=True)
    try:
        yield process
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


@contextmanager
def mail_catcher() -> Iterator[tuple[int, str]]:
    """(SMTP port, address of the mailboxes in the browser)."""
    smtp, imap, http = free_port(), free_port(), free_port()
    command = [sys.executable, "-m", "mail_devel", "--host", "127.0.0.1", "--multi-user", "--password", "secret"]
    with running([*command, "--smtp-port", str(smtp), "--imap-port", str(imap), "--http-port", str(http)]):
        until(lambda: answers(smtp) and answers(http), seconds=20, what="the mail catcher")
        yield smtp, f"http://127.0.0.1:{http}/"


def answers(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


@contextmanager
def worker(*, public_url: str, smtp: int) -> Iterator[None]:
    with running(
        [sys.executable, "manage.py", "work"],
        DATABASE_URL=database_url(),
        SHOPKEEPER_PUBLIC_URL=public_url,
        SHOPKEEPER_EMAIL_URL=f"smtp://127.0.0.1:{smtp}",
    ):
        yield
