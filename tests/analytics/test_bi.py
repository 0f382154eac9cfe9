"""The `bi` schema: commented views that a role of its own reads, and nothing else, and nobody's name."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from analytics.bi.making import VIEWS, page
from analytics.services.granting import grant_bi
from tests.factories import surveys as asks
from tests.surveys.test_further_questions import QUESTIONS, TEXTS
from tests.world import World

PAGE = Path(__file__).resolve().parents[2] / "docs" / "bi.md"
ROLE = f"bi_reader_of_{os.environ.get('PYTEST_XDIST_WORKER', 'tests')}"  # roles are the server's, not the database's


def rows(query: str, *values: object) -> list[tuple]:
    with connection.cursor() as cursor:
        cursor.execute(query, values)
        return cursor.fetchall()


def test_there_are_the_views_that_the_page_tells_of_and_nothing_else(db):
    found = {name for (name,) in rows("SELECT relname FROM pg_class WHERE relnamespace = 'bi'::regnamespace")}
    kinds = {kind for (kind,) in rows("SELECT relkind::text FROM pg_class WHERE relnamespace = 'bi'::regnamespace")}
    assert found == {view.name for view in VIEWS}
    assert kinds == {"v"}


def test_no_view_and_no_column_is_without_a_comment(db):
    bare = rows("""
        SELECT c.relname, a.attname FROM pg_class c
        JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0
        WHERE c.relnamespace = 'bi'::regnamespace
          AND (col_description(c.oid, a.attnum) IS NULL OR obj_description(c.oid, 'pg_class') IS NULL)
    """)
    assert bare == []


def test_the_page_has_every_view_and_column():
    assert page() in PAGE.read_text()


def test_answers_to_further_questions_are_those_that_stand(world: World):
    """As `Response.answers_given` has them, whatever was changed before and left behind."""
    version = asks.version(questions=QUESTIONS, wording=TEXTS)
    given: list[dict[str, Any]] = [
        {"wait": 2, "what": ["fees", "staff"], "fees-how": "unclear", "more": "Ask Ines Moreau"},
        {"wait": 4, "what": ["staff"], "fees-how": "unclear", "more": "left behind"},
        {"wait": None, "what": ["fees"], "fees-how": "high", "more": "left behind"},
        {"what": None, "fees-how": "high"},
        {},
    ]
    answers = [
        asks.response(unit=world.harbour, program=version.program, version=version, score=score, further=said)
        for score in (3, 10)
        for said in given
    ]
    found = rows("""
        SELECT response_id, question, choice, number, is_skipped FROM bi.fact_further_answer
        ORDER BY response_id, question_number, choice
    """)
    assert found == [
        (row.pk, code, *_as_fact(code, value))
        for row in answers
        for code, said in row.answers_given.items()
        for value in (said if isinstance(said, list) else [said])
    ]
    assert len(found) == 19


def _as_fact(code: str, value: Any) -> tuple[Any, Any, bool]:
    if code == "wait":
        return None, value, value is None
    return None if code == "more" else value, None, value is None


def test_who_passed_by_is_told_apart(world: World):
    asks.response(unit=world.harbour, program=asks.program(), score=9, source="public-link:1")
    asks.response(unit=world.harbour, program=asks.program(), score=9)
    assert rows("SELECT is_anonymous FROM bi.fact_response ORDER BY 1") == [(False,), (True,)]


def test_days_of_facts_are_days_of_the_table_of_days(db):
    (first, last, number) = rows("SELECT min(day), max(day), count(*) FROM bi.dim_date")[0]
    assert (first, last, number) == (date(2010, 1, 1), date(2039, 12, 31), (last - first + timedelta(days=1)).days)
    assert rows("SELECT iso_year, iso_week, weekday FROM bi.dim_date WHERE day = '2027-01-01'") == [(2026, 53, 5)]


# --- the role ---


@pytest.fixture
def reader(transactional_db) -> Iterator[psycopg.Connection]:
    """Signed in as a role that was granted the schema, and as nobody else."""
    assert grant_bi(role=ROLE, password="correct horse") is True
    place = connection.get_connection_params()
    with psycopg.connect(
        host=place["host"], port=place.get("port"), dbname=place["dbname"], user=ROLE, password="correct horse",
        autocommit=True,
    ) as signed_in:  # fmt: skip
        yield signed_in
    with connection.cursor() as cursor:
        cursor.execute(f"DROP OWNED BY {ROLE}")
        cursor.execute(f"ALTER DEFAULT PRIVILEGES IN SCHEMA bi REVOKE SELECT ON TABLES FROM {ROLE}")
        cursor.execute(f"DROP ROLE {ROLE}")


def test_the_role_reads_the_views_and_nothing_else(reader):
    for view in VIEWS:
        reader.execute(f"SELECT * FROM bi.{view.name} LIMIT 1")
    for table in ("crm_customer", "crm_contactpoint", "surveys_response", "common_user", "analytics_bikey"):
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            reader.execute(f"SELECT * FROM public.{table} LIMIT 1")


def test_the_role_makes_and_changes_nothing_also_where_it_lifts_its_own_limits(reader):
    assert reader.execute("SHOW default_transaction_read_only").fetchone() == ("on",)
    assert reader.execute("SHOW statement_timeout").fetchone() == ("1min",)
    refused = (psycopg.errors.ReadOnlySqlTransaction, psycopg.errors.InsufficientPrivilege)
    for statement in ("CREATE TABLE bi.x (a int)", "CREATE TABLE public.x (a int)", "CREATE SCHEMA x"):
        with pytest.raises(refused):
            reader.execute(statement)
    reader.execute("SET default_transaction_read_only = off")
    for statement in (
        "CREATE TABLE bi.x (a int)", "CREATE TABLE public.x (a int)", "CREATE SCHEMA x", "DROP VIEW bi.dim_org",
        "UPDATE bi.fact_answer SET question = 'x'", "DELETE FROM public.crm_customer",
    ):  # fmt: skip
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            reader.execute(statement)


def test_views_that_are_made_anew_are_readable_at_once(reader):
    call_command("migrate", "analytics", "0004", verbosity=0)
    assert rows("SELECT count(*) FROM pg_views WHERE schemaname = 'bi'") == [(0,)]
    call_command("migrate", verbosity=0)  # other apps' that stand on it too
    assert reader.execute("SELECT count(*) FROM bi.dim_date").fetchone()[0] > 10_000


def test_the_command_grants_a_second_time_without_ado_and_refuses_odd_names(reader, capsys):
    call_command("bi_grant", ROLE)
    assert f"{ROLE} reads bi." in capsys.readouterr().out
    with pytest.raises(CommandError):
        call_command("bi_grant", 'x"; DROP TABLE crm_customer; --')
