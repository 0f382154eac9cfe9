"""R-11: a row at which a stage fails is set apart and parked, its neighbours go on. Every row here really fails."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from analytics.services.filling import fill
from closedloop.models import Alert, CustomerSignal, Ticket
from closedloop.services.raising import raise_signals
from closedloop.services.screening import screen
from closedloop.services.starting import set_up_defaults
from common.claims import _Stage, work_off
from common.models import Event, Trial
from crm.models import Interaction
from distribution.models import Dispatch
from distribution.services.alerting import dispatch_alerts
from surveys.models import Response, TriggerRun
from surveys.services.triggering.running import run_trigger
from tests.factories import closedloop as make
from tests.factories import crm, surveys
from tests.faults_in_rows import heal, poison, worker_that_dies_at_a_notice
from tests.world import NOW, World, build_world

LATER = (timedelta(minutes=1), timedelta(minutes=11), timedelta(minutes=71), timedelta(minutes=431))


@pytest.fixture
def answers(world: World) -> list[Response]:
    """Twenty people of whom each says 2."""
    set_up_defaults()
    visits = [crm.interaction(kind=world.visit, customer=crm.customer(), unit=world.harbour) for _ in range(20)]
    return [make.answer(visit) for visit in visits]


def drained(work: Callable[..., Any], at: Any = NOW, **options: Any) -> None:
    while work(at=at, **options):
        pass


def unmarked(model: Any, mark: str) -> list[int]:
    return list(model.objects.filter(**{f"{mark}__isnull": True}).order_by("pk").values_list("pk", flat=True))


@pytest.mark.parametrize("limit", [500, 5, 1])
@pytest.mark.parametrize("bad", [[0], [19], [3, 4, 17]])
def test_answers_that_cannot_be_raised_are_left_and_the_others_become_tickets(answers, bad, limit):
    poison(Response, poisoned := [answers[n].pk for n in bad])
    drained(raise_signals, limit=limit)
    drained(screen)
    assert unmarked(Response, "signalled_at") == poisoned
    assert CustomerSignal.objects.count() == Ticket.objects.count() == 20 - len(poisoned)
    assert list(Trial.objects.order_by("first").values_list("first", "last", "tries")) == [(p, p, 1) for p in poisoned]


def test_every_stage_sets_its_bad_row_apart(answers):
    drained(raise_signals)
    signals = list(CustomerSignal.objects.order_by("pk"))
    poison(CustomerSignal, [signals[5].pk])
    drained(screen)
    assert unmarked(CustomerSignal, "screened_at") == [signals[5].pk]
    alerts = list(Alert.objects.order_by("pk"))
    poison(Alert, [alerts[7].pk])
    drained(dispatch_alerts)
    assert unmarked(Alert, "dispatched_at") == [alerts[7].pk]
    assert Dispatch.objects.count() == 18
    poison(Response, [answers[2].pk])
    drained(fill)
    assert unmarked(Response, "folded_at") == [answers[2].pk]
    assert set(Trial.objects.values_list("stage", "first")) == {
        ("closedloop.customersignal.screened_at", signals[5].pk),
        ("closedloop.alert.dispatched_at", alerts[7].pk),
        ("surveys.response.folded_at", answers[2].pk),
    }


def test_an_interaction_at_which_the_trigger_fails_keeps_nobody_from_being_asked(world):
    surveys.version(interaction_kind=world.visit)
    visits = [crm.interaction(kind=world.visit, customer=crm.customer(), unit=world.harbour) for _ in range(8)]
    poison(Interaction, [visits[3].pk])
    runs = run_trigger(at=NOW)
    assert unmarked(Interaction, "triggered_at") == [visits[3].pk]
    assert sum(run.interactions for run in runs) == 8  # seven, and the cast's own
    assert list(TriggerRun.objects.order_by("pk")) == runs
    assert run_trigger(at=NOW) == []


def test_a_bad_row_is_tried_five_times_then_parked_and_the_operator_told_once(answers, client):
    poison(Response, [answers[4].pk])
    for number, after in enumerate((timedelta(0), *LATER), start=1):
        drained(raise_signals, NOW + after)
        drained(raise_signals, NOW + after + timedelta(seconds=50))  # not due yet
        assert Trial.objects.get().tries == number
    drained(raise_signals, NOW + timedelta(days=9))
    trial, (told,) = Trial.objects.get(), Event.objects.filter(what="row.parked")
    assert (trial.tries, trial.parked_at) == (5, NOW + LATER[-1])
    assert trial.reason.startswith("ProgrammingError in claims.py:")
    assert (told.subject_kind, told.subject_id, told.data["tries"]) == ("surveys.response", str(answers[4].pk), 5)
    assert client.get("/healthz").json()["checks"]["parked"] == {"ok": False, "rows": 1}
    gauge = 'shopkeeper_parked_rows{stage="surveys.response.signalled_at"} 1.0'
    assert gauge in client.get("/metrics").content.decode()


def parked(answer: Response) -> Trial:
    return Trial.objects.create(
        stage="surveys.response.signalled_at", first=answer.pk, last=answer.pk, tries=5, since=NOW, due_at=NOW,
        parked_at=NOW, reason="ValueError in raising.py:7 _signal",
    )  # fmt: skip


def test_a_parked_row_is_not_tried_until_it_is_released_in_the_console(answers, client, world):
    trial = parked(answers[4])
    drained(raise_signals, NOW + timedelta(days=9))
    assert unmarked(Response, "signalled_at") == [answers[4].pk]
    client.force_login(world.operator, backend="django.contrib.auth.backends.ModelBackend")
    page = client.get("/admin/common/trial/").content.decode()
    assert "ValueError in raising.py:7 _signal" in page
    client.post("/admin/common/trial/", {"action": "release", "_selected_action": [trial.pk]})
    drained(raise_signals, timezone.now())
    assert (unmarked(Response, "signalled_at"), Trial.objects.count()) == ([], 0)
    assert Event.objects.get(what="row.released").by == world.operator


def test_a_row_that_recovers_leaves_no_trace(answers):
    poison(Response, [answers[4].pk])
    drained(raise_signals)
    heal(Response)
    drained(raise_signals, NOW + LATER[0])
    assert (unmarked(Response, "signalled_at"), Trial.objects.count()) == ([], 0)
    assert CustomerSignal.objects.count() == 20


def test_only_who_may_release_can(answers, client, world):
    trial = parked(answers[4])
    client.force_login(world.olivia.user, backend="django.contrib.auth.backends.ModelBackend")
    client.post("/admin/common/trial/", {"action": "release", "_selected_action": [trial.pk]})
    assert Trial.objects.parked().count() == 1
    assert not Event.objects.filter(what="row.released").exists()


def test_a_new_answer_is_not_kept_waiting_by_a_stretch_in_trouble(answers):
    Trial.objects.create(
        stage="surveys.response.signalled_at", first=answers[0].pk, last=answers[9].pk, tries=1, since=NOW, due_at=NOW
    )  # what a worker that died leaves behind
    assert raise_signals(at=NOW, limit=10) == 10
    assert unmarked(Response, "signalled_at") == [answer.pk for answer in answers[:10]]
    drained(raise_signals)
    assert (unmarked(Response, "signalled_at"), Trial.objects.count()) == ([], 0)


# --- the stage is at fault -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("limit", [500, 5])
def test_a_stage_that_fails_at_any_row_rests_and_nothing_counts_against_the_rows(answers, caplog, limit):
    poison(Response, [answer.pk for answer in answers])
    drained(raise_signals, limit=limit)
    drained(raise_signals, NOW + timedelta(seconds=59), limit=limit)
    tried = answers[: min(limit, 20)]
    assert list(Trial.objects.values_list("first", "last", "tries", "due_at")) == [
        (tried[0].pk, tried[-1].pk, 0, NOW + LATER[0])
    ]
    assert [record.message for record in caplog.records] == ["a stage failed", "a stage fails at any row and rests"]


def test_however_long_a_stage_is_at_fault_no_row_is_parked_and_all_go_through_afterwards(answers):
    poison(Response, [answer.pk for answer in answers])
    for hours in range(24):
        drained(raise_signals, NOW + timedelta(hours=hours), limit=8)
    assert not Event.objects.filter(what="row.parked").exists()
    heal(Response)
    drained(raise_signals, NOW + timedelta(days=1))
    assert (unmarked(Response, "signalled_at"), Trial.objects.count()) == ([], 0)
    assert CustomerSignal.objects.count() == 20


def refuse_all(rows: Any) -> int:
    raise ValueError(rows.get().pk)


def test_a_sweep_through_bad_rows_ends_when_its_time_is_up(answers):
    waiting = Response.objects.all()
    assert work_off(waiting, "signalled_at", refuse_all, at=NOW, limit=1, budget=0) == 0
    assert Trial.objects.get().first == answers[0].pk


# --- workers side by side --------------------------------------------------------------------------------------------


def stage_at(at: Any) -> _Stage[Response]:
    waiting = Response.objects.filter(signalled_at=None)
    return _Stage(waiting, "surveys.response.signalled_at", lambda rows: rows.update(signalled_at=at), at)


def test_a_stretch_that_was_just_taken_is_not_a_dead_worker_s(answers):
    trial, _ = stage_at(NOW).begin(5)
    assert stage_at(NOW + timedelta(seconds=29)).next_due() is None
    assert list(Trial.objects.values_list("pk", "tries")) == [(trial.pk, 1)]


def test_a_worker_that_was_taken_for_dead_leaves_the_stretch_to_the_other(answers):
    slow = stage_at(NOW)
    trial, _ = slow.begin(5)
    half = stage_at(NOW + timedelta(seconds=30)).next_due()
    assert (half.first, half.last) == (answers[0].pk, answers[1].pk)
    assert slow.attempt(trial) == 0
    assert len(unmarked(Response, "signalled_at")) == 20


def test_a_worker_that_was_taken_for_dead_does_not_count_its_failure(answers):
    slow = stage_at(NOW)
    trial, _ = slow.begin(1)
    again = stage_at(NOW + timedelta(seconds=30)).next_due()
    slow._failed(trial)
    kept = Trial.objects.get()
    assert (kept.tries, kept.due_at, kept.reason) == (2, again.due_at, "")


# --- rows that end their workers -------------------------------------------------------------------------------------


@pytest.fixture
def bad(transactional_db) -> Iterator[Callable[..., Response]]:
    """Six answers, the third of which does this to whoever touches it."""
    world = build_world()
    set_up_defaults()

    def make_bad(how: str) -> Response:
        visits = [crm.interaction(kind=world.visit, customer=crm.customer(), unit=world.harbour) for _ in range(6)]
        answer = [make.answer(visit) for visit in visits][2]
        poison(Response, [answer.pk], how=how)
        return answer

    yield make_bad
    heal(Response)


def test_a_row_that_ends_the_connection_of_its_worker_is_set_apart_too(bad):
    answer = bad("PERFORM pg_terminate_backend(pg_backend_pid())")
    for after in (timedelta(0), *LATER):
        drained(raise_signals, NOW + after)
    assert unmarked(Response, "signalled_at") == [answer.pk]
    assert list(Trial.objects.parked().values_list("first", "tries")) == [(answer.pk, 5)]


def test_a_row_that_kills_its_worker_is_parked_after_five_more_deaths(bad):
    answer = bad("RAISE NOTICE 'die'")
    exits = [worker_that_dies_at_a_notice(raise_signals, NOW + timedelta(minutes=minute)) for minute in range(12)]
    assert unmarked(Response, "signalled_at") == [answer.pk]
    assert list(Trial.objects.parked().values_list("first", "tries", "reason")) == [(answer.pk, 5, "its worker died")]
    assert exits == [9] * 8 + [0] * 4  # among six rows, three, two, and five times alone
