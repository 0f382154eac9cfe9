"""How large the lots of a unit are, and for whom a customer is kept."""

from __future__ import annotations

from dataclasses import asdict
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from surveys.reserving import ALL, FLOOR, Lots, Need, number_of, opened, shares, stretches


def need(likely: float, coming: float, free: float, *, wanted: int = 102) -> Need:
    return Need("visits", int(likely), wanted, likely, coming, free)


@pytest.mark.parametrize(
    ("needs", "found"),
    [
        ([need(20, 80, 0.1)], [0]),  # nobody to share with
        ([need(50, 60, 0.6), need(25, 40, 0.6)], [0, 0]),  # whoever is kept for one is lost to the other more often
        ([need(20, 80, 1), need(0, 80, 0)], [0, 60]),  # asks the same customers, and comes second
        ([need(20, 80, 1), need(0, 15, 0)], [0, 25]),  # can have nothing of use; is not starved
        ([need(101, 80, 1), need(0, 80, 0)], [0, 75]),  # what surely suffices is not worth more
        ([need(100, 20, 0.9), need(60, 20, 0.7)], [0, 0]),  # nearly at its margin, which hardly helps the other
    ],
)
def test_shares_go_where_the_intervals_narrow_most(needs: list[Need], found: list[int]):
    assert shares(needs) == found


def test_lots_that_tell_no_least_gain_were_drawn_for_any():
    lots = {"needs": [asdict(need(100, 20, 0.9)) | {"share": 0}, asdict(need(60, 20, 0.7)) | {"share": 40}],
            "bind": ["visits"], "open": 0.6}  # fmt: skip
    before, since = Lots.stored(lots, "visits"), Lots.stored(lots | {"least": 0.001}, "visits")
    assert (shares(before.needs, before.least), shares(since.needs, since.least)) == ([0, 40], [0, 0])


one = st.builds(need, st.floats(0, 300), st.floats(0, 500), st.floats(0, 1), wanted=st.integers(1, 400))


@settings(max_examples=60, deadline=None)
@given(st.lists(one, min_size=2, max_size=6))
def test_no_program_starves_and_nobody_is_kept_twice(needs: list[Need]):
    found = shares(needs)
    rest = ALL - sum(found)
    assert rest >= 0
    for share, each in zip(found, needs, strict=True):
        assert share + rest * each.free >= FLOOR * ALL / len(needs) - 1e-9


def test_the_stretches_of_the_lots_lie_one_after_the_other():
    assert stretches([10, 0, 25]) == [
        (Decimal(0), Decimal("0.1")), (Decimal("0.1"), Decimal("0.1")), (Decimal("0.1"), Decimal("0.35")),
    ]  # fmt: skip


def test_a_known_number():
    # first 8 bytes of sha256("lot:7:11:2026-11") modulo a million, worked out with sha256sum
    assert number_of(unit=7, person=11, month="2026-11") == Decimal("0.371448")


@pytest.mark.parametrize(
    ("rate", "open_", "expected"),
    [("0.3", "0.75", "0.4"), ("0.8", "0.75", "1"), ("0.5", "0.3", "1"), ("0.5", "0", "0")],
)
def test_those_who_are_not_kept_for_others_are_drawn_at_a_higher_rate(rate: str, open_: str, expected: str):
    assert opened(Decimal(rate), Decimal(open_)) == Decimal(expected)
