"""A program is stopped before a provider would stop us (RELIABILITY R-07)."""

from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError

from common.models import Event
from common.senders import Outcome, Reply
from crm.models import Suppression
from surveys.inbound.brakes import Figures, Level, Limits, findings
from surveys.models import Brake, DeliveryAttempt, MailHour, Message
from surveys.services.dispatching import dispatch_due
from surveys.services.inbound.braking import count, mind_brakes, release
from tests.factories import crm as make_crm
from tests.factories import surveys as make
from tests.surveys.inbound.mails import bounce_address, delivery_report, heard
from tests.world import NOW

BOUNCES, COMPLAINTS = Limits(0.02, 0.04), Limits(0.0005, 0.0008)


def levels(sent: int, bounced: int = 0, complained: int = 0) -> dict[str, str]:
    found = findings(Figures(sent, bounced, complained), bounces=BOUNCES, complaints=COMPLAINTS)
    return {finding.what: finding.level.value for finding in found}


def test_shares_are_of_what_was_sent_and_of_a_thousand_at_least():
    assert levels(10, bounced=10) == {}
    assert levels(10, bounced=20) == {"bounces": "warn"}
    assert levels(10, bounced=40) == {"bounces": "stop"}
    assert levels(100_000, bounced=1_999) == {}
    assert levels(100_000, bounced=2_000) == {"bounces": "warn"}
    assert levels(100_000, bounced=4_000, complained=79) == {"bounces": "stop", "complaints": "warn"}
    assert levels(100_000, complained=80) == {"complaints": "stop"}
    assert levels(1_250, complained=1) == {"complaints": "stop"}
    assert levels(1_251, complained=1) == {"complaints": "warn"}
    assert levels(0) == {}


@pytest.mark.parametrize("every", [1, 2, 10, 20, 24, 25, 26, 100])
def test_whatever_the_share_it_is_stopped_before_five_in_a_hundred_of_a_thousand_or_more(every):
    """One mail in `every` bounces as it goes out; of those that go out nobody ever sees 5 %."""
    sent = bounced = 0
    for number in range(1, 5_000):
        sent, bounced = sent + 1, bounced + (number % every == 0)
        assert sent < 1_000 or bounced / sent < 0.05
        if levels(sent, bounced).get("bounces") == Level.STOP:
            break
    assert (sent < 4_999) == (every <= 25)


@pytest.fixture
def program(message):
    """A thousand and more went out within the hour."""
    MailHour.objects.create(program=message.invitation.program, hour=NOW - timedelta(hours=3), sent=2_000)
    DeliveryAttempt.objects.create(message=message, number=1, started_at=NOW, outcome="accepted")
    return message.invitation.program


def test_a_bounce_too_many_stops_the_program_and_says_so_once(message, program):
    count(program=program.pk, hour_of=NOW, bounced=79)
    mind_brakes(at=NOW, programs={program.pk})
    assert list(Brake.objects.values_list("what", "level")) == [("bounces", "warn")]
    heard(delivery_report(bounce_address(message)), at=NOW + timedelta(minutes=1))
    mind_brakes(at=NOW + timedelta(minutes=2))
    heard(delivery_report(bounce_address(message)), at=NOW + timedelta(minutes=3))
    brake = Brake.objects.get()
    assert (brake.what, brake.level, brake.at) == ("bounces", "warn", NOW)  # 80 of 2,001: not yet
    count(program=program.pk, hour_of=NOW, bounced=1)
    mind_brakes(at=NOW + timedelta(minutes=4))
    brake.refresh_from_db()
    assert (brake.level, brake.figures) == ("stop", {"sent": 2_001, "bounced": 81, "complained": 0, "days": 7})
    told = Event.objects.filter(what__startswith="program.").order_by("id")
    assert list(told.values_list("what", "subject_id")) == [
        ("program.warned_of", str(program.pk)),
        ("program.stopped", str(program.pk)),
    ]


def waiting(message: Message) -> Message:
    """The reminder of Ines' invitation, due now."""
    return make.message(invitation=message.invitation, kind="reminder")


def test_messages_of_a_stopped_program_wait_until_a_person_releases_it(message, program, world):
    brake = Brake.objects.create(program=program, what="bounces", level="stop", at=NOW)
    reminder = waiting(message)
    sink = Sink()
    assert dispatch_due(at=NOW, hand_over=sink) == {}
    mind_brakes(at=NOW + timedelta(days=8))
    assert dispatch_due(at=NOW + timedelta(minutes=10), hand_over=sink) == {}
    reminder.refresh_from_db()
    assert (reminder.state, reminder.due_at, reminder.attempts, sink.taken) == ("pending", NOW, 0, [])
    release(brake=brake, at=NOW + timedelta(minutes=20), by=world.operator)
    assert dispatch_due(at=NOW + timedelta(minutes=20), hand_over=sink) == {"handed_off": 1}
    event = Event.objects.get(what="program.resumed")
    assert (event.by, event.data) == (world.operator, {"rule": "bounces", "brake": brake.pk})
    with pytest.raises(ValidationError):
        release(brake=brake, at=NOW, by=world.operator)


def test_counting_begins_anew_when_it_is_released(program, world):
    count(program=program.pk, hour_of=NOW, bounced=100)
    mind_brakes(at=NOW)
    release(brake=Brake.objects.get(), at=NOW, by=world.operator)
    mind_brakes(at=NOW + timedelta(minutes=1))
    count(program=program.pk, hour_of=NOW, bounced=39)
    mind_brakes(at=NOW + timedelta(minutes=2))
    assert not Brake.objects.filter(level="stop", released_at=None).exists()
    count(program=program.pk, hour_of=NOW, bounced=1)
    mind_brakes(at=NOW + timedelta(minutes=2))
    assert Brake.objects.filter(level="stop", released_at=None).count() == 1


def test_a_warning_ends_by_itself_and_late_reports_of_a_large_mailing_hold_up_no_small_one(program):
    MailHour.objects.create(program=program, hour=NOW - timedelta(days=3), sent=100_000, bounced=1_000)
    count(program=program.pk, hour_of=NOW - timedelta(days=3), bounced=60)  # heard today
    count(program=program.pk, hour_of=NOW, bounced=41)
    assert mind_brakes(at=NOW) == 1
    assert Brake.objects.get().level == "warn"  # 41 of 2,001 within a day
    assert mind_brakes(at=NOW + timedelta(days=2)) == 0


class Sink:
    def __init__(self, *replies: Reply) -> None:
        self.replies, self.taken = list(replies), []

    def __call__(self, mail) -> Reply:
        self.taken.append(mail)
        return self.replies.pop(0) if self.replies else Reply(Outcome.ACCEPTED, "250 OK")


def test_refusals_at_the_door_stop_the_round_in_the_midst_of_it(message, world, settings):
    """Of ten messages the second address that does not exist is the last that is tried."""
    settings.BRAKE_BOUNCES = (0.001, 0.002)
    for number in range(10):
        customer = make_crm.customer(unit=world.harbour, email=f"c{number}@example.org")
        visit = make_crm.interaction(kind=world.visit, customer=customer, unit=world.harbour)
        make.message(invitation=make.invitation(interaction=visit, version=message.invitation.version))
    sink = Sink(*[Reply(Outcome.REFUSED, "550 5.1.1 no", address_is_bad=True)] * 10)
    assert dispatch_due(at=NOW, hand_over=sink) == {"failed": 2, "pending": 8}
    assert (len(sink.taken), Suppression.objects.count(), Brake.objects.get().level) == (2, 2, "stop")
