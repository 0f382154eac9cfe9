"""Draining rows that must leave: every outcome ends in the right state, and one bad row stops nobody."""

from __future__ import annotations

import random
from datetime import timedelta
from typing import Any

import psycopg
import pytest
from django.core.mail import EmailMessage
from django.db import connection
from django.utils import timezone

from common.models import Dwell, State
from common.models.outgoing import MAX_SILENCES
from common.outbox import MustNotGo, drain, due_again, settle_abandoned
from common.senders import Outcome, Reply
from distribution.models import Dispatch
from tests.world import NOW

ACCEPTED = Reply(Outcome.ACCEPTED, "accepted")


def compose(row: Dispatch) -> EmailMessage:
    return EmailMessage("Today", "Hello", "feedback@example.org", [row.reply or "helen@example.org"])


def run(replies=(), **options: Any):
    """Drain against a post office that answers as told, then accepts."""
    answers, sent = iter(replies), []

    def hand_over(message: EmailMessage) -> Reply:
        sent.append(message)
        return next(answers, ACCEPTED)

    options = {
        "compose": compose,
        "at": NOW,
        "limit": 50,
        "hand_over": hand_over,
        "rng": random.Random(1),
    } | options
    return drain(Dispatch.objects.all(), **options), sent


def abandon(row: Dispatch, **fields) -> None:
    past = timezone.now() - timedelta(minutes=1)
    Dispatch.objects.filter(pk=row.pk).update(**{"state": State.SENDING, "leased_until": past, "attempts": 1} | fields)


def test_a_due_row_is_handed_off(dispatch):
    row = dispatch()
    assert run()[0] == {"handed_off": 1}
    row.refresh_from_db()
    assert (row.state, row.attempts, row.handed_off_at, row.leased_until) == (State.HANDED_OFF, 1, NOW, None)


def test_a_row_that_is_not_due_stays(dispatch):
    dispatch(due_at=NOW + timedelta(seconds=1))
    assert run() == ({}, [])


def test_a_limit_is_kept(dispatch):
    dispatch(), dispatch(), dispatch()
    assert run(limit=2)[0] == {"handed_off": 2}


def test_a_refusal_is_final(dispatch):
    row = dispatch()
    assert run([Reply(Outcome.REFUSED, "550 no")])[0] == {"failed": 1}
    row.refresh_from_db()
    assert (row.state, row.reply) == (State.FAILED, "550 no")


def test_a_refusal_for_now_is_tried_again_later(dispatch):
    row = dispatch()
    assert run([Reply(Outcome.REFUSED_FOR_NOW, "450 busy")])[0] == {"pending": 1}
    row.refresh_from_db()
    assert row.state == State.PENDING
    assert timedelta(minutes=1) <= row.due_at - NOW <= timedelta(minutes=1, seconds=15)


def test_what_is_refused_for_now_is_given_up_between_two_and_three_days_later(dispatch):
    row = dispatch()
    for _ in range(20):
        run([Reply(Outcome.REFUSED_FOR_NOW, "450 busy")], at=row.due_at)
        row.refresh_from_db()
    tried_for = row.due_at - NOW
    assert timedelta(hours=48) <= tried_for <= timedelta(hours=72)
    assert (row.state, row.attempts) == (State.FAILED, 14)
    assert row.reply == f"gave up after {tried_for // timedelta(hours=1)} hours: 450 busy"


@pytest.mark.parametrize(("hours", "state"), [(59, State.PENDING), (60, State.FAILED)])
def test_a_post_office_that_never_opens_is_given_up_too(dispatch, hours, state):
    row = dispatch(refused_since=NOW - timedelta(hours=hours))
    run([Reply(Outcome.REFUSED_FOR_NOW, "not there", closed=True)])
    row.refresh_from_db()
    assert row.state == state


def test_an_outage_of_the_post_office_ends_the_round_and_is_looked_at_again_in_a_minute(dispatch):
    row, other = dispatch(refused_since=NOW - timedelta(hours=5)), dispatch()
    tally, sent = run([Reply(Outcome.REFUSED_FOR_NOW, "not there", closed=True)])
    assert (tally, len(sent)) == ({"pending": 1}, 1)
    row.refresh_from_db(), other.refresh_from_db()
    assert (row.silences, other.attempts) == (0, 0)
    assert timedelta(minutes=1) <= row.due_at - NOW <= timedelta(minutes=1, seconds=15)


def test_a_lost_answer_leaves_a_customers_mail_unknown(dispatch):
    row = dispatch()
    assert run([Reply(Outcome.UNKNOWN, "dead")])[0] == {"unknown": 1}
    assert run(at=NOW + timedelta(days=9))[0] == {}
    row.refresh_from_db()
    assert row.state == State.UNKNOWN


