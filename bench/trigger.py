"""Deciding about one day of a bank, against INSERT ... SELECT written by hand for that one program.

1,000,000 visits by 1,000,000 customers, with a quarantine of 90 days, suppression, a rate of its own for business
customers and a quota per branch and month; every round works on a fresh copy of the same day and commits. What both
leave is held against each other to the row: decisions with inputs, contact ledger, invitations with packets, messages,
marks. Then two runs at once, each in a connection of its own, against one alone: two waves of different programs, and
visits that two programs decide about as they come.
"""

from __future__ import annotations

import resource
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any

from django.conf import settings
from django.db import connection, transaction

from bench import databases
from bench.timing import Line, faster, progress
from surveys.models import ProgramVersion
from surveys.partitions import ensure_partitions
from surveys.services.triggering.running import LIMIT, decide_turns, run_trigger

AT = datetime(2026, 11, 24, 6, tzinfo=UTC)
CUSTOMERS = VISITS = 1_000_000
QUOTA = 150  # of a branch and month; the draw gives most of them more
TURNS = 200_000
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
SHARES = "SELECT unit_id, count(*) FROM surveys_invitation GROUP BY unit_id ORDER BY unit_id"
HASH = "SELECT count(*), sum(hashtextextended(row::text, 0)::numeric) FROM ({}) row"

Way = tuple[list[float], Callable[[], object], bool]  # its times, how it is run, whether it leaves the same rows


def run(scale: float) -> Iterator[Line]:
    visits = int(VISITS * scale)
    sizes = {"people": int(CUSTOMERS * scale), "visits": visits, "quota": max(1, int(QUOTA * scale))}
    _furnish("trigger_day.sql", **sizes)
    reference: list[float] = []
    whole: list[float] = []
    batched: list[float] = []
    by_hand, in_one_run = partial(_by_hand, sizes["quota"]), partial(_in_one_run, visits)
    # the runs of the worker fill the quotas one after the other: others of a unit are asked, but as many
    ways: list[Way] = [(reference, by_hand, True), (whole, in_one_run, True), (batched, _as_the_worker_does, False)]
    figures = _compared(ways * ROUNDS)
    name = f"trigger: {visits:,} visits of a day, {figures['invitations'][0]:,} asked"
    yield faster(f"{name}, in one run", whole, reference, bar=1 / 1.5)
    yield faster("trigger: the same as the worker does", batched, reference, bar=1 / 1.5)
    yield _memory()
    yield _two_waves_at_once(turns=int(TURNS * scale))
    yield _two_workers_at_once(visits=int(2 * TURNS * scale))
    connection.close()
    databases.forget(WORK)


def _compared(turns: list[Way]) -> dict[str, Any]:
    """What those ways leave that have to leave the same, to the row; the others ask as many of each unit."""
    left: set[Any] = set()
    shares: set[Any] = set()
    for times, way, to_the_row in turns:
        times.append(_timed(way))
        progress(f"trigger: {getattr(way, 'func', way).__name__.strip('_').replace('_', ' ')}, {times[-1]:.1f} s")
        left |= {_what_stands()} if to_the_row else set()
        shares.add(tuple(_rows(SHARES)))
        if len(left) > 1:
            raise AssertionError(f"not the same rows: {list(left)}")
        if len(shares) > 1:
            raise AssertionError(f"{way} asked another number in some unit")
    (found,) = left
    return dict(found)


def _two_waves_at_once(turns: int) -> Line:
    """Runs on different programs: the waves of two, against one of them."""
    _furnish("trigger_turns.sql", turns=turns)
    one, two = _abreast(partial(_decide_wave, 0), [partial(_decide_wave, number) for number in range(2)])
    name = f"trigger: two programs at once, {turns:,} turns each; turns a second"
    return _line(name, turns / one, 2 * turns / two)


def _two_workers_at_once(visits: int) -> Line:
    """Runs over interactions, each of which decides for both programs: two workers share what one has alone."""
    _furnish("trigger_visits.sql", visits=visits)
    share = min(LIMIT, visits // 4)  # of a run: each worker has two at least
    work = partial(_decide_visits, share)
    one, two = _abreast(work, [work, work])
    name = f"trigger: two workers at once, {visits:,} visits for two programs, {share:,} a run; visits a second"
    return _line(name, visits / one, visits / two)


def _abreast(alone: Callable[[], None], both: list[Callable[[], None]]) -> tuple[float, float]:
    """Seconds, the median of the rounds each."""
    one: list[float] = []
    two: list[float] = []
    for _ in range(ROUNDS):
        one.append(_timed(alone))
        two.append(_timed(partial(_at_once, both)))
        progress(f"trigger: alone {one[-1]:.1f} s, two at once {two[-1]:.1f} s")
    return median(one), median(two)


def _line(name: str, one: float, two: float) -> Line:
    return Line(name, f"{two:,.0f}", f"{one:,.0f} of one", two / one, bar=1.5)


def _at_once(ways: list[Callable[[], None]]) -> None:
    with ThreadPoolExecutor(len(ways)) as pool:
        list(pool.map(_aside, ways))


def _aside(way: Callable[[], None]) -> None:
    connection.settings_dict["NAME"] = WORK  # a thread has a connection of its own
    try:
        way()
    finally:
        connection.close()


def _decide_wave(number: int) -> None:
    version = ProgramVersion.objects.select_related("program").get(program__code=f"wave-{number}")
    while decide_turns(version=version, at=AT):
        pass


def _decide_visits(share: int) -> None:
    while run_trigger(at=AT, limit=share):
        pass


def _furnish(file: str, **sizes: int) -> None:
    progress(f"trigger: {file}")
    connection.close()
    connection.settings_dict["NAME"] = DAY
    day = (HERE / file).read_text()
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


def _timed(way: Callable[[], object]) -> float:
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


def _by_hand(quota: int) -> None:
    version = ProgramVersion.objects.get()
    known: dict[str, Any] = {
        ":at": f"timestamptz '{AT.isoformat()}'", ":kind_id": version.interaction_kind_id,
        ":program_id": version.program_id, ":version_id": version.pk, ":domain": settings.MAIL_DOMAIN,
        ":quota": quota,
    }  # fmt: skip
    statements = (HERE / "trigger_reference.sql").read_text()
    for name, value in known.items():
        statements = statements.replace(name, str(value))
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statements)


def _what_stands() -> tuple[tuple[str, tuple[int, int]], ...]:
    """How many rows, and one number for all that they hold."""
    domain = settings.MAIL_DOMAIN
    return tuple((name, _rows(HASH.format(rows.replace(":domain", domain)))[0]) for name, rows in ROWS.items())


def _rows(query: str) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(query)
        return list(cursor.fetchall())


def _memory() -> Line:
    """The most that this process, which ran ours, ever held."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return Line("trigger: memory of Python", f"{peak:.0f} MB", f"{MEGABYTES} MB", MEGABYTES / peak, 1.0)
