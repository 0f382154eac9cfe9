"""Warnings and escalations: who hears of a ticket that runs late, and that they hear of it once."""

import os
from datetime import timedelta
from email.header import decode_header, make_header

import pytest

from closedloop.models import Escalation, EscalationStep, Ticket
from closedloop.services.escalating import escalate
from common.models import Event
from crm.models import Absence, Employee
from distribution.models import Dispatch
from distribution.services.sending import send_due
from distribution.services.urging import tell_escalations
from tests.factories import crm
from tests.lateness import A_TICKET, LATE, dies_at_it, figures, late_tickets, race, start
from tests.world import NOW, build_world

HOUR = timedelta(hours=1)


@pytest.fixture
def ticket(world) -> Ticket:
    """Helen's, opened on Tuesday at ten, to be in contact within eight open hours: warned at six, two steps later."""
    late_tickets(world.interaction, 1)
    return Ticket.objects.get()


def told() -> list[tuple[int, str | None]]:
    rows = Escalation.objects.raised().order_by("due_at", "step").select_related("employee")
    return [(row.percent, row.employee and row.employee.name) for row in rows]


def test_the_owner_is_warned_and_then_it_goes_up_the_line(ticket):
    assert escalate(at=NOW + 5 * HOUR) == 0
    assert (escalate(at=NOW + 6 * HOUR), told()) == (1, [(75, "Helen")])
    assert escalate(at=NOW + 23 * HOUR) == 0
    assert (escalate(at=NOW + 24 * HOUR), told()) == (1, [(75, "Helen"), (100, "Rosa")])
    assert escalate(at=NOW + 28 * HOUR) == 1
    assert told() == [(75, "Helen"), (100, "Rosa"), (150, "Olivia")]  # Rosa leads the unit above, and knows
    assert escalate(at=LATE) == 0


def test_a_house_that_stood_still_tells_each_of_them_once(ticket):
    assert (escalate(at=LATE), escalate(at=LATE)) == (3, 0)
    assert told() == [(75, "Helen"), (100, "Rosa"), (150, "Olivia")]


def test_the_trail_says_who_heard_of_what(ticket):
    escalate(at=LATE)
    (warned,), (escalated,) = (Event.objects.filter(what=what) for what in ("ticket.warned", "ticket.escalated"))
    assert warned.data == {"escalations": [{"stage": "contact", "percent": 75, "to": ticket.owner_id, "round": 1}]}
    assert [said["percent"] for said in escalated.data["escalations"]] == [100, 150]


def away(world, *people, deputy=None) -> None:
    days = {"first_on": NOW.date(), "last_on": NOW.date() + timedelta(days=14), "deputy": deputy}
    for person in people:
        Absence.objects.create(source="hr", external_id=person.external_id, employee=person, **days)


def test_who_is_away_is_passed_over(ticket, world):
    away(world, world.rosa)
    escalate(at=LATE)
    assert told() == [(75, "Helen"), (100, "Olivia"), (150, "Olivia")]


def test_the_deputy_of_who_is_away_hears_of_it(ticket, world):
    away(world, world.rosa, deputy=world.elsa)
    escalate(at=LATE)
    assert told() == [(75, "Helen"), (100, "Elsa"), (150, "Olivia")]


def test_an_owner_who_is_away_is_not_warned_and_whoever_leads_is(ticket, world):
    away(world, world.helen)
    escalate(at=NOW + 6 * HOUR)
    assert told() == [(75, "Rosa")]


def test_where_everybody_is_away_the_nearest_finds_it_later(ticket, world):
    away(world, world.rosa, world.olivia)
    escalate(at=LATE)
    assert told() == [(75, "Helen"), (100, "Rosa"), (150, "Olivia")]


@pytest.mark.parametrize("gone", [{"left_on": NOW.date()}, {"email": ""}], ids=["left", "without an address"])
def test_nobody_who_cannot_act_is_the_last_stop(ticket, world, gone):
    Employee.objects.filter(pk=world.rosa.pk).update(**gone)
    escalate(at=LATE)
    assert told() == [(75, "Helen"), (100, "Olivia"), (150, "Olivia")]  # the last stop hears of the last step too


def test_whose_login_was_closed_hears_of_nothing(ticket, world):
    world.rosa.user.is_active = False
    world.rosa.user.save()
    escalate(at=LATE)
    assert told() == [(75, "Helen"), (100, "Olivia"), (150, "Olivia")]


def test_an_owner_who_left_is_not_warned_but_whoever_leads(ticket, world):
    Employee.objects.filter(pk=world.helen.pk).update(left_on=NOW.date())
    escalate(at=NOW + 6 * HOUR)
    assert told() == [(75, "Rosa")]


def test_where_nobody_is_left_that_is_said_and_the_ticket_stays(ticket):
    Employee.objects.update(email="")
    assert escalate(at=LATE) == 3
    assert told() == [(75, None), (100, None), (150, None)]
    assert tell_escalations(at=LATE) == 3
    assert not Dispatch.objects.filter(kind="late").exists()


