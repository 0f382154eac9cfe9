"""Ledger against rows: each kind of disagreement has its own figure."""

from __future__ import annotations

from tests.faults.comparing import compare

ROWS = [("handed_off", "a"), ("handed_off", "b"), ("failed", "c"), ("unknown", "d"), ("pending", "")]


def test_where_both_agree_nothing_is_lost_and_nothing_came_twice():
    found = compare(ROWS, ["a", "b", "d"], refused=["c"]).figures()
    assert found == {
        "states": {"handed_off": 2, "failed": 1, "unknown": 1, "pending": 1},
        "arrived": 3, "lost": 0, "twice": 0, "strangers": 0, "unaccounted": 0,
        "unfinished": 1, "unfounded": 0, "unheard": 0,
    }  # fmt: skip


def test_each_disagreement_is_counted():
    found = compare(ROWS, ["a", "a", "c", "x"])
    assert (found.lost, found.twice, found.strangers, found.unaccounted) == (1, 1, 1, 1)


def test_a_failed_row_that_nobody_refused_and_a_refusal_that_no_row_tells_of_are_counted():
    found = compare(ROWS, ["a", "b"], refused=["d", "e", "a"])
    assert (found.unfounded, found.unheard) == (1, 1)


def test_rows_that_went_nowhere_do_not_pass_for_finished():
    rows = [("pending", ""), ("sending", "b"), ("cancelled", "c"), ("failed", "")]
    assert (compare(rows, []).unfinished, compare(rows, []).unfounded) == (3, 1)


def test_the_sum_is_told_to_the_row():
    assert compare(ROWS, []).sum == (
        "5 enqueued = 2 handed off + 1 failed + 1 unknown + 0 cancelled + 1 pending + 0 sending"
    )


def test_a_second_copy_that_was_refused_is_not_held_against_the_row():
    assert compare([("failed", "a"), ("failed", "b")], ["a", "b"], refused=["a"]).unaccounted == 1
