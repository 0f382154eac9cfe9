"""Do the workers move? The rules of the watch, and the timetable they keep."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.utils import timezone
from django_q.models import OrmQ, Schedule

from common import timetable
from common.health import WORKER_LATE
from common.models import Heartbeat
from common.supervisor import Supervisor
from common.tasks import beat, beat_of_timetable
from common.timetable import BadTimetable, Job
from common.watch import Signs, Spans, Watch
from nps_project.timetable import TIMETABLE

BEAT = Job("beat", "common.tasks.beat", "* * * * *")


NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
SPANS = Spans(probe=15, lost=30, stalled=40, stuck=180)


def signs(beat: float = -1, *, timetable: float = -1, finished: int = 7) -> Signs:
    """Heartbeats so many seconds after the asking."""
    beats = {"worker": NOON + timedelta(seconds=beat), "timetable": NOON + timedelta(seconds=timetable)}
    return Signs(NOON, beats["worker"], beats, finished)


@pytest.fixture
def watch() -> Watch:
    """A beat was asked for at second 100."""
    watch = Watch(signs(), SPANS)
    assert watch.wants_probe(100)
    watch.probed(100, NOON)
    return watch


def test_one_beat_is_asked_for_at_a_time(watch):
    assert not watch.wants_probe(10_000)


def test_a_beat_that_comes_and_goes_between_two_looks_is_a_sign_of_life(watch):
    assert watch.look(101, signs(beat=0.2), busy=False)
    assert not watch.stands_still(10_000)


def test_a_beat_is_asked_for_every_few_seconds_whatever_else_moves(watch):
    for second in range(101, 115):
        watch.look(second, signs(beat=0.2, finished=second), busy=True)
        assert not watch.wants_probe(second)
    assert watch.wants_probe(115)


def test_a_beat_from_before_the_asking_is_no_answer(watch):
    assert watch.look(101, signs(beat=-0.1), busy=False)
    assert not watch.wants_probe(116)
    assert watch.stands_still(101 + SPANS.stalled)


@pytest.mark.parametrize("life", [{"finished": 8}, {"timetable": 1}])
def test_any_other_sign_of_life_puts_off_the_end(watch, life):
    assert watch.look(130, signs(**life), busy=False)
    assert not watch.stands_still(130 + SPANS.stalled - 1)
    assert watch.stands_still(130 + SPANS.stalled)


def test_a_beat_that_is_lost_while_others_move_is_asked_for_again_and_that_does_not_put_off_the_end(watch):
    watch.look(105, signs(finished=8), busy=False)
    assert not watch.wants_probe(100 + SPANS.lost - 1)
    assert watch.wants_probe(100 + SPANS.lost)
    watch.probed(100 + SPANS.lost, NOON + timedelta(seconds=30))
    assert not watch.wants_probe(10_000)
    assert watch.stands_still(105 + SPANS.stalled)


def test_idle_workers_that_show_no_life_are_stalled(watch):
    assert not watch.look(139, signs(), busy=False)
    assert not watch.stands_still(100 + SPANS.stalled - 1)
    assert watch.stands_still(100 + SPANS.stalled)


def test_a_worker_in_the_middle_of_a_task_gets_time_to_end_it(watch):
    for second in range(101, 280):
        watch.look(second, signs(), busy=True)
        assert not watch.stands_still(second)
    assert watch.stands_still(100 + SPANS.stuck)


def test_the_end_of_a_long_task_need_not_be_counted_at_once(watch):
    watch.look(200, signs(), busy=True)
    watch.look(201, signs(), busy=False)
    assert not watch.stands_still(201)
    assert watch.stands_still(200 + SPANS.stalled)


def test_workers_that_nobody_asked_are_left_alone():
    assert not Watch(signs(), SPANS).stands_still(10_000)


def test_a_stall_is_over_within_two_minutes():
    spans = Spans()
    assert 2 * spans.probe + spans.stalled + 10 < 120  # two probes at worst, and the time of a start


def test_health_hears_of_a_beat_even_if_one_is_lost():
    spans = Spans()
    assert spans.probe + spans.lost + 10 < WORKER_LATE.total_seconds()


@pytest.mark.django_db(transaction=True)
def test_what_the_queue_is_asked_for_does_not_cost_the_supervisor_its_lock():
    supervisor = Supervisor([])
    connection.ensure_connection()
    connection.close_at = 0  # as old as a connection may get
    before = connection.connection
    supervisor._ask()
    assert connection.connection is before
    assert OrmQ.objects.count() == 1


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
