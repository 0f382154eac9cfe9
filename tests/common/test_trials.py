"""R-11: a row at which a stage fails is set apart and parked, its neighbours go on. Every row here really fails."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, connections
from django.utils import timezone

from analytics.services.filling import fill
from closedloop.models import Alert, CustomerSignal, Ticket
from closedloop.services.raising import raise_signals
from closedloop.services.screening import screen
from closedloop.services.starting import set_up_defaults
from common.models import Event, Trial
from crm.models import Interaction
from distribution.models import Dispatch
from distribution.services.alerting import dispatch_alerts
from surveys.models import Response
from surveys.services.selecting import run_trigger
from tests.factories import closedloop as make
from tests.factories import crm, surveys
from tests.faults_in_rows import heal, poison
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
@pytest.mark.parametrize("bad", [[0], [19], [3, 4, 17], range(20)])
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
    drained(run_trigger)
    assert unmarked(Interaction, "triggered_at") == [visits[3].pk]
    decided = Event.objects.filter(what="trigger.ran").values_list("data", flat=True)
    assert sum(ran["interactions"] for ran in decided) == 8  # seven, and the cast's own


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
    exits = [worker_that_dies_at_a_notice(NOW + timedelta(minutes=minute)) for minute in range(12)]
    assert unmarked(Response, "signalled_at") == [answer.pk]
    assert list(Trial.objects.parked().values_list("first", "tries")) == [(answer.pk, 5)]
    assert exits == [9] * 8 + [0] * 4  # among six rows, three, two, and five times alone


def worker_that_dies_at_a_notice(at: Any) -> int:
    """A process of its own raises what waits; how it ended."""
    connections.close_all()
    pid = os.fork()
    if not pid:
        connection.ensure_connection()
        connection.connection.add_notice_handler(lambda _: os._exit(9))
        drained(raise_signals, at)
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
