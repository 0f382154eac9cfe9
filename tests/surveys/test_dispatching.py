"""Handing invitations off: what is checked again at the last moment, quiet hours, and what the post office says."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.core.mail import EmailMessage

from common.senders import Outcome, Reply
from crm.models import Consent, ContactPoint, Customer, Hold, OrgUnit, Suppression
from surveys.models import ContactLedger, DeliveryAttempt, InvitationToken, Message, Program
from surveys.services.answering import record_score
from surveys.services.dispatching import dispatch_due, settle_lost
from surveys.services.ledgers import check_identities
from surveys.services.settling import resend, settle
from surveys.services.triggering.running import run_trigger
from tests.factories import crm as make
from tests.factories import surveys as ask
from tests.faults.post_office import PostOffice
from tests.world import NOW, World


@pytest.fixture
def asked(world: World) -> Message:
    """Ines' message, decided and due now."""
    ask.version()
    run_trigger(at=NOW)
    return Message.objects.get()


class Sink:
    """Takes everything and answers what it is told."""

    def __init__(self, reply: Reply | None = None) -> None:
        self.reply = reply or Reply(Outcome.ACCEPTED, "250 OK")
        self.taken: list[EmailMessage] = []

    def __call__(self, message: EmailMessage) -> Reply:
        self.taken.append(message)
        return self.reply


def write_to(address: str) -> None:
    ContactPoint.objects.filter(channel="email").update(
        address=address, normalized=address, address_hash=make.address_hash("email", address)
    )


def test_a_due_message_is_handed_off_and_the_quarantine_begins(asked: Message):
    sink, later = Sink(), NOW + timedelta(minutes=5)
    assert dispatch_due(at=later, hand_over=sink) == {"handed_off": 1}
    asked.refresh_from_db()
    assert (asked.state, asked.handed_off_at, asked.reply) == ("handed_off", later, "250 OK")
    assert sink.taken[0].to == ["ines@example.org"]
    assert sink.taken[0].extra_headers["Message-ID"] == asked.message_id
    contact = ContactLedger.objects.get()
    assert (contact.state, contact.handed_off_at) == ("handed_off", later)
    attempt = DeliveryAttempt.objects.get()
    assert (attempt.number, attempt.outcome, attempt.reply) == (1, "accepted", "250 OK")


def test_a_message_leaves_once(asked: Message):
    sink = Sink()
    dispatch_due(at=NOW, hand_over=sink)
    assert dispatch_due(at=NOW, hand_over=sink) == {}
    assert len(sink.taken) == 1


def test_workers_whose_clocks_jump_take_nothing_out_of_each_others_hands(asked: Message):
    """RELIABILITY R-42: leases go by the database's clock, whatever a worker's own says."""
    sink, jumps = Sink(), (timedelta(hours=-2), timedelta(days=3))

    def others() -> list[dict[str, int]]:
        return [dict(dispatch_due(at=NOW + jump, hand_over=sink)) for jump in jumps]

    (mine,) = Message.objects.claim(at=NOW)
    assert others() == [{}, {}]
    assert mine.begin()
    assert others() == [{}, {}]
    assert mine.hand_off(at=NOW, reply="250 OK")
    assert others() == [{}, {}]
    asked.refresh_from_db()
    assert (sink.taken, asked.state, asked.attempts) == ([], "handed_off", 1)


def test_what_is_not_due_waits(asked: Message):
    Message.objects.update(due_at=NOW + timedelta(seconds=1))
    assert dispatch_due(at=NOW, hand_over=Sink()) == {}


def suppress_the_address(world: World) -> None:
    hashed = world.ines.contact_points.get(channel="email").address_hash
    Suppression.objects.create(channel="email", address_hash=hashed, reason="unsubscribed", at=NOW)


def refuse_in_a_merged_row(world: World) -> None:
    double = make.customer(canonical=world.ines)
    Consent.objects.create(customer=double, channel="email", purpose="survey", granted=False, at=NOW)


