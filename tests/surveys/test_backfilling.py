"""History of another system: the set-based verbs leave the rows that the single ones leave."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.apps import apps
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from common.models import Event, Load
from common.senders import Outcome, Reply
from crm.models import Consent, ContactPoint, Customer, Hold, Suppression
from surveys.models import Answer, ContactLedger, DeliveryAttempt, InvitationToken, LinkVisit, Message, Response
from surveys.services.answering import AnswerRefused, record_comment, record_score, record_visit
from surveys.services.backfilling import (
    ACCEPTED,
    REFUSED,
    Visit,
    asks_due,
    hand_off_history,
    visit_history,
)
from surveys.services.backfilling_answers import GivenAnswer, answer_history
from surveys.services.dispatching import dispatch_due
from surveys.services.finishing import finish
from surveys.services.ledgers import check_identities
from surveys.services.permitting import record_consent
from surveys.services.triggering.running import run_trigger
from tests.factories import crm as make
from tests.factories import surveys as ask
from tests.world import NOW

LATER = NOW + timedelta(minutes=9)


def left_by(act, *tables):
    """The rows that `act` leaves in `tables` (model, names of its columns), whatever their order; then undone."""
    with transaction.atomic():
        act()
        found = {model.__name__: sorted(model.objects.values_list(*names), key=repr) for model, *names in tables}
        transaction.set_rollback(True)
    return found


def columns(model, *without, **instead):
    """All columns of `model` but its key and what chance or the load makes."""
    names = [field.name for field in model._meta.concrete_fields if field.name not in {"id", *without}]
    return (model, *(instead.get(name, name) for name in names))


# --- hand-offs -------------------------------------------------------------------------------------------------------


def customers_asked(world, count):
    """`count` customers of Harbour with an address each, asked by the trigger at NOW; their messages in order."""
    for number in range(count):
        person = make.customer(email=f"c{number}@example.org", unit=world.harbour, given_name=f"C{number}")
        make.interaction(kind=world.visit, customer=person, unit=world.harbour)
    ask.version()
    run_trigger(at=NOW)
    return list(Message.objects.order_by("pk").select_related("invitation__customer", "contact_point"))


def put_obstacles(messages):
    """One of each kind in the way of a hand-off; the rest is free."""
    people = [message.invitation.customer for message in messages]
    Customer.objects.filter(pk=people[0].pk).update(erased_at=NOW)
    Hold.objects.create(customer=people[1], kind="complaint", since=NOW)
    Hold.objects.create(customer=people[2], kind="legal", since=LATER + timedelta(days=1))  # not yet
    ContactPoint.objects.filter(customer=people[3]).delete()
    Consent.objects.create(
        customer=make.customer(canonical=people[4]), channel="email", purpose="survey", granted=False, at=NOW
    )
    Consent.objects.create(customer=people[5], channel="email", purpose="survey", granted=True, at=NOW)
    Suppression.objects.create(
        channel="email", address_hash=messages[6].contact_point.address_hash, reason="complained", at=NOW
    )
    Customer.objects.filter(pk=people[7].pk).update(zone="Pacific/Auckland")  # asleep
    Message.objects.filter(pk=messages[8].pk).update(due_at=LATER + timedelta(seconds=1))
    return {messages[9].pk, messages[6].pk}


HANDED_OFF = (
    columns(Message, "reply"),
    columns(DeliveryAttempt, "ended_at", "reply"),
    columns(ContactLedger),
    columns(ContactPoint, "unusable_why"),
    columns(Suppression, "evidence"),
    (Event, "what", "at", "data"),
)


def test_hand_offs_of_history_leave_the_rows_of_single_ones(world):
    messages = customers_asked(world, 12)
    bad = put_obstacles(messages)
    to_bad = {message.contact_point.address for message in messages if message.pk in bad}

    def hand_over(mail):
        if mail.to[0] in to_bad:
            return Reply(Outcome.REFUSED, REFUSED, address_is_bad=True)
        return Reply(Outcome.ACCEPTED, ACCEPTED)

    singly = left_by(lambda: dispatch_due(at=LATER, hand_over=hand_over), *HANDED_OFF)
    at_once = left_by(lambda: hand_off_history(at=LATER, refused=bad), *HANDED_OFF)
    loads = [event for event in at_once["Event"] if event[0] == "load.finished"]
    at_once["Event"].remove(loads[0])
    assert at_once == singly
    assert len(loads) == 1


def test_hand_offs_are_counted_by_what_became_of_them(world):
    messages = customers_asked(world, 12)
    bad = put_obstacles(messages)
    assert hand_off_history(at=LATER, refused=bad) == {"handed_off": 5, "failed": 1, "cancelled": 5}
    assert Load.objects.get().counts == {"received": 11, "created": 6, "rejected": 5}
    assert all(identity.holds for identity in check_identities())
    assert not InvitationToken.objects.exists()
    assert hand_off_history(at=LATER) == {}


def test_the_questions_due_are_those_that_would_be_handed_off(world):
    messages = customers_asked(world, 12)
    put_obstacles(messages)
    due = asks_due(at=LATER)
    assert [row.message for row in due] == [m.pk for n, m in enumerate(messages) if n not in {7, 8}]
    assert (due[0].interaction, due[0].customer) == (
        messages[0].invitation.interaction.external_id,
        messages[0].invitation.customer.external_id,
    )


def test_who_sleeps_is_handed_the_question_in_the_morning(world):
    customers_asked(world, 1)
    Customer.objects.update(zone="Pacific/Auckland")
    assert hand_off_history(at=LATER) == {}
    assert asks_due(at=LATER) == []
    assert Message.objects.first().due_at > LATER


# --- answers ---------------------------------------------------------------------------------------------------------


def step_by_step(one, invitation):
    """The same answer by the verbs of the survey's pages; a step that is refused is left out."""
    try:
        response = record_score(invitation=invitation, score=one.score, language=one.language, at=one.answered_at)
    except AnswerRefused:
        return
    at = one.completed_at or one.answered_at
    steps = (
        lambda: record_comment(response=response, text=one.comment, at=at),
        lambda: record_consent(
            response=response, callback=one.callback, phone=one.phone, best_time=one.best_time,
            may_quote=one.may_quote, at=at,
        ),
    )  # fmt: skip
    for step in steps:
        try:
            step()
        except AnswerRefused:
            continue
    if one.completed_at:
        finish(response=response, at=at)


