"""Processes beside the runner of the history, so that both cores work: each with a connection of its own, spoken to
over a pipe, gone when it is gone."""

from __future__ import annotations

import gc
import multiprocessing
import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection
from typing import Any

from django.db import connection

from common.forks import forget_connections

FORK = multiprocessing.get_context("fork")
STARTED: list[multiprocessing.context.ForkProcess] = []


class Abandoned(Exception):
    """Whoever is at the other end is gone."""


def haste() -> None:
    """For a process that loads: a crash loses a day of fiction, which is loaded anew; few objects live long."""
    gc.set_threshold(50_000, 20, 50)
    with connection.cursor() as cursor:
        cursor.execute("SET synchronous_commit TO off")


def start(work: Callable[..., None], *args: Any) -> Connection:
    """Run `work(wire, *args)` in a process of its own; returns our end of the line."""
    gc.freeze()
    ours, theirs = FORK.Pipe()
    process = FORK.Process(target=_live, args=(work, theirs, os.getpid(), args), daemon=True)
    process.start()
    STARTED.append(process)
    theirs.close()
    return ours


@contextmanager
def gone_in_the_end() -> Iterator[None]:
    """However the load ends, no process of it stays: one would hold copies of all that the runner had open."""
    try:
        yield
    finally:
        for process in STARTED:
            process.kill()
            process.join()
        STARTED.clear()


def hear(line: Connection) -> Any:
    """What the process at the other end says; its failure is ours."""
    try:
        heard = line.recv()
    except EOFError as error:
        raise Abandoned("a process of the load ended; what it said stands above") from error
    if isinstance(heard, BaseException):
        raise heard
    return heard


class Wire:
    """The end of the line in the process itself."""

    def __init__(self, line: Connection, parent: int) -> None:
        self._line, self._parent = line, parent

    def say(self, what: Any) -> None:
        try:
            self._line.send(what)
        except OSError as error:
            raise Abandoned from error

    def wait(self) -> Any:
        """What the runner says next."""
        while not self._line.poll(1.0):
            if os.getppid() != self._parent:
                raise Abandoned
        try:
            return self._line.recv()
        except EOFError as error:
            raise Abandoned from error


def _live(work: Callable[..., None], line: Connection, parent: int, args: tuple[Any, ...]) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the runner, and we go with it
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    wire = Wire(line, parent)
    forget_connections()
    try:
        haste()
        work(wire, *args)
    except Abandoned:
        os._exit(1)
    except Exception as error:  # noqa: BLE001 - told to the runner, which raises it
        wire.say(RuntimeError(f"{work.__name__} failed: {type(error).__name__}: {error}"))
