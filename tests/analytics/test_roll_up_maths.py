"""What parts bring to the whole (METHOD's vector), and who stands apart from their peers."""

from __future__ import annotations

import random

import pytest

from analytics.maths.contributions import Segment, contributions, decompose
from analytics.maths.nps import Counts, nps, pooled
from analytics.maths.standing import standings

WEB, BRANCH, PHONE = Segment(0.5, 0.4, 50, 52), Segment(0.3, 0.2, 60, 60), Segment(0.2, 0.4, 10, 14)


def test_every_part_rose_or_held_and_the_whole_fell():
    found = decompose({"web": WEB, "branch": BRANCH, "phone": PHONE})
    assert {key: round(each.rate, 2) for key, each in found.items()} == {"web": 0.9, "branch": 0.0, "phone": 1.2}
    assert {key: round(each.mix, 2) for key, each in found.items()} == {"web": -0.93, "branch": -1.83, "phone": -5.94}
    assert sum(each.points for each in found.values()) == pytest.approx(38.4 - 45.0)


def test_contributions_add_up_to_the_change_whatever_the_counts():
    rng = random.Random(8)
    for _ in range(50):
        parts = {
            part: tuple(Counts(*(rng.randrange(0, 30) for _ in range(3))) for _ in range(2)) for part in range(6)
        } | {"new": (Counts(), Counts(1, 2, 3)), "gone": (Counts(4, 0, 1), Counts())}
        before, now = (pooled(pair[time] for pair in parts.values()) for time in (0, 1))
        total = sum(each.points for each in contributions(parts).values())
        assert total == pytest.approx(nps(now) - nps(before), abs=1e-9)


def test_without_answers_one_of_the_times_nothing_is_said():
    assert contributions({"a": (Counts(), Counts(1, 1, 1))}) == {}


def test_a_branch_far_below_many_others_is_below_them():
    peers = {unit: Counts(20, 30, 50) for unit in range(9)} | {"low": Counts(50, 30, 20), "high": Counts(2, 8, 90)}
    found = {key: each.verdict for key, each in standings(peers).items()}
    assert (found["low"], found["high"]) == ("below", "above")
    assert [found[unit] for unit in range(9)] == ["among"] * 9


def test_few_answers_are_drawn_to_the_peers():
    peers = {unit: Counts(20, 30, 50) for unit in range(8)} | {"low": Counts(50, 30, 20), "few": Counts(5, 3, 2)}
    found = standings(peers)
    assert nps(peers["few"]) == nps(peers["low"])
    assert found["few"].score > found["low"].score
    assert (found["low"].verdict, found["few"].verdict) == ("below", "among")


def test_of_branches_that_are_all_alike_hardly_any_stands_apart():
    """Of 2,000 branches 95 % intervals alone would call a hundred; no more than ten are."""
    rng, apart = random.Random(8), 0
    for _ in range(50):
        draws = {u: [rng.choices((0, 1, 2), (2, 3, 5))[0] for _ in range(100)] for u in range(40)}
        peers = {u: Counts(*(drawn.count(kind) for kind in range(3))) for u, drawn in draws.items()}
        apart += sum(each.verdict != "among" for each in standings(peers).values())
    assert apart <= 10


def test_two_peers_have_no_spread_to_speak_of():
    assert standings({1: Counts(9, 1, 0), 2: Counts(0, 1, 9)}) == {}
