"""RELIABILITY G2 (R-10): every idle worker is killed, so the one that holds the queue's lock is among them.

Twenty tasks are due meanwhile. Nobody helps; all must be done within 120 s. Ten runs with 1, 2 and 4 workers, each on a
database of its own, five at a time: they mostly wait.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import psycopg
from django.db import connection
from django_q.models import OrmQ
from django_q.tasks import async_task
from psycopg import sql

from tests.faults import processes
from tests.proofs.record import HOUSE, proof, say

SEED = 20261122  # nothing is drawn; kept for the form
RUNS = (1, 2, 4, 1, 2, 4, 1, 2, 4, 2)  # workers in each
AT_ONCE = 5
TASKS = 20
LIMIT = 120.0
LOG = HOUSE / "var" / "idle_worker.log"
Tasks = list[tuple[str, str]]
Database = psycopg.Connection[tuple[int]]


class Runs:
    def __init__(self, tasks: Tasks) -> None:
        self.tasks = tasks
        self.given_up = threading.Event()  # Ctrl-C: nobody waits any longer

    def seconds_until_done(self, number: int) -> float:
        """From the kill until the queue is empty; LIMIT if it never is."""
        workers = RUNS[number]
        with database_of_its_own(f"idle_{number}") as (url, database):
            environment = {"DATABASE_URL": url, "SHOPKEEPER_WORKERS": str(workers)}
            with processes.running("manage.py", "work", log=LOG, environment=environment) as work:
                self.until(
                    lambda: len(idle(work.pid)) == workers and not waiting(database), what=f"{workers} idle workers"
                )
                kill_all(idle(work.pid), workers)
                put(database, self.tasks)
                seconds = self._until_done(database)
        say(f"run {number + 1} of {len(RUNS)}, {workers} workers: done after {seconds:.1f} s")
        return round(seconds, 1)

    def _until_done(self, database: Database) -> float:
        try:
            return self.until(lambda: not waiting(database), what="all is done")
        except TimeoutError:
            return LIMIT

    def until(self, true: processes.Condition, *, what: str, limit: float = LIMIT) -> float:
        """How long it took; TimeoutError with `what` if it does not come within `limit` seconds."""
        started = time.monotonic()
        while not true():
            if self.given_up.wait(0.2) or time.monotonic() > started + limit:
                raise TimeoutError(f"{what}: not within {limit:g} s")
        return time.monotonic() - started


def kill_all(victims: list[int], workers: int) -> None:
    """Raises unless as many were killed as there are workers: else it would be no proof."""
    killed = sum(processes.kill(victim) for victim in victims)
    if killed != workers:
        raise RuntimeError(f"{killed} of {workers} idle workers were killed")


def idle(supervisor: int) -> list[int]:
    return [worker.pid for worker in processes.workers_below(supervisor) if worker.is_idle]


def waiting(database: Database) -> int:
    found = database.execute("select count(*) from django_q_ormq").fetchone()
    return found[0] if found else 0


def put(database: Database, tasks: Tasks) -> None:
    for task in tasks:
        database.execute("insert into django_q_ormq (key, payload, lock) values (%s, %s, now())", task)


def pack() -> Tasks:
    """Tasks as they stand in the queue, signed."""
    for _ in range(TASKS):
        async_task("common.tasks.beat", save=False)
    return list(OrmQ.objects.values_list("key", "payload"))


@contextmanager
def database_of_its_own(name: str) -> Iterator[tuple[str, Database]]:
    """A copy of the proofs' database, which nobody may be using: its address, and a connection to it."""
    known = connection.get_connection_params()
    place, main = {"host": known["host"], "user": known["user"]}, known["dbname"]
    with psycopg.connect(**place, dbname="postgres", autocommit=True) as server:
        server.execute(sql.SQL("drop database if exists {} with (force)").format(sql.Identifier(name)))
        server.execute(sql.SQL("create database {} template {}").format(sql.Identifier(name), sql.Identifier(main)))
        try:
            with psycopg.connect(**place, dbname=name, autocommit=True) as database:
                database.execute("delete from django_q_ormq")
                yield f"postgresql://{place['user']}@/{name}?host={place['host']}", database
        finally:
            server.execute(sql.SQL("drop database {} with (force)").format(sql.Identifier(name)))


def main() -> None:
    runs = Runs(pack())
    connection.close()
    with proof("idle_worker", seed=SEED, promises=["resumed_alone"]) as figures:
        with ThreadPoolExecutor(AT_ONCE) as pool:
            try:
                found = list(pool.map(runs.seconds_until_done, range(len(RUNS))))
            finally:
                runs.given_up.set()
        seconds = [{"workers": workers, "seconds": spent} for workers, spent in zip(RUNS, found, strict=True)]
        resumed = sum(spent < LIMIT for spent in found)
        figures.update(runs=seconds, resumed=f"{resumed} of {len(RUNS)}", resumed_alone=resumed == len(RUNS))
