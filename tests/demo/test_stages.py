"""Where the time of a load went, for whoever waits for it."""

import time

from demo.stages import Stages


def test_each_stage_counts_its_own_time_and_what_has_no_name_is_the_rest():
    stages = Stages()
    for _ in range(2):
        with stages("asking"):
            time.sleep(0.04)
    asking = stages.spent["asking"]
    assert (asking.times, asking.seconds >= 0.08, asking.own < 0.04) == (2, True, True)
    head, line, rest = stages.lines(10 + asking.seconds)
    assert head.split() == ["stage", "times", "seconds", "of", "them", "own"]
    assert line.split()[:2] == ["asking", "2"]
    assert rest.split() == ["the", "rest", "10.0"]