@pytest.mark.parametrize(
    ("meanwhile", "why"),
    [
        (lambda world: Program.objects.update(active=False), "the program was switched off"),
        (lambda world: Program.objects.update(active_until=NOW), "the program has ended"),
        (lambda world: Program.objects.update(active_from=NOW + timedelta(seconds=1)), "the program has not begun"),
        (lambda world: Customer.objects.update(erased_at=NOW), "the customer's data were erased"),
        (lambda world: Hold.objects.create(customer=world.ines, kind="complaint", since=NOW), "on hold: Complaint"),
        (lambda world: ContactPoint.objects.update(unusable_since=NOW), "the address is not usable any more"),
        (lambda world: ContactPoint.objects.all().delete(), "the address is not usable any more"),
        (refuse_in_a_merged_row, "the customer refused to be asked"),
        (suppress_the_address, "the address is suppressed: Unsubscribed"),
    ],
)
def test_what_happened_since_the_decision_stops_the_message(world: World, asked: Message, meanwhile: Any, why: str):
    meanwhile(world)
    sink = Sink()
    assert dispatch_due(at=NOW, hand_over=sink) == {"cancelled": 1}
    asked.refresh_from_db()
    assert (sink.taken, asked.reply) == ([], why)
    assert ContactLedger.objects.get().state == "released"
    assert not DeliveryAttempt.objects.exists()
    assert not InvitationToken.objects.exists()


def test_a_message_of_an_answered_invitation_is_cancelled(asked: Message):
    record_score(invitation=asked.invitation, score=9, at=NOW)
    assert dispatch_due(at=NOW, hand_over=Sink()) == {}
    asked.refresh_from_db()
    assert (asked.state, ContactLedger.objects.get().state) == ("cancelled", "released")
    assert all(identity.holds for identity in check_identities())


def test_who_was_reached_before_counts_as_asked_when_the_second_sending_is_cancelled(world: World, lost: Message):
    resend(message=lost, at=NOW, by=world.operator, why="the log")
    assert ContactLedger.objects.get().state == "reserved"
    assert all(identity.holds for identity in check_identities())
    record_score(invitation=lost.invitation, score=9, at=NOW)
    contact = ContactLedger.objects.get()
    assert (contact.state, contact.handed_off_at) == ("handed_off", NOW)
    assert all(identity.holds for identity in check_identities())


def test_nothing_is_sent_again_while_another_question_is_on_its_way(world: World, lost: Message):
    ask.reservation(customer=world.ines, program=ask.program(active=False))
    with pytest.raises(ValidationError, match="on its way"):
        resend(message=lost, at=NOW, by=world.operator, why="the log")
    lost.refresh_from_db()
    assert lost.state == "unknown"


def test_an_expired_invitation_does_not_leave(asked: Message):
    late = asked.invitation.expires_at
    dispatch_due(at=late, hand_over=Sink())
    asked.refresh_from_db()
    assert asked.reply == "the invitation has expired"


@pytest.mark.parametrize(
    ("at", "zone", "due"),
    [
        ("2026-11-24T20:59:59+00:00", "Europe/London", None),
        ("2026-11-24T21:00:00+00:00", "Europe/London", "2026-11-25T08:00:00+00:00"),
        ("2026-11-25T07:59:59+00:00", "Europe/London", "2026-11-25T08:00:00+00:00"),
        ("2026-11-25T08:00:00+00:00", "Europe/London", None),
        ("2026-11-24T20:30:00+00:00", "Europe/Paris", "2026-11-25T07:00:00+00:00"),  # 21:30 there
        ("2026-11-24T13:00:00+00:00", "Asia/Kolkata", None),  # 18:30
        ("2026-11-24T13:00:00+00:00", "America/New_York", None),  # 08:00
        ("2026-11-24T13:00:00+00:00", "Pacific/Honolulu", "2026-11-24T18:00:00+00:00"),  # 03:00
        ("2026-11-24T21:00:00+00:00", "Nowhere/Else", "2026-11-25T08:00:00+00:00"),  # unknown: as UTC
    ],
)
def test_quiet_hours_are_kept_and_nothing_is_lost(world: World, asked: Message, at: str, zone: str, due: str | None):
    Customer.objects.update(zone=zone)
    tally = dispatch_due(at=datetime.fromisoformat(at), hand_over=Sink())
    asked.refresh_from_db()
    if due is None:
        assert tally == {"handed_off": 1}
    else:
        assert (tally, asked.state, asked.due_at) == ({}, "pending", datetime.fromisoformat(due))
        assert dispatch_due(at=asked.due_at, hand_over=Sink()) == {"handed_off": 1}


