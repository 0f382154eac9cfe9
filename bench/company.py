"""A company with as many answers as one likes, made inside the database and taken in by the rollups' own filling:
400 branches in 20 regions, answers of 24 months (`bench.many_answers` is the command).
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path

from django.db import connection
from django.db.backends.postgresql.psycopg_any import DateRange, DateTimeTZRange

from analytics.services.filling import rebuild
from analytics.stats import ROLLUPS
from bench.timing import progress
from common.models import User
from crm.models import Assignment, Employee, OrgUnit
from surveys.models import Program, ProgramVersion

AT = datetime(2026, 11, 23, tzinfo=UTC)  # nothing is younger
ANSWERS, MOST_CUSTOMERS = 10_000_000, 500_000
HUGE = ("surveys_response", "surveys_invitation", "analytics_answerfact")
EVER = datetime(2020, 1, 1, tzinfo=UTC)
SETTINGS = """
SET session_replication_role = replica; SET synchronous_commit = off; SET work_mem = '256MB';
SET maintenance_work_mem = '512MB'
"""


def organize() -> None:
    """The company before anybody answered, and `office`, who sees all of it."""
    _run("organization")
    for program in Program.objects.order_by("pk"):
        ProgramVersion.objects.create(
            program=program, number=1, seed=program.code, created_at=EVER, published_at=EVER, default_language="en"
        )
    company = OrgUnit.objects.get(source="bench", external_id="0")
    office = Employee.objects.create(source="bench", external_id="office", name="Office")
    office.user = User.objects.create_user("office", password="office", is_staff=True)
    office.save()
    Assignment.objects.create(
        employee=office, unit=company, role="office", valid=DateRange(date(2020, 1, 1), None),
        recorded=DateTimeTZRange(EVER, None),
    )  # fmt: skip


def answer(number: int) -> float:
    """`number` answers in place of those there are, taken in as `manage.py refill_rollups` does it; the seconds."""
    began = time.perf_counter()
    _empty()
    with _in_haste():
        _run("customers", number)
        with _without_indexes():
            for part in ("invitations", "answers"):
                _run(part, number)
                progress(f"{number:,} answers: {part} made, {time.perf_counter() - began:.0f} s")
            _execute("ANALYZE")
            rebuild(at=AT)
            progress(f"{number:,} answers: taken in, {time.perf_counter() - began:.0f} s")
        for part in ("words", "decisions"):
            _run(part, number)
    _execute("VACUUM ANALYZE")
    progress(f"{number:,} answers: there, {time.perf_counter() - began:.0f} s")
    return time.perf_counter() - began


def _empty() -> None:
    tables = [rollup.target._meta.db_table for rollup in ROLLUPS]
    tables += ["surveys_response", "surveys_invitation", "analytics_invitationfact", "crm_customer"]
    tables += ["surveys_decisiontally", "surveys_dispositionnote", "analytics_dirtycell", "surveys_passage"]
    _execute(f"TRUNCATE {', '.join(dict.fromkeys(tables))} RESTART IDENTITY CASCADE")


@contextmanager
def _in_haste() -> Iterator[None]:
    """Foreign keys are not checked and no trigger fires; what is lost with the power is made again."""
    _execute(SETTINGS)
    try:
        yield
    finally:
        _execute("RESET ALL")


@contextmanager
def _without_indexes() -> Iterator[None]:
    """The large tables have their indexes afterwards, made at once, which takes a fraction of the time. Constraints
    stay: `ON CONFLICT` of the filling asks for them."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT indexrelid::regclass::text, pg_get_indexdef(indexrelid) FROM pg_index"
            " WHERE indrelid = ANY(%s::regclass[])"
            " AND NOT EXISTS (SELECT 1 FROM pg_constraint WHERE conindid = indexrelid)",
            [list(HUGE)],
        )
        found = cursor.fetchall()
    for name, _ in found:
        _execute(f"DROP INDEX {name}")
    try:
        yield
    finally:
        for _, definition in found:
            _execute(definition)
        progress(f"{len(found)} indexes made again")


def _run(part: str, answers: int = ANSWERS) -> None:
    """The statements under `-- :part` of the file beside this one."""
    text = Path(__file__).with_suffix(".sql").read_text()
    statements = text.split(f"-- :{part}\n", 1)[1].split("\n-- :", 1)[0]
    with connection.cursor() as cursor:
        cursor.execute("SELECT setseed(0.5)")
        cursor.execute(statements, {"answers": answers, "at": AT, "customers": _customers(answers), **_first_ids()})


def _customers(answers: int) -> int:
    return max(100, min(MOST_CUSTOMERS, answers // 10))


def _first_ids() -> dict[str, int]:
    first = {}
    tables = {
        "unit": "crm_orgunit", "employee": "crm_employee", "program": "surveys_program",
        "version": "surveys_programversion", "customer": "crm_customer",
    }  # fmt: skip
    with connection.cursor() as cursor:
        for name, table in tables.items():
            cursor.execute(f"SELECT coalesce(min(id), 0) FROM {table}")
            first[name] = cursor.fetchone()[0]
    return first


def _execute(statements: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statements)
