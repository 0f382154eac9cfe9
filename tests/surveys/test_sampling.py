"""The draw is the same in SQL and in Python; chance is what it claims to be."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.db import connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from surveys.sampling import RANGE, choice, draw, drawn
from surveys.services.triggering.judging_sql import CHOICE, DIGEST, DRAW

text = st.text(st.characters(blacklist_categories=["Cs"], blacklist_characters="\0"), max_size=60)


def in_sql(seed: str, program: str, occasions: list[str]) -> list[tuple[int, int]]:
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {DRAW}, {CHOICE} FROM (SELECT {DIGEST} AS digest, number FROM"
            " unnest(%(occasions)s::text[]) WITH ORDINALITY AS o (occasion, number)) digests ORDER BY number",
            {"seed": seed, "program": program, "occasions": occasions},
        )
        return [(int(a), int(b)) for a, b in cursor.fetchall()]


def test_a_thousand_draws_are_equal_in_sql_and_python(db):
    occasions = [f"interaction:{number}" for number in range(1000)]
    expected = [(draw("autumn", "visits", o), choice("autumn", "visits", o)) for o in occasions]
    assert in_sql("autumn", "visits", occasions) == expected


@settings(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(seed=text, program=text, occasions=st.lists(text, min_size=1, max_size=10))
def test_any_text_draws_the_same_in_sql_and_python(db, seed: str, program: str, occasions: list[str]):
    assert in_sql(seed, program, occasions) == [(draw(seed, program, o), choice(seed, program, o)) for o in occasions]


def test_a_known_draw():
    # first and second 8 bytes of sha256("autumn:visits:interaction:1"), worked out with sha256sum
    assert draw("autumn", "visits", "interaction:1") == 0xF5F7CBC2D5142B21
    assert choice("autumn", "visits", "interaction:1") == 0x78A442E755ADCAB6


@pytest.mark.parametrize(
    ("number", "rate", "inside"),
    [
        (0, "0", False),
        (0, "0.000001", True),
        (RANGE - 1, "1", True),
        (RANGE // 2, "0.5", False),
        (RANGE // 2 - 1, "0.5", True),
    ],
)
def test_the_edges_of_the_sample(number: int, rate: str, inside: bool):
    assert drawn(number, Decimal(rate)) is inside
