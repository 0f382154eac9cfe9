"""R-05: whichever statement fails, from the customer's page to the mail in the manager's hands: all of it, or nothing.

Every sixth statement here, each way of failing in turn; `python -m tests.proofs all_or_nothing` takes every one.
"""

from contextlib import suppress
from itertools import cycle
from pathlib import Path

import pytest
import time_machine
from django.db import DatabaseError

from analytics.models import AnswerFact
from common.models import Trial
from distribution.models import Dispatch
from tests.one_answer import Case, commits_refused, cut_off, failed, judge, killed, letters_astray, state
from tests.world import NOW

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def case(tmp_path: Path, transactional_db) -> Case:
    made = Case.build(tmp_path / "ledger")
    made.clear()
    return made


def test_a_fault_at_any_statement_leaves_all_or_nothing_and_the_next_run_makes_it_whole(case):
    chosen = list(zip(range(1, 132, 6), cycle([killed, failed, cut_off])))
    verdict = judge(case, chosen)
    assert verdict.wrong == []
    assert verdict.hit == len(chosen) == 22
    assert verdict.statements >= 130  # else the last of the faults above hit nothing


def test_a_commit_that_fails_leaves_nothing_of_the_step(case):
    with time_machine.travel(NOW, tick=False):
        for step in case.steps():
            before = state()
            with commits_refused(), suppress(DatabaseError):
                step()
            assert state() == before
            Trial.objects.update(due_at=NOW)  # as after the delay
            step()
    assert Dispatch.objects.filter(state="handed_off").count() == 1
    assert AnswerFact.objects.count() == 1
    assert not Trial.objects.exists()
    assert not letters_astray(case)
    # nothing to press, nothing left to count; dispositions have a run of their own
    unsaid = {"PriorityChange", "DirtyCell", "UnitDayDispositions"}
    assert {name for name, rows in state().items() if not rows} == unsaid
