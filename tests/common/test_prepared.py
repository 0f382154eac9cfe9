"""Statements that PostgreSQL plans once: the same connection, errors and counts as Django's cursors."""

from __future__ import annotations

import pytest
from django.db import DataError, connection, transaction

from common.prepared import prepared_cursor
from common.rows import insert, values_of
from surveys.models import Response

pytestmark = pytest.mark.django_db
KNOWN = "SELECT statement, generic_plans + custom_plans FROM pg_prepared_statements"


def test_a_statement_is_planned_once_and_executed_each_time():
    for number in (1, 41):
        with prepared_cursor() as cursor:
            cursor.execute("SELECT %s::int + 1", [number])
            assert cursor.fetchone() == (number + 1,)
    with connection.cursor() as cursor:
        cursor.execute(KNOWN)
        assert cursor.fetchall() == [("SELECT $1::int + 1", 2)]


def test_it_counts_as_a_query_and_sees_the_transaction_it_is_in(django_assert_num_queries):
    with django_assert_num_queries(2), prepared_cursor() as cursor:
        cursor.execute("CREATE TEMPORARY TABLE seen ON COMMIT DROP AS SELECT 7 AS n")
        cursor.execute("SELECT n FROM seen")
        assert cursor.fetchone() == (7,)


def test_its_errors_are_those_of_django():
    with pytest.raises(DataError), transaction.atomic(), prepared_cursor() as cursor:
        cursor.execute("SELECT 1 / %s::int", [0])


def test_a_value_that_is_too_long_for_its_column_is_refused_and_not_cut():
    row = Response(product="p" * 81, attributes={})
    with pytest.raises(DataError, match="too long"), transaction.atomic(), prepared_cursor() as cursor:
        cursor.execute(insert(Response), values_of(row))
    assert not Response.objects.exists()
