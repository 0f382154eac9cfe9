"""Reminders: made in sets for who is silent, stopped by any sign of life, looked at once more when one leaves."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.core.mail import EmailMessage

from common.models import Event
from common.senders import Outcome, Reply
from crm.models import Consent, ContactPoint, Customer, Hold, Suppression
from surveys.models import Brake, ContactLedger, InboundMail, Invitation, MailHour, Message, Program
from surveys.services.answering import record_score
from surveys.services.dispatching import dispatch_due
from surveys.services.inbound.braking import count_sent
from surveys.services.inbound.replying import add_to_comment
from surveys.services.ledgers import check_identities
from surveys.services.reminding.making import make_reminders, take_over_reminders
from surveys.services.reminding.telling import tell_reminders
from surveys.services.stopping import stop_asking
from surveys.services.triggering.running import run_trigger
from tests.factories import crm as make
from tests.factories import surveys as ask
from tests.world import NOW, World

FIFTH, TWELFTH = NOW + timedelta(days=5), NOW + timedelta(days=12)
REMINDERS = (Message.Kind.REMINDER, Message.Kind.SECOND_REMINDER)


class Sink:
    """Takes every mail and keeps it."""

    def __init__(self) -> None:
        self.taken: list[EmailMessage] = []

    def __call__(self, message: Any) -> Reply:
        self.taken.append(message)
        return Reply(Outcome.ACCEPTED, "250 OK")


@pytest.fixture
def asked(world: World) -> Invitation:
    """Ines was asked NOW; who is silent is reminded after 5 and 12 days."""
    ask.version(reminder_days=[5, 12])
    run_trigger(at=NOW)
    dispatch_due(at=NOW, hand_over=Sink())
    return Invitation.objects.select_related("version").get()


def reminders() -> list[tuple[str, str]]:
    return list(Message.objects.filter(kind__in=REMINDERS).order_by("pk").values_list("kind", "state"))


def test_who_is_silent_is_reminded_twice_at_most_and_each_reminder_is_a_contact(asked: Invitation):
    sink = Sink()
    assert make_reminders(at=FIFTH - timedelta(seconds=1)) == 0
    assert (make_reminders(at=FIFTH), make_reminders(at=FIFTH)) == (1, 0)
    dispatch_due(at=FIFTH, hand_over=sink)
    assert (make_reminders(at=TWELFTH), make_reminders(at=TWELFTH + timedelta(days=9))) == (1, 0)
    dispatch_due(at=TWELFTH, hand_over=sink)
    assert reminders() == [("reminder", "handed_off"), ("reminder_2", "handed_off")]
    contact = ContactLedger.objects.get()
    assert (contact.handed_off_at, contact.reminded_before_at, contact.reminded_at) == (NOW, FIFTH, TWELFTH)
    assert contact.remind_at is None
    events = Event.objects.filter(what="reminders.made").order_by("pk")
    assert [event.data for event in events] == [{"made": 1}, {"made": 1}]
    assert all(identity.holds for identity in check_identities())
    for at in (NOW, FIFTH, TWELFTH):
        count_sent(at=at)
    assert list(MailHour.objects.order_by("hour").values_list("sent", "reminders")) == [(1, 0), (1, 1), (1, 1)]


def test_a_reminder_says_that_it_is_one_and_belongs_to_the_first_mail(asked: Invitation, settings: Any):
    settings.COMPANY = "Alder & Quay"
    first = Message.objects.get().message_id
    sink = Sink()
    for at in (FIFTH, TWELFTH):
        make_reminders(at=at)
        dispatch_due(at=at, hand_over=sink)
    one, two = sink.taken
    assert one.subject == two.subject == "Your word counts for Alder & Quay: one short question"
    assert one.extra_headers["In-Reply-To"] == two.extra_headers["In-Reply-To"] == first
    assert one.extra_headers["References"] == first
    assert two.extra_headers["References"] == f"{first} {one.extra_headers['Message-ID']}"
    assert "We asked you a short while ago" in one.body
    assert ["We shall not remind you again." in mail.body for mail in (one, two)] == [False, True]


def test_a_program_that_reminds_nobody_leaves_nothing_to_look_at(world: World):
    ask.version()
    run_trigger(at=NOW)
    dispatch_due(at=NOW, hand_over=Sink())
    assert ContactLedger.objects.get().remind_at is None
    assert tell_reminders(Invitation.objects.get(), at=NOW) == ["The program reminds nobody."]


def came_back(verdict: str) -> Callable[[Invitation, World], object]:
    return lambda invitation, world: InboundMail.objects.create(
        key=verdict, source="test", size=1, received_at=NOW, due_at=NOW, judged_at=NOW, verdict=verdict,
        invitation=invitation,
    )  # fmt: skip


def merge(invitation: Invitation, world: World) -> None:
    make.customer(canonical=world.ines, canonical_since=NOW + timedelta(days=1))


def by_phone(world: World, **about: Any) -> None:
    """Somebody rang Ines the day after she was asked."""
    program = about.pop("program", None) or ask.program(code="calls", kind=Program.Kind.COLLECTED)
    day, said = NOW + timedelta(days=1), {"customer": world.ines, **about}
    ask.response(unit=world.harbour, program=program, answered_at=day, channel="phone", **said)


def of_old(world: World) -> Customer:
    """The row under which the call centre knows Ines, as was found out before she was asked."""
    return make.customer(canonical=world.ines, canonical_since=NOW - timedelta(days=9))


SIGNS: list[tuple[Callable[[Invitation, World], object], str]] = [
    (lambda i, w: record_score(invitation=i, score=9, at=NOW), "answered meanwhile"),
    (lambda i, w: add_to_comment(invitation=i, words="Later.", at=NOW), "answered meanwhile"),
    (lambda i, w: by_phone(w, interaction=w.interaction), "answered by another way"),
    (lambda i, w: by_phone(w, program=i.program), "answered by another way"),
    (lambda i, w: by_phone(w, program=i.program, customer=of_old(w)), "answered by another way"),
    (came_back("reply"), "the customer has replied by mail"),
    (came_back("soft_bounce"), "a mail to the customer came back"),
    (came_back("complaint"), "the customer complained about a mail"),
    (came_back("unsubscribe"), "the customer does not want to be asked"),
    (merge, "the customer was merged with another since"),
    (lambda i, w: Message.objects.update(state="unknown"), "nobody knows whether the mail before it arrived"),
]


@pytest.mark.parametrize(("sign", "why"), SIGNS)
def test_a_sign_of_life_before_the_day_makes_no_reminder(asked: Invitation, world: World, sign: Any, why: str):
    sign(asked, world)
    assert make_reminders(at=FIFTH) == 1
    assert (reminders(), ContactLedger.objects.get().remind_at) == ([], None)
    assert tell_reminders(asked, at=FIFTH) == [f"The first reminder was not sent: {why}."]


@pytest.mark.parametrize(("sign", "why"), SIGNS[2:10])
def test_a_sign_of_life_after_it_was_made_stops_a_reminder(asked: Invitation, world: World, sign: Any, why: str):
    make_reminders(at=FIFTH)
    sign(asked, world)
    stopped(asked, why)


@pytest.mark.parametrize(
    ("meanwhile", "why"),
    [
        (lambda i, w: record_score(invitation=i, score=3, at=FIFTH), "the customer has answered"),
        (lambda i, w: stop_asking(invitation=i, at=FIFTH), "the customer does not want to be asked"),
        (lambda i, w: Hold.objects.create(customer=w.ines, kind="complaint", since=FIFTH), "on hold: Complaint"),
        (lambda i, w: refuse(w), "the customer refused to be asked"),
        (lambda i, w: suppress(w), "the address is suppressed: Bounced"),
        (lambda i, w: ContactPoint.objects.update(unusable_since=FIFTH), "the address is not usable any more"),
        (lambda i, w: Customer.objects.update(erased_at=FIFTH), "the customer's data were erased"),
        (lambda i, w: Program.objects.update(active=False), "the program was switched off"),
        (lambda i, w: Invitation.objects.update(expires_at=FIFTH), "the invitation has expired"),
    ],
)
def test_what_happened_since_it_was_made_stops_a_reminder(asked: Invitation, world: World, meanwhile: Any, why: str):
    make_reminders(at=FIFTH)
    meanwhile(asked, world)
    stopped(asked, why)


def refuse(world: World) -> None:
    Consent.objects.create(customer=world.ines, channel="email", purpose="survey", granted=False, at=FIFTH)


def suppress(world: World) -> None:
    hashed = world.ines.contact_points.get(channel="email").address_hash
    Suppression.objects.create(channel="email", address_hash=hashed, reason="bounced", at=FIFTH)


def test_an_answer_about_something_else_or_to_the_program_before_it_asked_is_no_sign(asked: Invitation, world: World):
    by_phone(world, interaction=make.interaction(kind=world.visit, customer=world.ines, unit=world.harbour))
    ask.response(unit=world.harbour, program=asked.program, customer=world.ines, answered_at=NOW - timedelta(days=1))
    assert make_reminders(at=FIFTH) == 1
    assert reminders() == [("reminder", "pending")]


def stopped(asked: Invitation, why: str) -> None:
    """Nothing leaves, the page says why, and no second one follows."""
    sink = Sink()
    dispatch_due(at=FIFTH, hand_over=sink)
    assert (sink.taken, reminders()) == ([], [("reminder", "cancelled")])
    make_reminders(at=TWELFTH)
    assert len(reminders()) == 1
    assert tell_reminders(asked, at=TWELFTH) == [f"The first reminder was not sent: {why}."]


def test_a_question_of_another_program_since_stops_a_reminder(asked: Invitation, world: World):
    make_reminders(at=FIFTH)
    ask.reservation(
        customer=world.ines, program=ask.program(), state="handed_off", handed_off_at=FIFTH - timedelta(days=1)
    )
    stopped(asked, "asked recently about something else")


def test_the_year_counts_the_question_and_each_reminder(asked: Invitation):
    asked.version.yearly_cap = 2
    ask.version(program=asked.program, reminder_days=[5, 12], yearly_cap=2)
    Invitation.objects.update(version=asked.program.versions.get(number=2))
    for at in (FIFTH, TWELFTH):
        make_reminders(at=at)
        dispatch_due(at=at, hand_over=Sink())
    assert reminders() == [("reminder", "handed_off"), ("reminder_2", "cancelled")]


def test_a_reminder_of_a_stopped_program_waits_and_is_dropped_when_it_is_late(asked: Invitation):
    make_reminders(at=FIFTH)
    brake = Brake.objects.create(program=asked.program, what="bounces", level="stop", at=FIFTH)
    sink = Sink()
    dispatch_due(at=FIFTH, hand_over=sink)
    assert (sink.taken, reminders()) == ([], [("reminder", "pending")])
    brake.delete()
    dispatch_due(at=FIFTH + timedelta(days=3, hours=1), hand_over=sink)
    assert (sink.taken, reminders()) == ([], [("reminder", "cancelled")])


def test_after_days_of_standstill_reminders_are_not_made_up_for(asked: Invitation):
    late = FIFTH + timedelta(days=3, seconds=1)
    assert (make_reminders(at=late), reminders()) == (1, [])
    assert tell_reminders(asked, at=late) == ["The first reminder was not sent: it was not made in time."]


def test_questions_of_another_system_are_reminded_of_if_that_is_asked_for(asked: Invitation):
    ContactLedger.objects.update(remind_at=None)
    assert take_over_reminders(at=FIFTH + timedelta(days=3)) == 0
    assert take_over_reminders(at=FIFTH + timedelta(days=2)) == 1
    assert ContactLedger.objects.get().remind_at == FIFTH


def test_a_reminder_keeps_the_quiet_hours_of_the_customer(asked: Invitation, world: World):
    Customer.objects.filter(pk=world.ines.pk).update(zone="America/Los_Angeles")  # 02:00 there
    make_reminders(at=FIFTH)
    dispatch_due(at=FIFTH, hand_over=Sink())
    message = Message.objects.get(kind="reminder")
    assert (message.state, message.due_at) == ("pending", FIFTH.replace(hour=16))


def test_the_invitation_says_when_a_reminder_is_due_and_when_it_went_out(asked: Invitation):
    assert tell_reminders(asked, at=NOW) == [
        "The first reminder is due on 2026-11-29 10:00 UTC, unless the customer gives a sign of life."
    ]
    make_reminders(at=FIFTH)
    dispatch_due(at=FIFTH, hand_over=Sink())
    assert tell_reminders(asked, at=FIFTH) == [
        "The first reminder went out on 2026-11-29 10:00 UTC.",
        "The second reminder is due on 2026-12-06 10:00 UTC, unless the customer gives a sign of life.",
    ]
