"""Do the workers move? The rules of the watch, and the timetable they keep."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone
from django_q.models import Schedule

from common import timetable
from common.models import Heartbeat
from common.supervisor import PROBE, STALLED, STUCK, Watch
from common.tasks import beat, beat_of_timetable
from common.timetable import BadTimetable, Job
from nps_project.timetable import TIMETABLE

BEAT = Job("beat", "common.tasks.beat", "* * * * *")


def asked(at: float = 100.0) -> Watch:
    watch = Watch(finished=7, moved_at=at - PROBE)
    watch.asked(at)
    return watch


def test_a_sign_of_life_is_asked_for_when_nothing_has_moved_for_a_while():
    watch = Watch(finished=7, moved_at=100)
    assert not watch.wants_probe(100 + PROBE - 1)
    assert watch.wants_probe(100 + PROBE)


def test_only_one_sign_of_life_is_asked_for_at_a_time():
    assert not asked().wants_probe(10_000)


def test_a_finished_task_is_a_sign_of_life():
    watch = asked()
    assert not watch.look(100 + STUCK, finished=8, busy=False)
    assert (watch.moved_at, watch.asked_at) == (100 + STUCK, None)


def test_idle_workers_that_finish_nothing_are_stalled():
    watch = asked()
    assert not watch.look(100 + STALLED - 1, finished=7, busy=False)
    assert watch.look(100 + STALLED, finished=7, busy=False)


def test_a_worker_in_the_middle_of_a_task_gets_time_to_end_it():
    watch = asked()
    assert not watch.look(100 + STALLED, finished=7, busy=True)
    assert watch.look(100 + STUCK, finished=7, busy=True)


def test_workers_with_nothing_to_do_are_left_alone():
    assert not Watch(finished=7, moved_at=0).look(10_000, finished=7, busy=False)


def test_a_stall_is_over_within_two_minutes():
    assert 2 * PROBE + STALLED + 10 < 120  # two probes at worst, and the time of a start


@pytest.mark.django_db
def test_the_schedules_are_exactly_the_timetable():
    Schedule.objects.create(name="by hand", func="os.getcwd", schedule_type=Schedule.DAILY)
    timetable.write([BEAT, Job("nightly", "common.tasks.beat_of_timetable", "15 3 * * *")])
    assert set(Schedule.objects.values_list("name", "func", "cron")) == {
        BEAT, ("nightly", "common.tasks.beat_of_timetable", "15 3 * * *"),
    }  # fmt: skip


@pytest.mark.django_db
def test_writing_the_timetable_again_keeps_the_turns():
    timetable.write([BEAT])
    turn = timezone.now() - timedelta(days=3)
    Schedule.objects.update(next_run=turn)
    timetable.write([BEAT])
    assert Schedule.objects.get().next_run == turn


@pytest.mark.django_db
def test_a_changed_line_changes_its_schedule():
    timetable.write([BEAT])
    timetable.write([BEAT._replace(cron="*/5 * * * *")])
    assert Schedule.objects.get().cron == "*/5 * * * *"


@pytest.mark.parametrize(
    ("jobs", "words"),
    [
        ([BEAT, BEAT], "two jobs are called 'beat'"),
        ([BEAT._replace(cron="every day")], "'beat': cannot read the times 'every day'"),
        ([BEAT._replace(task="common.tasks.none")], "'beat': there is no task common.tasks.none"),
    ],
)
def test_a_wrong_timetable_names_the_line(jobs, words):
    with pytest.raises(BadTimetable, match=words):
        timetable.check(jobs)


def test_our_own_timetable_is_right():
    timetable.check(TIMETABLE)


@pytest.mark.django_db
def test_beats_are_kept_by_name():
    beat(), beat(), beat_of_timetable()
    assert set(Heartbeat.objects.values_list("name", flat=True)) == {"worker", "timetable"}
