"""A few days of the bank, lived through by the services of the house."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import transaction

from closedloop.models import Ticket
from demo import bank as banks
from demo.history import History
from demo.reckoning import identities
from demo.settling_in import settle_in
from surveys.models import Invitation, Response

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 20, 16, 40, tzinfo=UTC)  # a Friday


@pytest.fixture(scope="module")
def lived(django_db_setup, django_db_blocker):
    """Five days of a smaller bank; read by all tests here, then undone."""
    with django_db_blocker.unblock(), transaction.atomic():
        bank = banks.build(7, customers=240)
        history = History(bank, until=NOW, days=5)
        settle_in(bank, at=history.begins - timedelta(days=1))
        history.run(lambda *_: None)
        yield history
        transaction.set_rollback(True)


def test_everything_adds_up(lived):
    assert [found for found in identities(lived.bank, lived.tally) if not found.holds] == []


def test_the_days_leave_answers_and_tickets_in_every_state(lived):
    assert lived.tally["interactions"] > 200
    assert Invitation.objects.count() == lived.tally["asked"]
    assert Response.objects.count() > 40
    assert Ticket.objects.filter(is_open=True).exists()
    assert Ticket.objects.filter(is_open=False).exists()


def test_nobody_answers_before_the_survey_was_sent(lived):
    assert not [
        response for response in Response.objects.select_related("invitation")
        if response.answered_at <= response.invitation.created_at
    ]  # fmt: skip
