"""Rates of a channel and of a receiving domain: shared by all who hand off, kept after a standstill, never exceeded."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import transaction

from common.models.api import RateBucket
from common.pacing import Limit, take_one
from common.senders import Outcome, Reply
from surveys.models import Message
from surveys.services.dispatching import dispatch_due, keep_dispatching
from tests.factories import crm as make
from tests.factories import surveys as ask
from tests.world import NOW, World

MINUTE = timedelta(minutes=1)
USUAL = object()  # the clock's own


class Clock:
    """Time that passes only where somebody waits (at least three seconds, to be done sooner), or hands over."""

    def __init__(self) -> None:
        self.at = NOW
        self.sent: list[tuple[datetime, str]] = []

    def __call__(self) -> datetime:
        return self.at

    def pause(self, seconds: float) -> None:
        self.at += timedelta(seconds=max(seconds, 3))

    def take(self, mail: Any) -> Reply:
        self.at += timedelta(milliseconds=20)
        self.sent.append((self.at, mail.to[0].rpartition("@")[2]))
        return Reply(Outcome.ACCEPTED, "250")

    def most_in_a_minute(self, domain: str = "") -> int:
        times = [at for at, name in self.sent if domain in name]
        return max(bisect_left(times, at + MINUTE) - number for number, at in enumerate(times))


@pytest.fixture
def clock(world: World) -> Iterator[Clock]:
    """A backlog of 42 messages, 28 of them to one domain."""
    version = ask.version()
    for number in range(42):
        domain = "big.example" if number % 3 else f"small{number}.example"
        customer = make.customer(email=f"c{number}@{domain}", unit=world.harbour)
        visit = make.interaction(kind=world.visit, customer=customer, unit=world.harbour)
        contact = ask.reservation(customer=customer, program=version.program)
        ask.message(invitation=ask.invitation(interaction=visit, version=version, contact=contact))
    return Clock()


def run_until_done(clock: Clock, *, dispatchers: int = 1, hand_over: Any = USUAL) -> timedelta:
    """As the timetable does: a round each minute, here of several dispatchers in turn; how long it took."""
    began, takes = clock.at, clock.take if hand_over is USUAL else hand_over
    while Message.objects.filter(state="pending").exists():
        assert clock.at < began + timedelta(hours=1)
        for _ in range(dispatchers):
            keep_dispatching(clock=clock, hand_over=takes, pause=clock.pause)
        clock.pause(1)
    return clock.at - began if hand_over is not USUAL else clock.sent[-1][0] - began


def test_without_rates_a_backlog_leaves_at_once_and_no_bucket_is_looked_at(clock: Clock):
    assert run_until_done(clock) < timedelta(seconds=3)
    assert not RateBucket.objects.exists()


def test_a_backlog_never_leaves_faster_than_the_channel_may(clock: Clock, settings: Any):
    settings.CHANNEL_RATES = {"email": 20.0}
    took = run_until_done(clock, dispatchers=2)
    assert len(clock.sent) == 42
    assert clock.most_in_a_minute() <= 22  # 1.1 times
    assert took < timedelta(minutes=3)


def test_after_half_an_hour_of_outage_nothing_is_lost_and_the_backlog_leaves_at_the_rate(clock: Clock, settings: Any):
    """R-02: no stampede, at most 1.1 times the rate."""
    settings.CHANNEL_RATES, back = {"email": 20.0}, NOW + timedelta(minutes=30)

    def out(mail: Any) -> Reply:
        assert clock.at < back
        return Reply(Outcome.REFUSED_FOR_NOW, "421 closing", closed=True)

    while clock.at < back:
        dispatch_due(at=clock.at, hand_over=out)
        clock.pause(60)
    assert Message.objects.filter(state="pending").count() == 42
    took = run_until_done(clock)
    assert (len(clock.sent), clock.most_in_a_minute() <= 22) == (42, True)
    assert took < timedelta(minutes=4)


def test_a_slow_domain_holds_up_nobody_else(clock: Clock, settings: Any):
    settings.DOMAIN_RATES = {"big.example": 20.0}
    run_until_done(clock)
    assert clock.most_in_a_minute("big.example") <= 22
    others = [at for at, name in clock.sent if name != "big.example"]
    assert (len(clock.sent), len(others)) == (42, 14)
    assert others[-1] < NOW + timedelta(seconds=5)


def test_every_domain_may_have_a_rate_of_its_own(clock: Clock, settings: Any):
    settings.DOMAIN_RATES = {"*": 60.0, "big.example": 1000.0}
    assert run_until_done(clock) < timedelta(seconds=5)
    assert RateBucket.objects.count() == 15


def test_who_waits_for_its_turn_has_not_been_tried(clock: Clock, settings: Any):
    settings.CHANNEL_RATES = {"email": 10.0}
    dispatch_due(at=NOW, limit=500, hand_over=clock.take)
    assert len(clock.sent) == 1
    waiting = Message.objects.filter(state="pending")
    assert waiting.count() == 41
    assert not waiting.filter(silences__gt=0).exists()
    assert waiting.filter(due_at__gt=NOW, due_at__lte=NOW + timedelta(minutes=4, seconds=18)).count() == 41


def test_a_bucket_holds_a_tenth_of_a_minute_and_fills_evenly(db: None):
    limits = [Limit("a", 60.0), Limit("b", 600.0)]
    taken = [take_one(limits, at=NOW) for _ in range(7)]
    assert taken == [None] * 6 + [timedelta(seconds=1)]
    assert RateBucket.objects.get(name="b").units == 54.0  # of none, where one is used up
    assert take_one(limits, at=NOW + timedelta(seconds=1)) is None
    assert take_one(limits, at=NOW + timedelta(seconds=1)) == timedelta(seconds=1)


def test_a_bucket_that_is_new_costs_the_others_no_more(db: None):
    assert take_one([Limit("channel", 60.0)], at=NOW) is None
    for name in ("one.example", "two.example"):
        assert take_one([Limit("channel", 60.0), Limit(name, 60.0)], at=NOW) is None
    assert RateBucket.objects.get(name="channel").units == 3.0


def test_what_is_undone_is_not_spent(db: None):
    limits = [Limit("a", 10.0)]
    with transaction.atomic():
        assert take_one(limits, at=NOW) is None
        transaction.set_rollback(True)
    assert take_one(limits, at=NOW) is None
    assert take_one(limits, at=NOW) == timedelta(seconds=6)