def test_a_step_can_go_to_the_nearest_in_a_role(ticket, world):
    crm.employee(name="Xenia", unit=world.head_office, role="executive", email="xenia@example.org")
    EscalationStep.objects.filter(percent=100).update(to="role", role="executive")
    Escalation.objects.filter(percent=100).update(to="role", role="executive")
    escalate(at=LATE)
    assert (100, "Xenia") in told()


@pytest.mark.parametrize("ending", ["reached", "closed", "paused"])
def test_what_is_done_or_stands_still_is_told_to_nobody(ticket, world, ending):
    at, user = NOW + HOUR, world.helen.user
    if ending == "reached":
        ticket.record_attempt(outcome="reached", note="", by=user, at=at)
    elif ending == "closed":
        ticket.close(outcome="no_action", summary="Known.", by=user, at=at)
    else:
        ticket.pause(reason="customer", until=LATE + HOUR, by=user, at=at)
    assert escalate(at=LATE) == 0


def test_a_ticket_whose_clocks_are_to_be_worked_out_waits(ticket):
    Ticket.objects.update(reckoned_at=None)
    assert escalate(at=LATE) == 0


def test_a_ticket_that_is_taken_up_again_is_told_of_anew(ticket, world):
    escalate(at=NOW + 24 * HOUR)
    ticket.close(outcome="no_action", summary="Known.", by=world.helen.user, at=NOW + 25 * HOUR)
    ticket.reopen(why="She rang.", by=world.helen.user, at=NOW + 26 * HOUR)
    assert escalate(at=LATE + timedelta(days=7)) == A_TICKET
    assert Escalation.objects.raised().count() == 2 + A_TICKET


# --- the mail ------------------------------------------------------------------------------------------


def test_who_hears_of_it_gets_one_mail(ticket, world, post_office):
    escalate(at=NOW + 24 * HOUR)
    assert (tell_escalations(at=NOW + 24 * HOUR), tell_escalations(at=NOW + 24 * HOUR)) == (2, 0)
    assert send_due(at=NOW + 24 * HOUR + timedelta(minutes=1)) == {"handed_off": 2}
    mails = {mail["To"]: parts(mail) for mail in post_office.received}
    assert set(mails) == {world.helen.email, world.rosa.email}
    subject, text, html = mails[world.rosa.email]
    assert subject == "Overdue at Harbour: first contact, A customer, since Wednesday 25 November, 10:00"
    for body in (text, html):
        assert "With Helen" in body or "The ticket is with Helen." in body
        assert f"/tickets/{ticket.public_id}/" in body
    assert "The ticket is yours." in mails[world.helen.email][1]


def parts(mail) -> tuple[str, str, str]:
    text, html = (part.get_payload(decode=True).decode() for part in mail.get_payload())
    return " ".join(str(make_header(decode_header(mail["Subject"]))).split()), text, html


@pytest.mark.parametrize("meanwhile", ["reached", "paused"])
def test_a_mail_about_what_was_done_meanwhile_does_not_go(ticket, world, post_office, meanwhile):
    at = NOW + 6 * HOUR
    escalate(at=at)
    tell_escalations(at=at)
    if meanwhile == "reached":
        ticket.record_attempt(outcome="reached", note="", by=world.helen.user, at=at)
    else:
        ticket.pause(reason="customer", until=LATE, by=world.helen.user, at=at)
    assert send_due(at=at + timedelta(minutes=1)) == {"cancelled": 1}
    assert not post_office.received


@pytest.mark.parametrize("change", [{"role": "employee"}, {"unit": "station"}])
def test_whoever_is_no_longer_in_the_line_hears_nothing(ticket, world, post_office, change):
    escalate(at=NOW + 24 * HOUR)
    tell_escalations(at=NOW + 24 * HOUR)
    world.rosa.assignments.update(**change | ({"unit": world.station} if "unit" in change else {}))
    assert send_due(at=NOW + 24 * HOUR) == {"handed_off": 1, "cancelled": 1}
    assert [mail["To"] for mail in post_office.received] == [world.helen.email]


def test_mails_about_tickets_elsewhere_are_nobodys_to_see(ticket, world):
    escalate(at=LATE)
    tell_escalations(at=LATE)
    assert Dispatch.objects.visible_to(world.rosa.user).count() == 3
    assert not Dispatch.objects.visible_to(world.elsa.user).exists()
    assert Escalation.objects.visible_to(world.helen.user).count() == 3
    assert not Escalation.objects.visible_to(world.elsa.user).exists()


# --- several workers ------------------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_four_workers_of_whom_some_are_killed_raise_and_tell_each_step_once():
    world = build_world()
    late_tickets(world.interaction, 30)
    for _ in range(2):  # certain to die between raising and committing
        os.waitpid(start(dies_at_it()), 0)
    race(workers=4, kills=6, seed=20261123)
    assert figures() == {
        "planned": 90, "raised": 90, "in_the_trail_once": 90, "in_the_trail_twice": 0, "mails": 90, "mails_twice": 0,
    }  # fmt: skip
