"""Ledger against rows: each kind of disagreement has its own figure."""

from __future__ import annotations

from tests.faults.comparing import compare

ROWS = [("handed_off", "a"), ("handed_off", "b"), ("failed", "c"), ("unknown", "d"), ("pending", "")]


def test_where_both_agree_nothing_is_lost_and_nothing_came_twice():
    found = compare(ROWS, ["a", "b", "d"]).figures()
    assert found == {
        "states": {"handed_off": 2, "failed": 1, "unknown": 1, "pending": 1},
        "arrived": 3, "lost": 0, "twice": 0, "strangers": 0, "unaccounted": 0,
    }  # fmt: skip


def test_each_disagreement_is_counted():
    found = compare(ROWS, ["a", "a", "c", "x"])
    assert (found.lost, found.twice, found.strangers, found.unaccounted) == (1, 1, 1, 1)
