"""One clock for all, on whatever day the tests run (docs/operations.md, "Tests on another day")."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone


@pytest.mark.django_db
def test_the_database_has_the_clock_of_the_tests():
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        assert abs(cursor.fetchone()[0] - timezone.now()) < timedelta(seconds=10)
