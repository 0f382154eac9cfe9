"""What is forgotten, and what is not yet."""

from datetime import timedelta

import pytest
from django.contrib.sessions.models import Session
from django_q.models import Failure, Task

from common.pruning import prune
from tests.world import NOW

pytestmark = pytest.mark.django_db


def test_expired_sessions_go_and_others_stay():
    for key, days in (("old", -1), ("new", 1)):
        Session.objects.create(session_key=key, session_data="", expire_date=NOW + timedelta(days=days))
    assert prune(at=NOW)["sessions"] == 1
    assert Session.objects.get().session_key == "new"


def test_failures_of_tasks_go_after_two_weeks():
    for number, days in ((1, 15), (2, 13)):
        then = NOW - timedelta(days=days)
        Task.objects.create(id=str(number), name="n", func="f", started=then, stopped=then, success=False)
    assert prune(at=NOW)["failures"] == 1
    assert Failure.objects.get().id == "2"
