"""What cannot be done holds up nothing else."""

import pytest

from common.halving import apart

pytestmark = pytest.mark.django_db


class Bad(Exception):
    pass


def some(*bad):
    """Work that fails with any of `bad`, and keeps what it did."""

    def work(batch):
        if set(batch) & set(bad):
            raise Bad
        done.extend(batch)
        return len(batch)

    done: list[int] = []
    return work, done


def test_what_fails_is_left_and_all_else_is_done_in_order():
    work, done = some(2, 7)
    assert apart(work, [[0, 1, 2, 3], [4, 5, 6, 7, 8]], stage="x") == 7
    assert done == [0, 1, 3, 4, 5, 6, 8]


def test_many_that_fail_among_those_that_do_not_are_all_left():
    work, done = some(*range(1, 20))
    assert (apart(work, [list(range(20))], stage="x"), done) == (1, [0])


def test_where_several_fail_and_nothing_goes_through_the_stage_is_at_fault():
    work, done = some(*range(20))
    with pytest.raises(Bad):
        apart(work, [list(range(20))], stage="x")
    assert done == []
