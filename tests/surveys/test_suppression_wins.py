"""R-08, sixty stories; `python -m tests.proofs suppression` tells 10,000."""

import pytest

from tests.suppression import Telling


@pytest.mark.django_db
def test_nobody_is_written_to_who_was_suppressed_or_had_refused_before():
    telling = Telling(seed=1, people=60)
    telling.tell()
    assert telling.wrong == []
    assert telling.tally["hand-offs"] > 60
    assert telling.tally["reminders"] >= 3
    assert telling.tally["stopped in a round"] >= 3
    assert telling.tally["cancelled"] > 0  # decided to be asked, and stopped at the last moment
