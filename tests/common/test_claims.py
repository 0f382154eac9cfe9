"""Who works on what: two workers never take the same row, whichever way it is claimed. Two real connections."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, connections, transaction
from django.utils import timezone

from common.claims import set_mark, take_unmarked
from common.models import Event, Heartbeat, State
from common.models.outgoing import LEASE
from distribution.models import Dispatch
from tests.world import NOW


@pytest.fixture
def elsewhere() -> Iterator[Callable[..., Any]]:
    """Calls a function in a thread with a connection of its own."""
    with ThreadPoolExecutor(1) as pool:

        def call(function: Callable[..., Any], *args: Any) -> Any:
            return pool.submit(function, *args).result(10)

        yield call
        pool.submit(connections.close_all).result(10)


@pytest.fixture
def events(transactional_db) -> list[int]:
    subject = Heartbeat.objects.create(name="x", at=NOW)
    return [Event.objects.record("load.finished", subject=subject, at=NOW).pk for _ in range(4)]


def take(limit: int) -> list[int]:
    with transaction.atomic():
        rows = take_unmarked(Event.objects.all(), "dispatched_at", limit=limit)
        set_mark(rows, "dispatched_at", NOW)
    return [row.pk for row in rows]


def test_rows_in_somebodys_hands_are_skipped_not_waited_for(events, elsewhere):
    with transaction.atomic():
        mine = take_unmarked(Event.objects.all(), "dispatched_at", limit=2)
        theirs = elsewhere(take, 4)
    assert ([row.pk for row in mine], theirs) == (events[:2], events[2:])


def test_a_row_whose_worker_failed_is_taken_again(events):
    with transaction.atomic():
        set_mark(take_unmarked(Event.objects.all(), "dispatched_at"), "dispatched_at", NOW)
        transaction.set_rollback(True)
    assert take(9) == events


def test_a_marked_row_is_never_taken_again(events):
    assert take(3) == events[:3]
    assert take(3) == events[3:]
    assert take(3) == []


@pytest.mark.django_db(transaction=True)
def test_many_workers_claim_each_outgoing_row_once(dispatch):
    rows = {dispatch().pk for _ in range(12)}
    start = threading.Barrier(4)

    def work(_: int) -> list[int]:
        start.wait(60)
        taken: list[int] = []
        while claimed := Dispatch.objects.claim(at=NOW, limit=1):
            taken += [row.pk for row in claimed]
        connection.close()
        return taken

    with ThreadPoolExecutor(4) as pool:
        taken = [pk for found in pool.map(work, range(4)) for pk in found]
    assert sorted(taken) == sorted(rows)
    assert set(Dispatch.objects.values_list("attempts", flat=True)) == {1}


@pytest.mark.django_db
class TestOutgoing:
    def test_a_claim_counts_the_attempt_and_leases_the_row(self, dispatch):
        dispatch()
        (row,) = Dispatch.objects.claim(at=NOW)
        assert (row.attempts, row.state) == (1, State.PENDING)
        assert abs(row.leased_until - timezone.now() - LEASE) < timedelta(seconds=30)
        assert Dispatch.objects.claim(at=NOW) == []

    def test_a_row_that_changed_since_it_was_read_is_not_taken(self, dispatch):
        dispatch()
        (first,), (second,) = Dispatch.objects.due(NOW), Dispatch.objects.due(NOW)
        Dispatch.objects.update(due_at=NOW + timedelta(hours=9))
        assert not first.take()
        Dispatch.objects.update(due_at=NOW)
        assert [first.take(), second.take()] == [True, False]
        assert Dispatch.objects.get().attempts == 1

    def test_a_lease_that_ran_out_is_taken_over_and_the_first_worker_may_not_send(self, dispatch):
        dispatch()
        (first,) = Dispatch.objects.claim(at=NOW, limit=1, lease=timedelta(seconds=-1))
        (second,) = Dispatch.objects.claim(at=NOW)
        assert not first.begin()
        assert second.begin()

    def test_a_worker_whose_lease_ran_out_may_not_send_even_if_nobody_took_over(self, dispatch):
        dispatch()
        (row,) = Dispatch.objects.claim(at=NOW, limit=1, lease=timedelta(seconds=-1))
        assert not row.begin()
        assert Dispatch.objects.get().state == State.PENDING

    def test_nothing_is_sent_twice_by_beginning_twice(self, dispatch):
        dispatch()
        (row,) = Dispatch.objects.claim(at=NOW)
        assert [row.begin(), row.begin()] == [True, False]

    def test_a_late_answer_settles_what_was_called_unknown(self, dispatch):
        dispatch()
        (row,) = Dispatch.objects.claim(at=NOW)
        row.begin()
        Dispatch.objects.get().lose(reply="the worker died")
        assert row.hand_off(at=NOW, reply="accepted")
        assert Dispatch.objects.get().state == State.HANDED_OFF

    def test_what_was_handed_off_stays_so(self, dispatch):
        dispatch(state=State.HANDED_OFF, reply="accepted")
        row = Dispatch.objects.get()
        later = NOW + timedelta(hours=1)
        changes = [
            row.begin(), row.fail(reply="x"), row.lose(reply="x"), row.cancel(why="x"),
            row.put_back(due_at=later, reply="x"), row.hand_off(at=later, reply="x"),
        ]  # fmt: skip
        assert changes == [False] * 6
        assert Dispatch.objects.get().reply == "accepted"

    def test_only_what_has_not_begun_can_be_cancelled(self, dispatch):
        dispatch()
        (row,) = Dispatch.objects.claim(at=NOW)
        row.begin()
        assert not row.cancel(why="changed our mind")
        assert Dispatch.objects.get().state == State.SENDING

    def test_an_answer_ends_the_silence_and_a_refusal_for_now_is_dated(self, dispatch):
        dispatch(silences=3)
        (row,) = Dispatch.objects.claim(at=NOW)
        row.begin()
        assert row.put_off(at=NOW, due_at=NOW, reply="451 later")
        kept = Dispatch.objects.get()
        assert (kept.attempts, kept.silences, kept.refused_since) == (1, 0, NOW)

    def test_the_providers_words_are_cut_to_fit(self, dispatch):
        dispatch()
        (row,) = Dispatch.objects.claim(at=NOW)
        assert row.fail(reply="x" * 2_000)
        assert len(Dispatch.objects.get().reply) == 500