DONE = LATER + timedelta(minutes=3)
AFTERWARDS = LATER + timedelta(days=60)
ANSWERS = [
    {"score": 9},
    {"score": 3, "comment": " Waited\x00 an hour \u202e😀\r\n", "completed_at": DONE},
    {"score": 0, "comment": "a" * 10_500, "callback": True, "best_time": " any \n", "completed_at": DONE},
    {"score": 10, "callback": False, "phone": "020 7946 0999", "may_quote": True, "completed_at": DONE},
    {"score": 7, "callback": True, "phone": "020 7946 0999", "may_quote": False},
    {"score": 6, "comment": "Call me", "callback": True, "phone": "12", "completed_at": DONE},
    {"score": 5, "callback": None, "phone": "020 7946 0999", "best_time": "morning", "may_quote": True},
    {"score": 8, "language": "fr", "may_quote": False, "comment": "\x00 ", "completed_at": DONE},
    {"score": 11},
    {"score": True},
    {"score": 2, "answered_at": NOW + timedelta(days=40)},  # the link was good for 30 days
    {"score": 4, "comment": "Late", "callback": False, "completed_at": LATER + timedelta(days=31)},
    {"score": 9, "comment": "Late", "callback": True, "may_quote": True, "completed_at": LATER + timedelta(hours=3)},
]
ANSWERED = (
    columns(Response, "public_id", "load"),
    columns(Answer, response="response__invitation"),
    columns(Consent, "evidence"),
    columns(apps.get_model("crm", "ConsentEvent"), "pgh_id", "pgh_created_at", "pgh_obj", "evidence"),
    columns(Message),
    columns(ContactLedger),
)


@pytest.fixture
def given(world):
    """An answer for each of ANSWERS; with reminders and a second question under way, and permissions of before."""
    invitations = [ask.invitation(interaction=world.interaction)]
    invitations += [
        ask.invitation(interaction=make.interaction(kind=world.visit, customer=world.ines, unit=world.harbour))
        for _ in ANSWERS[1:-1]
    ]
    short = ask.version(edit_days=0)
    other = make.customer(email="o@example.org", phone="+442079460555", unit=world.mill)
    invitations.append(
        ask.invitation(interaction=make.interaction(kind=world.visit, customer=other, unit=world.mill), version=short)
    )
    for number, invitation in enumerate(invitations):
        ask.message(invitation=invitation, state="pending" if number == 2 else "handed_off")
        ask.message(invitation=invitation, kind="reminder", state="failed" if number == 3 else "pending")
    contact = ask.reservation(customer=world.ines, program=invitations[2].program)
    invitations[2].contact = contact
    invitations[2].save()
    Consent.objects.create(customer=world.ines, channel="phone", purpose="callback", granted=False, at=NOW)
    Consent.objects.create(customer=other, channel="email", purpose="quote", granted=False, at=DONE + timedelta(days=9))
    return [
        (GivenAnswer(**{"invitation": invitation.pk, "answered_at": LATER, **fields}), invitation)
        for invitation, fields in zip(invitations, ANSWERS, strict=True)
    ]


