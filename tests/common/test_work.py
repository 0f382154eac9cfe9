"""`manage.py work` for real, in a database of its own: a nudge arrives, and nothing stays behind however it ends."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
from django.db import connection
from psycopg import sql

HOUSE = Path(__file__).resolve().parents[2]
NAME = "work_smoke"


@pytest.fixture
def own_database(transactional_db) -> Iterator[psycopg.Connection]:
    """A copy of the (empty) test database, since the workers are other processes and see what is committed."""
    params = connection.get_connection_params()
    connection.close()
    place = {"host": params["host"], "user": params["user"]}
    name = sql.Identifier(f"{NAME}_{os.getpid()}")
    with psycopg.connect(**place, dbname="postgres", autocommit=True) as server:
        source = sql.Identifier(params["dbname"])
        # threads of earlier tests leave idle connections behind, and a template must have no visitors
        server.execute("select pg_terminate_backend(pid) from pg_stat_activity where datname = %s", [params["dbname"]])
        server.execute(sql.SQL("create database {} template {}").format(name, source))
        try:
            with psycopg.connect(**place, dbname=f"{NAME}_{os.getpid()}", autocommit=True) as own:
                yield own
        finally:
            server.execute(sql.SQL("drop database {} with (force)").format(name))


IDLE = """
import signal, django
signal.signal(signal.SIGINT, signal.default_int_handler)
django.setup()
from common.supervisor import Supervisor
from common.watch import Spans
Supervisor([], spans=Spans(look=1, probe=2, stalled=8)).run()
"""


@contextmanager
def started(own: psycopg.Connection, *arguments: str) -> Iterator[subprocess.Popen[bytes]]:
    url = f"postgresql://{own.info.user}@/{own.info.dbname}?host={own.info.host}"
    process = subprocess.Popen(
        [sys.executable, *arguments],
        cwd=HOUSE,
        env=os.environ | {"DATABASE_URL": url, "SHOPKEEPER_WORKERS": "1"},
    )
    try:
        yield process
    finally:
        process.kill(), process.wait(30)


@pytest.fixture
def work(own_database) -> Iterator[subprocess.Popen[bytes]]:
    with started(own_database, "manage.py", "work") as process:
        yield process


def until(true: Callable[[], object], seconds: float = 30) -> float:
    started = time.monotonic()
    while not true():
        assert time.monotonic() < started + seconds, "it took too long"
        time.sleep(0.05)
    return time.monotonic() - started


def group_of(work: subprocess.Popen[bytes]) -> list[str]:
    """Titles of the processes that `work` has started."""
    children = Path(f"/proc/{work.pid}/task/{work.pid}/children").read_text().split()
    return [pid for pid in children if b"qcluster" in Path(f"/proc/{pid}/cmdline").read_bytes()]


def members(leader: str) -> list[str]:
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if os.getpgid(int(process.name)) == int(leader) and (process / "cmdline").read_bytes():
                found.append(process.name)
        except OSError:
            continue
    return found


def beats(own: psycopg.Connection) -> object:
    found = own.execute("select at from common_heartbeat where name = 'worker'").fetchone()
    return found[0] if found else None


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT, signal.SIGKILL])
def test_it_works_and_leaves_nothing_behind(work, own_database, how):
    until(lambda: beats(own_database))
    (jobs,) = own_database.execute("select count(*) from django_q_schedule").fetchone()
    assert jobs >= 2
    (leader,) = group_of(work)
    assert len(members(leader)) >= 5  # the cluster, its guard, a worker, the monitor, the pusher
    work.send_signal(how)
    work.wait(30)
    until(lambda: not members(leader), 10)


def test_workers_that_are_killed_as_one_are_started_again(work, own_database):
    until(lambda: beats(own_database))
    (leader,) = group_of(work)
    before = beats(own_database)
    os.killpg(int(leader), signal.SIGKILL)
    until(lambda: beats(own_database) != before, 60)
    (why,) = own_database.execute("select data->>'why' from common_event where what = 'workers.restarted'").fetchone()
    assert why == "the workers ended"


def test_idle_workers_whose_beats_are_instant_are_left_alone(own_database):
    with started(own_database, "-c", IDLE) as work:
        until(lambda: beats(own_database))
        (leader,) = group_of(work)
        first = beats(own_database)
        time.sleep(12)  # half as long again as takes a stall
        assert beats(own_database) > first
        assert group_of(work) == [leader]
    assert own_database.execute("select count(*) from common_event").fetchone() == (0,)