def test_what_a_round_comes_to_in_the_quiet_hours_waits_for_the_morning(world: World, asked: Message):
    evening, sink = datetime.fromisoformat("2026-11-24T20:59:00+00:00"), Sink()
    assert dispatch_due(at=evening, hand_over=sink, clock=lambda: evening + timedelta(minutes=1)) == {"pending": 1}
    asked.refresh_from_db()
    assert (asked.state, asked.silences, sink.taken) == ("pending", 0, [])
    assert asked.due_at == datetime.fromisoformat("2026-11-25T08:00:00+00:00")
    assert not DeliveryAttempt.objects.exists()
    assert dispatch_due(at=asked.due_at, hand_over=sink) == {"handed_off": 1}


def test_without_a_zone_of_the_customer_every_clock_of_the_units_country_counts(world: World, asked: Message):
    OrgUnit.objects.update(zone="America/New_York")
    assert dispatch_due(at=NOW, hand_over=Sink()) == {}
    asked.refresh_from_db()
    assert asked.due_at == datetime.fromisoformat("2026-11-24T18:00:00+00:00")  # 08:00 in Honolulu


def test_an_address_that_is_bad_is_never_written_to_again(asked: Message, post_office: PostOffice):
    write_to("refuse-550-5.1.1@example.org")
    assert dispatch_due(at=NOW) == {"failed": 1}
    address = ContactPoint.objects.get(channel="email")
    assert (address.unusable_since, address.unusable_why[:9]) == (NOW, "550 5.1.1")
    suppressed = Suppression.objects.get()
    assert (suppressed.reason, suppressed.address_hash) == ("bounced", address.address_hash)
    assert ContactLedger.objects.get().state == "released"
    assert DeliveryAttempt.objects.get().outcome == "refused"


def test_refused_for_now_is_tried_again_and_stays_reserved(asked: Message, post_office: PostOffice):
    write_to("refuse-451-4.2.2@example.org")
    assert dispatch_due(at=NOW) == {"pending": 1}
    asked.refresh_from_db()
    assert timedelta(minutes=1) <= asked.due_at - NOW <= timedelta(seconds=75)
    assert ContactLedger.objects.get().state == "reserved"
    assert DeliveryAttempt.objects.get().outcome == "put back"


def test_a_lost_answer_is_unknown_and_counts_as_asked(asked: Message, post_office: PostOffice):
    write_to("vanish@example.org")
    assert dispatch_due(at=NOW) == {"unknown": 1}
    assert len(post_office.received) == 1
    assert dispatch_due(at=NOW + timedelta(hours=1)) == {}
    contact = ContactLedger.objects.get()
    assert (contact.state, contact.handed_off_at) == ("handed_off", NOW)


def test_a_real_mail_arrives_with_its_headers(asked: Message, post_office: PostOffice):
    assert dispatch_due(at=NOW) == {"handed_off": 1}
    mail = post_office.received[0]
    assert mail["Message-ID"] == asked.message_id
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"


