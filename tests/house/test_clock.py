"""One clock for all, on whatever day the tests run (docs/operations.md, "Tests on another day")."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from tests.walk import walk


@pytest.mark.django_db
def test_the_database_has_the_clock_of_the_tests():
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        assert abs(cursor.fetchone()[0] - timezone.now()) < timedelta(seconds=10)


def test_the_pages_that_the_walk_leaves_open_today(world):
    found = walk(world)
    pages = ("?change=1", "why/", "more/", "callback/", "thanks/")
    answers = {page: Client().get(f"/s/{found.survey_token}/{page}").status_code for page in pages}
    assert answers == dict.fromkeys(pages, 200) | {"more/": 303}  # nothing further is asked
    assert Client().get(f"/me/{found.own_token}/").status_code == 200
