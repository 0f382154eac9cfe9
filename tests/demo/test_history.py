"""A few days of the small bank, lived through by the services of the house."""

import pytest

from closedloop.models import ContactAttempt, CustomerReply, Letter, Ticket
from closedloop.models.tickets import NOT_TO_CALL
from demo.letters import write
from demo.reckoning import identities
from distribution.models import Huddle, HuddleAction
from surveys.models import Invitation, Response
from tests.demo.conftest import FEW_DAYS, NOW, lived_through

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def lived(django_db_setup, django_db_blocker, folder):
    yield from lived_through(FEW_DAYS, folder, django_db_blocker)


def test_everything_adds_up(lived):
    assert [found for found in identities(lived.bank, lived.tally) if not found.holds] == []


def test_the_days_leave_answers_and_tickets_in_every_state(lived):
    assert lived.tally["interactions"] > 200
    asked = (lived.tally[f"asks {state}"] for state in ("handed_off", "failed", "cancelled"))
    assert Invitation.objects.count() == sum(asked)
    assert Response.objects.count() > 40
    assert Ticket.objects.filter(is_open=True).exists()
    assert Ticket.objects.filter(is_open=False).exists()


def test_teams_hold_their_huddles_and_carry_on_what_they_agreed(lived):
    held = Huddle.objects.filter(closed_at__isnull=False)
    assert held.count() == lived.tally["huddles"] >= 6
    assert held.values("lead").distinct().count() > held.values("unit").distinct().count()  # the lead goes round
    assert HuddleAction.objects.filter(outcome="done").exists()


def test_nobody_rings_a_customer_who_asked_not_to_be_called(lived):
    refused = Ticket.objects.filter(NOT_TO_CALL).prefetch_related("ticket_signals__signal")
    rung = ContactAttempt.objects.filter(outcome__in=["reached", "no_answer", "voicemail", "busy"])
    since = {t.pk: min(s.signal.at for s in t.ticket_signals.all() if s.signal.callback is False) for t in refused}
    assert since
    assert not [pk for pk, at in since.items() if rung.filter(ticket=pk, made_at__gte=at).exists()]
    assert lived.tally["calls not wished for"] > 0


def test_nobody_answers_before_the_survey_was_sent(lived):
    assert not [
        response for response in Response.objects.select_related("invitation")
        if response.answered_at <= response.invitation.created_at
    ]  # fmt: skip


def test_customers_hear_what_was_done_and_some_write_back(lived):
    done = write(lived.bank, at=NOW)
    assert done["written"] == Letter.objects.count() > 3
    assert set(Letter.objects.values_list("state", flat=True)) <= {"handed_off", "pending"}
    assert done["answered"] == CustomerReply.objects.count() > 0
    assert not write(lived.bank, at=NOW)
