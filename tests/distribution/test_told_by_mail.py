"""Who was praised, with whom a talk was held, to whom tickets went and who leads where a pattern was found: each is
written to once, and not of what is over before the mail leaves."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
import time_machine

from analytics.models import Pattern
from common.models import State
from distribution.models import Dispatch, Thanks
from distribution.services.alarming import tell_leaders
from distribution.services.coaching import Note, hold_talk
from distribution.services.handing_on import tell_new_owners
from distribution.services.sending import send_due
from distribution.services.thanking import pass_on
from tests.factories import distribution as tell
from tests.walk import pattern
from tests.world import NOW

NIGHT = datetime(2026, 11, 24, 22, 0, tzinfo=UTC)
MORNING = datetime(2026, 11, 25, 9, 0, tzinfo=UTC)  # Harbour opens


@pytest.fixture(autouse=True)
def noon():
    with time_machine.travel(NOW, tick=False):
        yield


def praised(world, at=NOW):
    response = tell.answer(
        unit=world.harbour, score=10, customer=world.ines, comment="Jonas was a dear.", employee=world.jonas
    )
    return pass_on(response, words="What we are here for.", by=world.helen.user, at=at)


def tickets(world, number, owner=None):
    return [
        tell.ticket(tell.signal(tell.answer(unit=world.harbour, score=2, customer=None)), owner=owner or world.jonas)
        for _ in range(number)
    ]


def hand(ticket, to, by, at=NOW):
    ticket.assign(to=to, why="You know them.", by=by.user, at=at)


def test_praise_passed_on_is_mailed_once_without_the_customers_words(world, mailoutbox):
    thanks, new = praised(world)
    assert (new, praised_again(thanks, world)) == (True, False)
    send_due(at=NOW)
    (mail,) = mailoutbox
    assert (mail.to, mail.subject) == ([world.jonas.email], "A customer praised you")
    for part in (mail.body, mail.alternatives[0][0]):
        assert "What we are here for." in part
        assert "/stream/" in part
        assert "dear" not in part
        assert "Ines" not in part


def praised_again(thanks, world):
    return pass_on(thanks.response, words="Again", by=world.helen.user, at=NOW)[1]


def test_praise_that_was_read_or_whose_reader_has_no_address_is_not_mailed(world, mailoutbox):
    praised(world)
    Thanks.objects.all().mark_read(by=world.jonas.user, at=NOW)
    send_due(at=NOW)
    assert (mailoutbox, Dispatch.objects.get().state) == ([], State.CANCELLED)


def test_out_of_hours_praise_waits_until_the_unit_opens(world):
    praised(world, at=NIGHT)
    assert Dispatch.objects.get().due_at == MORNING


def test_whom_a_talk_was_with_hears_that_it_is_written_down_and_not_what(world, mailoutbox):
    note = Note(uuid4(), NOW.date(), "He explains fees.", "Typing", NOW.date() + timedelta(days=14))
    for _ in range(2):  # a form sent twice
        hold_talk(employee=world.jonas, unit=world.harbour, note=note, became={}, by=world.helen.user, at=NOW)
    send_due(at=NOW)
    (mail,) = mailoutbox
    assert (mail.to, mail.subject) == ([world.jonas.email], "Your talk of 24 November is written down")
    for part in (mail.body, mail.alternatives[0][0]):
        assert "/stream/talks/" in part
        assert "Tuesday 8 December" in part
        assert "fees" not in part


def test_tickets_handed_over_together_are_one_mail(world, mailoutbox):
    for ticket in tickets(world, 3):
        hand(ticket, world.helen, world.rosa)
    assert tell_new_owners(at=NOW) == 3
    assert tell_new_owners(at=NOW) == 0
    send_due(at=NOW)
    (mail,) = mailoutbox
    assert (mail.to, mail.subject) == ([world.helen.email], "Three tickets are yours now")
    assert mail.body.count("You know them.") == 3
    rows = Dispatch.objects.filter(kind="handed")
    assert {(row.state, row.message_id) for row in rows} == {(State.HANDED_OFF, rows[0].message_id)}
    assert rows.filter(carrier=None).count() == 1


def test_what_one_takes_oneself_is_no_news_nor_what_came_by_opening(world):
    (ticket,) = tickets(world, 1)
    ticket.handovers.create(to=world.jonas, opening=True, at=NOW)
    hand(ticket, world.helen, world.helen)
    assert (tell_new_owners(at=NOW), Dispatch.objects.count()) == (1, 0)


def test_a_ticket_that_was_handed_on_meanwhile_is_told_to_who_has_it(world, mailoutbox):
    first, second = tickets(world, 2)
    for ticket in (first, second):
        hand(ticket, world.helen, world.rosa)
    hand(first, world.jonas, world.rosa)
    tell_new_owners(at=NOW)
    send_due(at=NOW)
    told = {mail.to[0]: mail.subject for mail in mailoutbox}
    assert set(told) == {world.helen.email, world.jonas.email}
    assert all(subject.startswith("A ticket is yours now") for subject in told.values())


def test_nobody_is_told_of_tickets_that_are_closed_or_elsewhere_by_then(world, mailoutbox):
    (ticket,) = tickets(world, 1)
    hand(ticket, world.helen, world.rosa)
    tell_new_owners(at=NOW)
    hand(ticket, world.jonas, world.rosa)
    send_due(at=NOW)
    assert mailoutbox == []
    assert Dispatch.objects.get().state == State.CANCELLED


def test_who_leads_an_area_hears_once_of_a_pattern_across_its_branches(world, mailoutbox):
    found = pattern(world)
    assert (tell_leaders(at=NOW), tell_leaders(at=NOW)) == (1, 0)
    send_due(at=NOW)
    (mail,) = mailoutbox
    assert mail.to == [world.rosa.email]
    assert mail.subject.startswith("North: ")
    assert found.get_absolute_url() in mail.body


@pytest.mark.parametrize("over", ["ended", "dismissed"])
def test_a_pattern_that_is_over_or_known_is_not_told(world, mailoutbox, over):
    found = pattern(world)
    tell_leaders(at=NOW)
    if over == "ended":
        Pattern.objects.update(ended_on=NOW.date(), ended_how="gone")
    else:
        found.dismiss(by=world.rosa.user, reason="We know.", at=NOW)
    send_due(at=NOW)
    assert (mailoutbox, Dispatch.objects.get().state) == ([], State.CANCELLED)
