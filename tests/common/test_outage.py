"""The post office is closed for half an hour (R-02): nothing is lost, nobody hammers at its door, and when it opens the
backlog leaves over one line at a time, each mail once."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta

import pytest
from django.core.mail import EmailMessage

from common.outbox import drain
from distribution.models import Dispatch
from tests.faults.post_office import PostOffice, free_port, open_post_office
from tests.world import NOW

MAILS, MINUTES = 40, 30


def compose(row: Dispatch) -> EmailMessage:
    return EmailMessage("Today", "Hello", "feedback@example.org", [f"n{row.pk}@example.org"])


def work(at: datetime) -> Counter[str]:
    """A round, as the timetable asks for one each minute."""
    return drain(Dispatch.objects.all(), compose=compose, at=at, limit=200)


@pytest.fixture
def half_an_hour_later(dispatch, settings) -> tuple[int, datetime]:
    """The port at which nobody answered, and when it is over; mails came due all the while."""
    settings.EMAIL_BACKEND = "common.smtp.WatchedBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT, settings.EMAIL_TIMEOUT = "127.0.0.1", free_port(), 2
    for number in range(MAILS):
        dispatch(due_at=NOW + timedelta(minutes=number * MINUTES / MAILS))
    tries = sum((work(NOW + timedelta(minutes=minute)) for minute in range(MINUTES)), Counter())
    assert tries == {"pending": MINUTES}  # one knock a round
    return settings.EMAIL_PORT, NOW + timedelta(minutes=MINUTES + 2)


def test_a_closed_post_office_loses_nothing_and_the_backlog_leaves_in_one_round(half_an_hour_later):
    port, over = half_an_hour_later
    with open_post_office(PostOffice(), port=port) as office:
        assert work(over) == {"handed_off": MAILS}
        assert (office.sessions, office.most_open) == (1, 1)
    arrived = Counter(message["Message-ID"] for message in office.received)
    assert arrived == Counter(Dispatch.objects.values_list("message_id", flat=True))


def test_a_post_office_that_takes_some_and_closes_again_gets_the_rest_later(half_an_hour_later):
    port, over = half_an_hour_later
    with open_post_office(PostOffice(closes_after=15), port=port):
        assert work(over) == {"handed_off": 15, "pending": 1}
    with open_post_office(PostOffice(), port=port):
        assert work(over + timedelta(minutes=2)) == {"handed_off": MAILS - 15}