def test_a_lost_answer_to_staff_mail_is_resent_under_the_same_message_id(dispatch):
    dispatch()
    tally, sent = run([Reply(Outcome.UNKNOWN, "dead")], resend_lost=True)
    assert tally == {"pending": 1}
    assert run(at=NOW + timedelta(minutes=2), resend_lost=True)[0] == {"handed_off": 1}
    again = run(at=NOW + timedelta(minutes=2), resend_lost=True)[1]
    assert not again
    row = Dispatch.objects.get()
    assert sent[0].extra_headers["Message-ID"] == row.message_id


def test_a_row_that_must_not_go_is_cancelled_with_the_reason(dispatch):
    row = dispatch()

    def refuse(_: Dispatch) -> EmailMessage:
        raise MustNotGo("suppressed since it was planned")

    assert run(compose=refuse) == ({"cancelled": 1}, [])
    row.refresh_from_db()
    assert (row.state, row.reply) == (State.CANCELLED, "suppressed since it was planned")


def test_a_poison_row_is_put_back_and_its_neighbours_flow(dispatch):
    poison, fine = dispatch(), dispatch()

    def choke(row: Dispatch) -> EmailMessage:
        if row.pk == poison.pk:
            raise ZeroDivisionError
        return compose(row)

    assert run(compose=choke)[0] == {"pending": 1, "handed_off": 1}
    poison.refresh_from_db(), fine.refresh_from_db()
    assert (poison.state, poison.reply) == (State.PENDING, "could not be composed: ZeroDivisionError")
    assert fine.state == State.HANDED_OFF


def test_what_compose_stored_is_undone_when_it_fails(dispatch):
    row = dispatch()

    def choke(row: Dispatch) -> EmailMessage:
        Dispatch.objects.filter(pk=row.pk).update(kind="alert", alert=None, digest=None)  # breaks a constraint
        raise AssertionError("unreachable")

    run(compose=choke)
    row.refresh_from_db()
    assert (row.kind, row.reply) == ("digest", "could not be composed: IntegrityError")


def test_a_hand_over_that_breaks_leaves_the_row_unknown(dispatch):
    row = dispatch()

    def broken(_: EmailMessage) -> Reply:
        raise KeyError("x")

    assert run(hand_over=broken)[0] == {"unknown": 1}
    row.refresh_from_db()
    assert row.reply == "hand-over broke: KeyError"


def test_the_outcome_is_told_in_its_own_transaction(dispatch):
    dispatch(), dispatch()
    told = []
    run(
        [ACCEPTED, Reply(Outcome.REFUSED, "no")], record=lambda row, reply, at: told.append((row.state, reply.text, at))
    )
    assert told == [(State.HANDED_OFF, "accepted", NOW), (State.FAILED, "no", NOW)]


def test_a_failing_companion_does_not_hide_that_the_mail_has_left(dispatch):
    row = dispatch()

    def record(*_: object) -> None:
        raise RuntimeError

    assert run(record=record)[0] == {"handed_off": 1}
    row.refresh_from_db()
    assert row.state == State.HANDED_OFF


def test_a_worker_that_died_while_sending_leaves_it_unknown(dispatch):
    row = dispatch()
    abandon(row)
    assert settle_abandoned(Dispatch.objects.all(), at=NOW, resend_lost=False) == {"unknown": 1}
    row.refresh_from_db()
    assert (row.state, row.reply) == (State.UNKNOWN, "the worker died while sending")


def test_staff_mail_whose_worker_died_goes_out_under_its_first_message_id(dispatch):
    row = dispatch()
    abandon(row, message_id="<first@example.org>")
    tally, sent = run(resend_lost=True)
    assert tally == {"pending": 1, "handed_off": 1}
    assert sent[0].extra_headers["Message-ID"] == "<first@example.org>"


def test_a_row_that_cannot_be_composed_is_parked_after_five_tries(dispatch):
    row = dispatch(silences=MAX_SILENCES - 1)

    def choke(_: Dispatch) -> EmailMessage:
        raise ZeroDivisionError

    run(compose=choke)
    row.refresh_from_db()
    assert (row.state, row.reply) == (State.FAILED, "gave up after 5 tries: could not be composed: ZeroDivisionError")


def test_a_staff_mail_whose_answers_are_always_lost_is_parked_after_five_tries(dispatch):
    row, sent = dispatch(), []
    for _ in range(9):
        sent += run([Reply(Outcome.UNKNOWN, "dead")], at=row.due_at, resend_lost=True)[1]
        row.refresh_from_db()
    assert (row.state, row.reply, len(sent)) == (State.FAILED, "gave up after 5 tries: dead", 5)


