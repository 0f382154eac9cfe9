"""Idempotency-Key: done once, answered alike, whatever happens in between."""

from __future__ import annotations

import json
import zlib
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from closedloop.models import ContactAttempt
from common.models import Event, StoredAnswer
from common.pruning import prune
from crm.models import Customer, Interaction
from tests.api import API
from tests.factories import closedloop
from tests.world import build_world

KEY = "5a5d2f5c-0c6e-4f3e-9f55-1d1f3a0e7a10"


def send(secret, path, body, key=KEY, method="post"):
    headers = {"authorization": f"Bearer {secret}", **({"idempotency-key": key} if key is not None else {})}
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    client = Client(raise_request_exception=False)
    return getattr(client, method)(API + path, raw, content_type="application/json", headers=headers)


def codes(response):
    return [error["code"] for error in response.json()["errors"]]


def test_the_first_answer_comes_back_to_the_letter(world):
    first = send(world.crm_secret, "/customers", {"external_id": "c-1"})
    again = send(world.crm_secret, "/customers", {"external_id": "c-1"})
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.content == first.content
    assert again["Location"] == first["Location"] == "/api/v1/customers/c-1"
    assert again["Content-Type"] == first["Content-Type"]
    assert "Idempotent-Replayed" not in first
    assert again["Idempotent-Replayed"] == "true"


def test_without_a_key_the_same_is_worked_on_again(world):
    assert send(world.crm_secret, "/customers", {"external_id": "c-1"}, key=None).json()["status"] == "created"
    assert send(world.crm_secret, "/customers", {"external_id": "c-1"}, key=None).status_code == 200
    assert not StoredAnswer.objects.exists()


def test_another_body_under_the_same_key_is_refused_and_nothing_changes(world):
    send(world.crm_secret, "/customers", {"external_id": "c-1"})
    other = send(world.crm_secret, "/customers", {"external_id": "c-2"})
    assert (other.status_code, codes(other)) == (422, ["idempotency_key_reused"])
    assert not Customer.objects.filter(external_id="c-2").exists()


def test_a_key_belongs_to_its_caller_and_its_route(world):
    assert send(world.crm_secret, "/customers", {"external_id": "c-1"}).status_code == 201
    assert send(world.crm_secret, "/units", {"external_id": "u-1", "name": "U", "zone": "UTC"}).status_code == 201
    assert send(world.station_secret, "/customers", {"external_id": "c-9"}).status_code == 201


def test_a_rotated_key_is_the_same_caller(world):
    send(world.crm_secret, "/customers", {"external_id": "c-1"})
    _, secret = world.crm_key.rotate(at=timezone.now())
    assert send(secret, "/customers", {"external_id": "c-1"})["Idempotent-Replayed"] == "true"


@pytest.mark.parametrize("key", ["", "x" * 256, "a b", "caf\xe9"])
def test_a_key_that_is_none_is_refused(world, key):
    response = send(world.crm_secret, "/customers", {"external_id": "c-1"}, key=key)
    assert (response.status_code, codes(response)) == (400, ["bad_idempotency_key"])
    assert not Customer.objects.filter(external_id="c-1").exists()


def test_a_refusal_by_the_work_is_kept_too(world):
    wrong = {"external_id": "v-1", "kind": "x", "customer": "c-404", "unit": "u", "occurred_at": "2026-11-20T14:30:00Z"}
    first, again = (send(world.crm_secret, "/interactions", wrong) for _ in range(2))
    assert (first.status_code, again.content) == (422, first.content)
    assert again["Idempotent-Replayed"] == "true"


def test_what_could_not_be_read_is_not_kept(world):
    assert send(world.crm_secret, "/customers", b"{").status_code == 400
    assert send(world.crm_secret, "/customers", {"external_id": "c-1"}).status_code == 201


