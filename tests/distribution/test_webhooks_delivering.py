"""Deliveries reach their receivers: signed, once taken never again, in vain by the specification's steps, and nobody's
silence holds up another. The receivers are real HTTP servers; the hour is put forward by `at`."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from ipaddress import ip_network
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.db import connection
from django.utils import timezone
from standardwebhooks.webhooks import Webhook

from common.abreast import alone
from common.egress import Egress
from common.models import Event, State
from common.posting import HttpReply, Post, post
from common.senders import Outcome
from distribution.models import Dispatch, WebhookDelivery, WebhookEndpoint
from distribution.models.webhook_deliveries import SPAN, STEPS
from distribution.services.sending import send_due
from distribution.services.webhooks.delivering import deliver_due
from distribution.services.webhooks.forgetting import forget
from tests.factories import webhooks as make
from tests.faults.http_sink import HttpSink, open_http_sink
from tests.world import NOW

GONE = HttpReply(Outcome.REFUSED, "410", status=410)
TAKEN = HttpReply(Outcome.ACCEPTED, "200", status=200)
BROKEN = HttpReply(Outcome.REFUSED_FOR_NOW, "500 out of order", status=500)
SILENT = HttpReply(Outcome.REFUSED_FOR_NOW, "no answer within 15 seconds", seconds=15)


@pytest.fixture
def sink():
    with open_http_sink(HttpSink()) as sink:
        yield sink


def by_http(sink: HttpSink, *, seconds: float = 2) -> Callable[[Post], HttpReply]:
    egress = Egress((ip_network("127.0.0.0/8"),), frozenset({urlsplit(sink.url).port or 0}))
    return lambda message: post(message, egress=egress, seconds=seconds)


def deliver(send: Any, at: datetime = NOW, **options: Any) -> Counter[str]:
    """`send`: a function, or the reply that everybody gives."""
    hand = (lambda _: send) if isinstance(send, HttpReply) else send
    return deliver_due(at=at, send=hand, rng=random.Random(1), **options)


# --- one delivery ---


def test_a_delivery_arrives_signed_and_is_logged(world, sink):
    endpoint, secret = make.endpoint_and_secret(unit=world.harbour, url=f"{sink.url}/hook")
    at = timezone.now()
    row = make.delivery(endpoint, body='{"score":2}', due_at=at)
    assert deliver(by_http(sink), at, clock=timezone.now) == {"handed_off": 1}
    (taken,) = sink.received
    assert Webhook(secret).verify(taken.body, taken.headers) == {"score": 2}
    assert (taken.headers["webhook-id"], taken.headers["content-type"]) == (row.message_id, "application/json")
    row.refresh_from_db()
    (done,) = row.tries.all()
    assert (row.state, row.status, done.number, done.status, done.reply) == (State.HANDED_OFF, 200, 1, 200, "200")


def test_during_a_rotation_both_secrets_sign_and_a_day_later_only_the_new_one(world, sink):
    endpoint, old = make.endpoint_and_secret(unit=world.harbour, url=f"{sink.url}/hook")
    at = timezone.now()
    new = endpoint.rotate(at=at, by=world.operator)
    make.delivery(endpoint, due_at=at)
    deliver(by_http(sink), at)
    for secret in (old, new):
        assert Webhook(secret).verify(sink.received[0].body, sink.received[0].headers)
    assert len(endpoint.keys(at)) == 2
    assert len(endpoint.keys(at + timedelta(hours=25))) == 1
    endpoint.rotate(at=at + timedelta(hours=1), by=world.operator)
    assert endpoint.secrets.count() == 2  # never three live ones


def test_a_taken_delivery_never_goes_again(world, sink):
    make.delivery(make.endpoint(unit=world.harbour, url=f"{sink.url}/hook"))
    deliver(by_http(sink)), deliver(by_http(sink), NOW + timedelta(days=9))
    assert len(sink.received) == 1


def test_tries_follow_the_specifications_steps_with_the_same_id_and_body(world):
    endpoint = make.endpoint(unit=world.harbour)
    row, seen, waits = make.delivery(endpoint), [], []
    at = NOW
    for _ in range(20):
        deliver(lambda message: seen.append((message.headers["webhook-id"], message.body)) or BROKEN, at)
        row.refresh_from_db()
        if row.state != State.PENDING:
            break
        waits.append(row.due_at - at)
        at = row.due_at
    assert (row.state, row.reply) == (State.FAILED, "gave up after 10 tries: 500 out of order")
    assert len(seen) == len(STEPS) == 10
    assert set(seen) == {(row.message_id, row.body.encode())}
    assert [step <= wait <= step * 1.25 for step, wait in zip(STEPS[1:], waits, strict=True)] == [True] * 9
    assert row.tries.count() == 10
    assert timedelta(hours=75, minutes=35, seconds=5) == SPAN


def test_a_retry_after_is_waited_for_but_no_longer_than_a_day(world):
    endpoint = make.endpoint(unit=world.harbour)
    row = make.delivery(endpoint)
    asked = HttpReply(Outcome.REFUSED_FOR_NOW, "429", status=429, retry_after=timedelta(hours=3))
    deliver(asked)
    row.refresh_from_db()
    assert row.due_at == NOW + timedelta(hours=3)


@pytest.mark.parametrize("path", ["/refuse-500", "/refuse-302", "/vanish", "/stall", "/drip", "/reset"])
def test_whatever_goes_wrong_with_a_receiver_the_delivery_waits_for_its_next_try(world, sink, path):
    row = make.delivery(make.endpoint(unit=world.harbour, url=sink.url + path))
    assert deliver(by_http(sink, seconds=0.5)) == {"pending": 1}
    row.refresh_from_db()
    assert (row.state, row.failures) == (State.PENDING, 1)
    assert timedelta(seconds=5) <= row.due_at - NOW <= timedelta(seconds=6.25)


def test_a_private_address_is_not_spoken_to_and_the_log_says_so(world, sink):
    row = make.delivery(make.endpoint(unit=world.harbour, url=f"http://127.0.0.1:{urlsplit(sink.url).port}/hook"))
    closed = Egress(ports=frozenset({urlsplit(sink.url).port or 0}))
    deliver(lambda message: post(message, egress=closed))
    assert row.tries.get().reply == "127.0.0.1 leads to 127.0.0.1, which is not a public address."
    assert not sink.received


def test_a_worker_that_died_while_sending_is_followed_by_another_under_the_same_id(world, sink):
    row = make.delivery(make.endpoint(unit=world.harbour, url=f"{sink.url}/hook"), message_id="msg_first")
    past = timezone.now() - timedelta(minutes=1)
    WebhookDelivery.objects.filter(pk=row.pk).update(state=State.SENDING, leased_until=past, attempts=1)
    assert deliver(by_http(sink)) == {"pending": 1, "handed_off": 1}
    assert [taken.headers["webhook-id"] for taken in sink.received] == ["msg_first"]


# --- the endpoint ---


def test_gone_switches_the_endpoint_off_at_once_and_its_owner_is_told_by_mail(world, mailoutbox, settings):
    endpoint = make.endpoint(unit=world.harbour, owner=world.helen, name="Old CRM")
    row, waiting = make.delivery(endpoint), make.delivery(endpoint, due_at=NOW + timedelta(seconds=1))
    deliver(GONE)
    endpoint.refresh_from_db(), row.refresh_from_db()
    assert (row.state, endpoint.disabled_at) == (State.FAILED, NOW)
    assert endpoint.disabled_why == "It answered 410 Gone: it wants no more."
    assert deliver(TAKEN, NOW + timedelta(days=1)) == {}
    waiting.refresh_from_db()
    assert waiting.state == State.PENDING
    send_due(at=NOW)
    (mail,) = mailoutbox
    assert (mail.to, mail.subject) == ([world.helen.email], "Webhook endpoint “Old CRM” was switched off")
    assert "410 Gone" in mail.body
    assert "Not told yet" in mail.alternatives[0][0]


def test_an_endpoint_without_an_owner_is_the_offices_to_look_after(world):
    deliver_one(make.endpoint(unit=world.harbour), GONE)
    assert [row.employee for row in Dispatch.objects.filter(kind="webhook")] == [world.olivia]


def deliver_one(endpoint: WebhookEndpoint, reply: HttpReply) -> WebhookDelivery:
    row = make.delivery(endpoint)
    deliver(reply)
    return row


def test_a_delivery_that_is_given_up_when_nothing_got_through_switches_the_endpoint_off(world):
    endpoint = make.endpoint(unit=world.harbour, owner=world.helen)
    row = make.delivery(endpoint)
    run_until_ended(row, BROKEN)
    endpoint.refresh_from_db()
    assert (row.state, endpoint.is_enabled) == (State.FAILED, False)
    assert endpoint.disabled_why == "Nothing got through since 2026-11-24 10:00 UTC."
    assert Event.objects.filter(what="webhook.disabled").count() == Dispatch.objects.count() == 1


def run_until_ended(row: WebhookDelivery, reply: Any) -> datetime:
    at = row.due_at
    for _ in range(30):
        deliver(reply, at)
        row.refresh_from_db()
        if row.state != State.PENDING:
            break
        at = row.due_at
    return at


def test_one_that_only_this_receiver_chokes_on_is_given_up_and_the_endpoint_stays_on(world):
    endpoint = make.endpoint(unit=world.harbour)
    poison = make.delivery(endpoint, body='{"poison":true}')
    at = NOW
    while poison.state == State.PENDING:
        make.delivery(endpoint, due_at=at, created_at=at)
        deliver(lambda message: BROKEN if b"poison" in message.body else TAKEN, at)
        deliver(lambda message: BROKEN if b"poison" in message.body else TAKEN, at + timedelta(seconds=1))
        poison.refresh_from_db()
        at = max(poison.due_at, at + timedelta(seconds=2))
    endpoint.refresh_from_db()
    assert (poison.state, endpoint.is_enabled) == (State.FAILED, True)
    assert WebhookDelivery.objects.filter(state=State.HANDED_OFF).count() == 10


def test_an_endpoint_that_is_silent_is_left_alone_and_asked_once_after_each_rest(world):
    endpoint = make.endpoint(unit=world.harbour)
    for _ in range(30):
        make.delivery(endpoint)
    tries, at = [], NOW
    for _ in range(6):
        tries.append(deliver(SILENT, at)["pending"])
        endpoint.refresh_from_db()
        at = endpoint.rests_until
    assert tries == [1] * 6
    assert at - NOW == timedelta(seconds=5 + 5 + 120 + 3 * 300)
    assert deliver(SILENT, at - timedelta(seconds=1)) == {}


def test_nothing_is_lost_over_a_day_of_a_receivers_absence(world, sink):
    """An event a minute for a day, the receiver away from the first to the last: back again, it gets all of them,
    each once, and its endpoint was never switched off."""
    endpoint = make.endpoint(unit=world.harbour, url=f"{sink.url}/hook")
    for hour in range(24):
        for minute in range(0, 60, 10):
            at = NOW + timedelta(hours=hour, minutes=minute)
            make.delivery(endpoint, due_at=at, created_at=at)
            deliver(SILENT, at)
    endpoint.refresh_from_db()
    assert (endpoint.is_enabled, WebhookDelivery.objects.filter(state=State.PENDING).count()) == (True, 144)
    at = NOW + timedelta(days=1)
    for _ in range(60):
        deliver(by_http(sink), at)
        at += timedelta(minutes=30)
    endpoint.refresh_from_db()
    assert (endpoint.failures, endpoint.failing_since) == (0, None)
    assert Counter(WebhookDelivery.objects.values_list("state", flat=True)) == {State.HANDED_OFF: 144}
    arrived = Counter(taken.headers["webhook-id"] for taken in sink.received)
    assert arrived == Counter(WebhookDelivery.objects.values_list("message_id", flat=True))


def test_three_days_without_an_answer_switch_it_off_and_replaying_brings_everything(world, sink):
    endpoint = make.endpoint(unit=world.harbour, url=f"{sink.url}/hook")
    rows = [make.delivery(endpoint) for _ in range(3)]
    at = NOW
    while endpoint.is_enabled:
        deliver(SILENT, at)
        endpoint.refresh_from_db()
        at += timedelta(minutes=30)
    assert timedelta(hours=75) <= at - NOW <= timedelta(hours=96)
    endpoint.enable(at=at, by=world.operator)
    told = WebhookDelivery.objects.given_up(since=NOW).replay(at=at, by=world.operator)
    deliver(by_http(sink), at + timedelta(days=2))
    assert told == Event.objects.get(what="webhook.replayed").data["deliveries"]
    assert {taken.headers["webhook-id"] for taken in sink.received} == {row.message_id for row in rows}


def test_replaying_goes_under_the_same_id_whatever_became_of_it_before(world, sink):
    row = make.delivery(make.endpoint(unit=world.harbour, url=f"{sink.url}/hook"))
    deliver(by_http(sink))
    assert WebhookDelivery.objects.filter(pk=row.pk).replay(at=NOW, by=world.operator) == 1
    deliver(by_http(sink))
    assert [taken.headers["webhook-id"] for taken in sink.received] == [row.message_id] * 2
    event = Event.objects.get(what="webhook.replayed")
    assert (event.data, event.by) == ({"deliveries": 1}, world.operator)


def test_one_on_its_way_is_not_replayed(world):
    row = make.delivery(make.endpoint(unit=world.harbour))
    assert WebhookDelivery.objects.filter(pk=row.pk).replay(at=NOW, by=None) == 0
    assert not Event.objects.filter(what="webhook.replayed").exists()


# --- beside each other ---


def test_a_dead_and_a_slow_receiver_hold_up_nobody(world, sink):
    """Twenty deliveries each: the good one has all its own while the dead one was asked once and the slow one is
    still at its first."""
    good, dead, slow = (
        make.endpoint(unit=world.harbour, url=sink.url + path) for path in ("/good", "/stall", "/slow-80")
    )
    for endpoint in (dead, slow, good):
        for _ in range(20):
            make.delivery(endpoint)
    deliver(by_http(sink, seconds=1.5), budget=0.7)
    left = [endpoint.deliveries.filter(state=State.PENDING).count() for endpoint in (good, dead, slow)]
    assert left == [0, 20, 19]


@pytest.mark.django_db(transaction=True)
def test_only_one_process_delivers_at_a_time(world):
    make.delivery(make.endpoint(unit=world.harbour))

    def elsewhere() -> Counter[str]:
        try:
            return deliver(TAKEN)
        finally:
            connection.close()

    with alone("webhooks") as mine, ThreadPoolExecutor(1) as pool:
        assert (mine, pool.submit(elsewhere).result()) == (True, Counter())
    assert deliver(TAKEN) == {"handed_off": 1}


def test_what_is_old_is_forgotten_and_what_waits_is_not(world):
    endpoint = make.endpoint(unit=world.harbour)
    old = NOW - timedelta(days=31)
    for state, at in ((State.HANDED_OFF, old), (State.FAILED, old), (State.PENDING, old), (State.HANDED_OFF, NOW)):
        make.delivery(endpoint, state=state, created_at=at)
    assert forget(at=NOW) == 2
    assert sorted(WebhookDelivery.objects.values_list("state", flat=True)) == ["handed_off", "pending"]