def test_a_worker_that_died_while_sending_leaves_an_unknown(asked: Message):
    Message.objects.update(
        state="sending", attempts=1, leased_until=datetime.fromisoformat("2020-01-01T00:00:00+00:00")
    )
    assert settle_lost(at=NOW) == {"unknown": 1}
    assert ContactLedger.objects.get().state == "handed_off"
    assert all(identity.holds for identity in check_identities())


@pytest.fixture
def lost(asked: Message) -> Message:
    dispatch_due(at=NOW, hand_over=Sink(Reply(Outcome.UNKNOWN, "the line went dead")))
    asked.refresh_from_db()
    assert asked.state == "unknown"
    return asked


def test_a_person_has_an_unknown_message_sent_again_under_the_same_id(world: World, lost: Message):
    before, sink = lost.message_id, Sink()
    resend(message=lost, at=NOW, by=world.operator, why="the log")
    assert dispatch_due(at=NOW, hand_over=sink) == {"handed_off": 1}
    assert sink.taken[0].extra_headers["Message-ID"] == before
    assert all(identity.holds for identity in check_identities())


@pytest.mark.parametrize(
    ("arrived", "state", "contact"), [(True, "handed_off", "handed_off"), (False, "failed", "released")]
)
def test_a_person_says_what_became_of_an_unknown_message(
    world: World, lost: Message, arrived: bool, state: str, contact: str
):
    settle(message=lost, arrived=arrived, at=NOW, by=world.operator, why="the log")
    assert (lost.state, ContactLedger.objects.get().state) == (state, contact)
    assert all(identity.holds for identity in check_identities())


def test_only_unknown_messages_are_settled_by_hand(world: World, asked: Message):
    for verb in (
        lambda: resend(message=asked, at=NOW, by=world.operator, why="the log"),
        lambda: settle(message=asked, arrived=True, at=NOW, by=world.operator, why="the log"),
    ):
        with pytest.raises(ValidationError, match="fate is unknown"):
            verb()
    asked.refresh_from_db()
    assert asked.state == "pending"


def test_the_ledgers_add_up_after_every_kind_of_end(world: World):
    ask.version()
    addresses = ["refuse-550-5.1.1", "refuse-451-4.2.2", "vanish", "well"]
    for name in addresses:
        person = make.customer(email=f"{name}@example.org")
        make.interaction(kind=world.visit, customer=person, unit=world.harbour)
    run_trigger(at=NOW)
    Hold.objects.create(customer=world.ines, kind="legal", since=NOW)
    replies = {
        "vanish": Outcome.UNKNOWN,
        "refuse-550-5.1.1": Outcome.REFUSED,
        "refuse-451-4.2.2": Outcome.REFUSED_FOR_NOW,
    }
    dispatch_due(
        at=NOW, hand_over=lambda mail: Reply(replies.get(mail.to[0].partition("@")[0], Outcome.ACCEPTED), "said")
    )
    states = sorted(Message.objects.values_list("state", flat=True))
    assert states == ["cancelled", "failed", "handed_off", "pending", "unknown"]
    assert all(identity.holds for identity in check_identities())


@pytest.mark.parametrize("zone", ["", "Pacific/Auckland"])
def test_what_was_due_more_than_a_week_ago_is_cancelled_and_never_sent(asked: Message, zone: str):
    Customer.objects.update(zone=zone)  # whoever sleeps keeps the time at which it was due
    sink, due = Sink(), asked.due_at
    dispatch_due(at=due + timedelta(days=7, seconds=1), hand_over=sink)
    tally = dispatch_due(at=due + timedelta(days=7, hours=12), hand_over=sink)
    asked.refresh_from_db()
    assert (asked.state, asked.due_at, asked.reply) == ("cancelled", due, "it was due more than a week ago")
    assert (sink.taken, ContactLedger.objects.get().state) == ([], "released")
    assert tally == ({"cancelled": 1} if zone else {})


def test_what_was_due_a_week_ago_still_goes(asked: Message):
    assert dispatch_due(at=asked.due_at + timedelta(days=7), hand_over=Sink()) == {"handed_off": 1}
