"""The proof of idle workers: a set-up that does not come, or workers that were not there, are no proof of anything."""

from __future__ import annotations

import pytest

from tests.proofs.idle_worker import Runs, kill_all


def test_a_set_up_that_does_not_come_is_an_error():
    with pytest.raises(TimeoutError, match="4 idle workers: not within 0 s"):
        Runs([]).until(lambda: False, what="4 idle workers", limit=0)


def test_workers_that_are_not_there_are_not_taken_for_killed():
    with pytest.raises(RuntimeError, match="0 of 2 idle workers were killed"):
        kill_all([], 2)