def test_answers_of_history_leave_the_rows_of_the_steps(given):
    def singly():
        for one, invitation in sorted(given, key=lambda pair: pair[0].completed_at or pair[0].answered_at):
            step_by_step(one, invitation)

    at_once = left_by(lambda: answer_history([one for one, _ in given], at=AFTERWARDS), *ANSWERED)
    assert at_once == left_by(singly, *ANSWERED)


def test_answers_are_counted_and_refusals_by_their_reason(given):
    assert answer_history([one for one, _ in given], at=AFTERWARDS) == {
        "stored": 10, "scale": 2, "closed": 1,
        "comment closed": 2, "consent closed": 2, "consent phone": 1,
    }  # fmt: skip
    assert Load.objects.get().counts == {"received": 13, "created": 10, "rejected": 3}
    assert Response.objects.filter(load=Load.objects.get()).count() == 10
    assert Event.objects.exclude(what__startswith="consent.").get().what == "load.finished"


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ({"answered_at": AFTERWARDS + timedelta(seconds=1)}, "future"),
        ({"completed_at": AFTERWARDS + timedelta(seconds=1)}, "future"),
        ({"completed_at": LATER - timedelta(seconds=1)}, "order"),
        ({"answered_at": NOW - timedelta(seconds=1)}, "early"),
        ({"language": "en-GB-oxend"}, "language"),
        ({"score": 7.5}, "scale"),
        ({"score": "7"}, "scale"),
    ],
)
def test_an_answer_that_cannot_have_been_so_is_refused_by_itself(given, said, why):
    (one, _), (other, _) = given[:2]
    assert answer_history([one._replace(**said), other], at=AFTERWARDS) == {"stored": 1, why: 1}
    assert Response.objects.get().invitation_id == other.invitation
    assert Load.objects.get().counts == {"received": 2, "created": 1, "rejected": 1}


def test_an_answer_from_before_the_hand_off_is_refused(given):
    one, invitation = given[0]
    invitation.messages.filter(kind="ask").update(handed_off_at=LATER + timedelta(seconds=1))
    assert answer_history([one], at=AFTERWARDS) == {"early": 1}


def test_the_same_history_again_changes_nothing(given):
    answers = [one for one, _ in given[:3]]
    answer_history(answers, at=DONE)
    assert answer_history([answers[0], *answers], at=DONE) == {"known": 4}
    assert answer_history([answers[0]._replace(invitation=10**9)], at=DONE) == {"unknown": 1}
    assert Response.objects.count() == 3


def test_an_answer_given_here_is_never_overwritten(given):
    one, invitation = given[0]
    record_score(invitation=invitation, score=2, at=LATER)
    assert answer_history([one], at=DONE) == {"known": 1}
    assert Response.objects.get().score == 2


def test_of_two_answers_to_one_invitation_the_first_is_taken(given):
    one, _ = given[0]
    assert answer_history([one, one._replace(score=1)], at=DONE) == {"stored": 1, "known": 1}
    assert Response.objects.get().score == 9


def test_answers_of_history_nudge_the_closed_loop_once(given, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks() as nudges:
        answer_history([one for one, _ in given], at=AFTERWARDS)
    assert len(nudges) == 1


# --- visits ----------------------------------------------------------------------------------------------------------


def test_visits_of_history_leave_the_rows_of_single_ones(given):
    said = [
        {"method": "GET", "score": 9, "user_agent": "Scanner\x00 1.0", "at": LATER},
        {"method": "HEAD", "score": None, "user_agent": "a" * 400, "at": DONE},
    ]
    invitation = given[0][1]
    table = columns(LinkVisit)
    singly = left_by(lambda: [record_visit(invitation=invitation, **one) for one in said], table)
    visits = [Visit(invitation=invitation.pk, **one) for one in said]
    assert left_by(lambda: visit_history(visits, at=DONE), table) == singly
    assert visit_history(visits, at=DONE) == 2


# --- size ------------------------------------------------------------------------------------------------------------


def statements(act):
    with CaptureQueriesContext(connection) as captured, transaction.atomic():
        act()
        transaction.set_rollback(True)
    return len(captured)


def test_any_number_of_hand_offs_and_answers_takes_the_same_statements(world):
    messages = customers_asked(world, 40)
    few, many = messages[:4], messages

    def answers(of):
        return [
            GivenAnswer(m.invitation_id, 9, LATER, "Fine", callback=True, phone="+442079460555", completed_at=DONE)
            for m in of
        ]

    def hand_off(of):
        Message.objects.exclude(pk__in=[m.pk for m in of]).update(due_at=DONE)
        hand_off_history(at=LATER, refused=[of[0].pk, of[1].pk])

    assert statements(lambda: answer_history(answers(few), at=DONE)) == statements(
        lambda: answer_history(answers(many), at=DONE)
    )
    assert statements(lambda: hand_off(few)) == statements(lambda: hand_off(many))