def test_a_step_on_a_ticket_is_done_once_and_answered_twice(world):
    at = timezone.now()
    ticket = closedloop.ticket(closedloop.answer(world.interaction, comment="An hour.", answered_at=at), at=at)
    body = {"version": ticket.version, "outcome": "no_answer", "note": "Rang."}
    first, again = (send(world.crm_secret, f"/tickets/{ticket.public_id}/attempts", body) for _ in range(2))
    assert (first.status_code, again.status_code, again.content) == (201, 201, first.content)
    assert ContactAttempt.objects.filter(ticket=ticket, outcome="no_answer").count() == 1


def test_the_answer_to_a_list_of_five_thousand_takes_little_room(world):
    items = [{"external_id": f"c-{number}"} for number in range(5000)]
    first = send(world.crm_secret, "/customers", items)
    assert [row["external_id"] for row in first.json()["results"]] == [item["external_id"] for item in items]
    assert len(StoredAnswer.objects.get().body) < 50_000 < 250_000 < len(first.content)
    assert send(world.crm_secret, "/customers", items).content == first.content


def test_what_is_kept_cannot_be_read_off_the_table(world):
    send(world.crm_secret, "/customers", {"external_id": "c-1"})
    assert b"c-1" not in zlib_or_raw(StoredAnswer.objects.get().body)


def zlib_or_raw(body):
    try:
        return zlib.decompress(bytes(body))
    except zlib.error:
        return bytes(body)


def test_answers_go_after_their_time(world, settings):
    send(world.crm_secret, "/customers", {"external_id": "c-1"})
    assert prune(at=timezone.now() + timedelta(hours=settings.IDEMPOTENCY_HOURS - 1))["answers"] == 0
    assert prune(at=timezone.now() + timedelta(hours=settings.IDEMPOTENCY_HOURS + 1))["answers"] == 1


# --- at once, and when something dies --------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_fifty_at_once_are_done_once():
    world = build_world()
    customer = {"external_id": "c-1", "given_name": "Noor"}
    together = Barrier(50)

    def one(_):
        together.wait()
        try:
            return send(world.crm_secret, "/customers", customer)
        finally:
            connection.close()

    with ThreadPoolExecutor(50) as pool:
        answers = list(pool.map(one, range(50)))
    seen = Counter(answer.status_code for answer in answers)
    assert seen.keys() <= {201, 409}
    assert {answer.content for answer in answers if answer.status_code == 201} == {answers_of(world)}
    assert all(answer["Retry-After"] == "1" for answer in answers if answer.status_code == 409)
    assert sum("Idempotent-Replayed" not in answer for answer in answers if answer.status_code == 201) == 1
    assert Customer.objects.filter(external_id="c-1").count() == 1


def answers_of(world):
    return bytes(StoredAnswer.objects.get().content)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("death", ["RAISE EXCEPTION 'full'", "PERFORM pg_terminate_backend(pg_backend_pid())"])
def test_a_crash_between_work_and_answer_leaves_neither_and_the_retry_does_it_once(death):
    world = build_world()
    visit = {
        "external_id": "v-1", "kind": "branch-visit", "customer": world.ines.external_id,
        "unit": world.harbour.external_id, "occurred_at": "2026-11-20T14:30:00+00:00",
    }  # fmt: skip
    before = Event.objects.count()
    with connection.cursor() as cursor:
        cursor.execute(
            f"CREATE FUNCTION die() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN {quoted(death)}; RETURN NEW; END'"
        )
        cursor.execute("CREATE TRIGGER die BEFORE INSERT ON common_storedanswer FOR EACH ROW EXECUTE FUNCTION die()")
    try:
        failed = send(world.crm_secret, "/interactions", [visit, visit])
    finally:
        connection.close()
        with connection.cursor() as cursor:
            cursor.execute("DROP TRIGGER die ON common_storedanswer; DROP FUNCTION die()")
    assert failed.status_code in {500, 503}
    assert (Interaction.objects.count(), StoredAnswer.objects.count(), Event.objects.count()) == (1, 0, before)
    again = send(world.crm_secret, "/interactions", [visit, visit])
    assert [row["status"] for row in again.json()["results"]] == ["stale", "created"]
    assert Interaction.objects.filter(external_id="v-1").count() == 1


def quoted(text):
    return text.replace("'", "''")
