"""Deciding about one day of a bank, against INSERT ... SELECT written by hand for that one program.

1,000,000 visits by 1,000,000 customers; every round works on a fresh copy of the same day and commits. What both leave
is held against each other to the row: decisions with inputs, contact ledger, invitations with packets, messages, marks.
"""

from __future__ import annotations

import resource
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connection, transaction

from bench import databases
from bench.timing import Line, faster, progress
from surveys.models import ProgramVersion
from surveys.partitions import ensure_partitions
from surveys.services.triggering.running import run_trigger

AT = datetime(2026, 11, 24, 6, tzinfo=UTC)
CUSTOMERS = VISITS = 1_000_000
DAY, WORK = "bench_trigger", "bench_trigger_copy"
ROUNDS = 3
MEGABYTES = 150  # of Python, at most
HERE = Path(__file__).resolve().parent

# what must be the same, without the numbers that each run hands out anew
ROWS = {
    "decisions": """SELECT program_id, occasion, occasion_day, version_id, customer_id, unit_id, employee_id, reason,
        stratum, probability, draw, inputs, decided_at FROM surveys_decision""",
    "ledger": """SELECT customer_id, program_id, program_kind, state, reserved_at, handed_off_at, released_at
        FROM surveys_contactledger""",
    "invitations": """SELECT i.program_id, version_id, interaction_id, i.customer_id, l.customer_id, unit_id,
        employee_id, channel, language, packet, created_at, expires_at
        FROM surveys_invitation i JOIN surveys_contactledger l ON l.id = contact_id""",
    "messages": """SELECT interaction_id, kind, contact_point_id, m.created_at, state, due_at, attempts, leased_until,
        message_id = '<ask.' || public_id || '@:domain>', handed_off_at, reply
        FROM surveys_message m JOIN surveys_invitation i ON i.id = invitation_id""",
    "marks": "SELECT id, triggered_at FROM crm_interaction",
}
HASH = "SELECT count(*), sum(hashtextextended(row::text, 0)::numeric) FROM ({}) row"


def run(scale: float) -> Iterator[Line]:
    visits = int(VISITS * scale)
    _furnish(people=int(CUSTOMERS * scale), visits=visits)
    batched: list[float] = []
    whole: list[float] = []
    reference: list[float] = []
    turns: list[tuple[list[float], Callable[[], None]]] = [(reference, _by_hand), (batched, _as_the_worker_does)]
    turns = [*turns * ROUNDS, (whole, partial(_in_one_run, visits))]
    left = {}
    for times, way in turns:
        times.append(_timed(way))
        progress(f"trigger: {'by hand' if times is reference else 'ours'}, {times[-1]:.1f} s")
        left[_what_stands()] = way
        if len(left) > 1:
            raise AssertionError(f"not the same rows: {left}")
    connection.close()
    databases.forget(WORK)
    (found,) = left
    figures = dict(found)
    asked = figures["invitations"][0]
    yield faster(
        f"trigger: {visits:,} visits of a day, {asked:,} asked, as the worker does", batched, reference, bar=1 / 1.5
    )
    yield faster("trigger: the same in one run (once)", whole, reference, bar=1 / 1.5)
    yield _memory()


def _furnish(**sizes: int) -> None:
    progress("trigger: making the day")
    day = (HERE / "trigger_day.sql").read_text()
    for name, size in sizes.items():
        day = day.replace(f":{name}", str(size))
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")  # no check of foreign keys, row by row
        cursor.execute(day)
        cursor.execute("SET session_replication_role = DEFAULT")
        cursor.execute("VACUUM ANALYZE")
    with transaction.atomic():
        ensure_partitions([AT.date()])
    connection.close()


def _timed(way: Callable[[], None]) -> float:
    """Seconds that `way` takes on a fresh copy of the day, its commit included."""
    connection.close()
    connection.settings_dict["NAME"] = DAY
    databases.copy(DAY, WORK)
    connection.settings_dict["NAME"] = WORK
    connection.ensure_connection()
    start = time.perf_counter()
    way()
    return time.perf_counter() - start


def _as_the_worker_does() -> None:
    while run_trigger(at=AT):
        pass


def _in_one_run(visits: int) -> None:
    run_trigger(at=AT, limit=visits)


def _by_hand() -> None:
    version = ProgramVersion.objects.get()
    known: dict[str, Any] = {
        ":at": f"timestamptz '{AT.isoformat()}'", ":kind_id": version.interaction_kind_id,
        ":program_id": version.program_id, ":version_id": version.pk, ":domain": settings.MAIL_DOMAIN,
    }  # fmt: skip
    statements = (HERE / "trigger_reference.sql").read_text()
    for name, value in known.items():
        statements = statements.replace(name, str(value))
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statements)


def _what_stands() -> tuple[tuple[str, tuple[int, int]], ...]:
    """How many rows, and one number for all that they hold."""
    found = []
    with connection.cursor() as cursor:
        for name, rows in ROWS.items():
            cursor.execute(HASH.format(rows.replace(":domain", settings.MAIL_DOMAIN)))
            found.append((name, cursor.fetchone()))
    return tuple(found)


def _memory() -> Line:
    """The most that this process, which ran ours, ever held."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return Line("trigger: memory of Python", f"{peak:.0f} MB", f"{MEGABYTES} MB", MEGABYTES / peak, 1.0)