def test_a_row_that_killed_every_worker_is_parked(dispatch):
    row = dispatch(silences=MAX_SILENCES, leased_until=timezone.now() - timedelta(minutes=1))
    assert run() == ({"failed": 1}, [])
    row.refresh_from_db()
    assert row.reply == "gave up after 5 tries: the worker died each time"


def test_delays_grow_and_never_end_in_a_stampede():
    rng = random.Random(7)
    tried_for = [timedelta(minutes=minutes) for minutes in (0, 1, 11, 71, 2_000)]
    minutes = [(due_again(NOW, spent, rng) - NOW).total_seconds() / 60 for spent in tried_for]
    assert [low <= m <= low * 1.25 for low, m in zip((1, 10, 60, 360, 360), minutes, strict=True)] == [True] * 5
    assert due_again(NOW, tried_for[0], rng) != due_again(NOW, tried_for[0], rng)


def test_a_round_counts_how_long_each_mail_waited_since_it_was_due(dispatch):
    dispatch(due_at=NOW - timedelta(seconds=4)), dispatch(due_at=NOW - timedelta(seconds=40)), dispatch()
    run([ACCEPTED, ACCEPTED, Reply(Outcome.REFUSED, "550 no")])
    assert list(Dwell.objects.order_by("bound").values_list("kind", "bound", "number", "seconds")) == [
        ("distribution.dispatch", 5, 1, 4),
        ("distribution.dispatch", 60, 1, 40),
    ]


def test_the_wait_of_a_mail_that_was_put_off_begins_when_it_was_first_due(dispatch):
    row = dispatch(due_at=NOW - timedelta(seconds=4))
    run([Reply(Outcome.REFUSED_FOR_NOW, "451 later")])
    run([Reply(Outcome.UNKNOWN, "the line went dead")], at=NOW + timedelta(minutes=2), resend_lost=True)
    run(at=NOW + timedelta(minutes=10))
    row.refresh_from_db()
    assert (row.state, row.first_due_at) == (State.HANDED_OFF, NOW - timedelta(seconds=4))
    assert [(wait.number, wait.seconds) for wait in Dwell.objects.all()] == [(1, 604)]


def test_a_mail_that_another_worker_has_settled_meanwhile_is_not_counted_again(dispatch):
    row = dispatch()

    def hand_over(_: EmailMessage) -> Reply:
        Dispatch.objects.filter(pk=row.pk).update(attempts=2)
        return ACCEPTED

    assert run(hand_over=hand_over)[0] == {"taken over": 1}
    assert not Dwell.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_what_the_post_office_said_is_kept_although_the_database_went_away_meanwhile(dispatch):
    row = dispatch()

    def hand_over(_: EmailMessage) -> Reply:
        end_our_session()
        return ACCEPTED

    assert run(hand_over=hand_over)[0] == {"handed_off": 1}
    row.refresh_from_db()
    assert (row.state, row.handed_off_at) == (State.HANDED_OFF, NOW)


def end_our_session() -> None:
    with connection.cursor() as cursor:
        cursor.execute("select pg_backend_pid()")
        (ours,) = cursor.fetchone()
    place = connection.get_connection_params()
    with psycopg.connect(host=place["host"], user=place["user"], dbname=place["dbname"], autocommit=True) as other:
        other.execute("select pg_terminate_backend(%s)", [ours])


def test_with_a_clock_the_hour_of_the_hand_off_is_its_own_and_not_that_of_the_round(dispatch):
    rows, moments = [dispatch(), dispatch()], iter(NOW + timedelta(seconds=second) for second in range(1, 20))
    run(clock=lambda: next(moments))
    first, second = (Dispatch.objects.get(pk=row.pk).handed_off_at for row in rows)
    assert NOW < first < second


@pytest.mark.django_db
def test_over_a_real_server_a_round_ends_in_every_state(dispatch, post_office):
    addresses = ("helen", "refuse-550-5.1.1", "late-451", "vanish", "rosa")
    rows = [dispatch(reply=f"{address}@example.org") for address in addresses]
    drain(Dispatch.objects.all(), compose=compose, at=NOW, limit=50)
    states = [Dispatch.objects.get(pk=row.pk).state for row in rows]
    assert states == ["handed_off", "failed", "pending", "unknown", "handed_off"]
    kept = {row.message_id for row in Dispatch.objects.filter(state__in=["handed_off", "unknown"])}
    assert {message["Message-ID"] for message in post_office.received} == kept
