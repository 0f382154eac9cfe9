"""/healthz and /metrics: each part broken on purpose turns red, and nobody else reads the figures."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.db.models.functions import Now
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from common.models import Dwell, Heartbeat
from common.tasks import TIMETABLE, WORKER, beat, beat_of_timetable
from distribution.models import Dispatch

pytestmark = pytest.mark.django_db


@pytest.fixture
def moving(db) -> None:
    beat()
    beat_of_timetable()


def red(client) -> set[str]:
    response = client.get("/healthz")
    checks = response.json()["checks"]
    assert response.status_code == (200 if all(check["ok"] for check in checks.values()) else 503)
    return {name for name, check in checks.items() if not check["ok"]}


def test_all_is_well(client, moving):
    response = client.get("/healthz")
    assert response.status_code == 200
    assert response.json()["status"] == "ok"
    assert set(response.json()["checks"]) == {"database", "worker", "timetable", "outgoing", "parked", "disk"}
    assert "no-store" in response["Cache-Control"]


@pytest.mark.parametrize(("part", "seconds"), [(WORKER, 91), (TIMETABLE, 181)])
def test_a_part_that_does_not_move_is_red(client, moving, part, seconds):
    Heartbeat.objects.filter(name=part).update(at=Now() - timedelta(seconds=seconds))
    assert red(client) == {part}


def test_workers_that_never_started_are_red_and_the_answer_says_when_to_ask_again(client):
    assert red(client) == {"worker", "timetable"}
    assert client.get("/healthz")["Retry-After"] == "30"


def test_mail_that_does_not_leave_is_red(client, moving, dispatch):
    dispatch(due_at=timezone.now() - timedelta(minutes=6))
    assert red(client) == {"outgoing"}
    Dispatch.objects.update(state="handed_off")
    assert red(client) == set()


def test_a_full_disk_is_red(client, moving, settings):
    settings.MIN_FREE_MB = 10**9
    assert red(client) == {"disk"}


def test_health_takes_no_post(client):
    assert client.post("/healthz").status_code == 405


def test_health_runs_the_same_queries_for_no_row_and_for_many(client, moving, dispatch, django_assert_num_queries):
    client.get("/healthz")  # the first time makes its row
    with CaptureQueriesContext(connection) as none:
        client.get("/healthz")
    for _ in range(10):
        dispatch(due_at=timezone.now())
    with django_assert_num_queries(len(none)):
        client.get("/healthz")


def test_metrics_count_what_is_due_and_what_is_unknown(client, moving, dispatch):
    dispatch(due_at=timezone.now() - timedelta(seconds=100)), dispatch(state="unknown")
    lines = client.get("/metrics").content.decode().splitlines()
    assert 'shopkeeper_outgoing_due{kind="distribution.dispatch"} 1.0' in lines
    assert 'shopkeeper_outgoing_unknown{kind="distribution.dispatch"} 1.0' in lines
    assert 'shopkeeper_outgoing_unknown{kind="surveys.message"} 0.0' in lines
    assert any(line.startswith("django_http_requests_total_by_method_total") for line in lines)
    (oldest,) = [
        line for line in lines if line.startswith('shopkeeper_outgoing_oldest_due_seconds{kind="distribution.d')
    ]
    assert 100 <= float(oldest.split()[-1]) < 160


def test_metrics_tell_how_long_mails_took_from_due_to_handed_off(client):
    Dwell.objects.add("surveys.message", [timedelta(seconds=seconds) for seconds in (0.5, 8, 3600)])
    Dwell.objects.add("surveys.message", [timedelta(seconds=9)])
    lines = client.get("/metrics").content.decode().splitlines()
    name = "shopkeeper_outgoing_dwell_seconds"
    found = {line.split()[0]: float(line.split()[1]) for line in lines if line.startswith(name)}
    counts = {
        bound: found[f'{name}_bucket{{kind="surveys.message",le="{bound}"}}']
        for bound in ("1.0", "5.0", "10.0", "+Inf")
    }
    assert counts == {"1.0": 1, "5.0": 1, "10.0": 3, "+Inf": 4}
    assert found[f'{name}_sum{{kind="surveys.message"}}'] == 3617.5


@pytest.mark.parametrize("sender", [{"REMOTE_ADDR": "10.0.0.9"}, {"HTTP_X_FORWARDED_FOR": "127.0.0.1"}])
def test_metrics_are_not_for_strangers(client, sender):
    assert client.get("/metrics", **sender).status_code == 404
    assert client.get("/metrics", headers={"authorization": "Bearer "}, **sender).status_code == 404


def test_metrics_are_for_who_has_the_token(client, settings):
    settings.METRICS_TOKEN = "a-long-token"
    given = {"authorization": "Bearer a-long-token"}
    assert client.get("/metrics", headers=given, REMOTE_ADDR="10.0.0.9").status_code == 200
    assert client.get("/metrics", headers={"authorization": "Bearer other"}, REMOTE_ADDR="10.0.0.9").status_code == 404
