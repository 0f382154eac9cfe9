"""You said, we did: exactly those who raised it hear of it, each once, as far as they may be written to."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.core import mail

from closedloop.errors import OuterLoopRefused
from closedloop.models import Initiative, OutcomeNote, Telling
from closedloop.services.elevating import elevate, start_initiative, take_in
from closedloop.services.thanking import send_notes, tell_raisers
from common.models import Event
from common.models.outgoing import State
from crm.models import Customer, Hold, Suppression
from distribution.models import Dispatch
from distribution.services.acknowledging import tell_employees
from distribution.services.sending import send_due
from tests.factories import closedloop as make
from tests.factories import crm
from tests.world import NOW

DONE = "From noon to two there are two of us at the counter now."
LATER = NOW + timedelta(hours=1)


@pytest.fixture
def ticket(world):
    """Ines scored 2 after her visit to Harbour."""
    return make.ticket(make.answer(world.interaction, comment="I waited an hour."))


def raised(subject, who):
    return elevate(subject=subject, why="The third this week.", by=who.user, at=NOW)


def begun(world, *elevations) -> Initiative:
    found = start_initiative(
        title="Two at the counter", statement="Nobody waits.", unit=world.head_office, owner=world.rosa,
        elevations=elevations, by=world.olivia.user, at=NOW,
    )  # fmt: skip
    found.move("agreed", why="Board.", by=world.olivia.user, at=NOW)
    found.plan_stage(number=1, day=NOW.date(), units=[world.harbour], by=world.olivia.user, at=NOW)
    found.move("rolling_out", why="Begun.", by=world.olivia.user, at=NOW)
    return found


def tell(world, initiative, at=LATER) -> Telling:
    return tell_raisers(initiative=initiative, text=DONE, by=world.olivia.user, at=at)


def answer_of(world, name: str):
    who = crm.customer(given_name=name, unit=world.harbour, email=f"{name.lower()}@example.org")
    visit = crm.interaction(kind=world.visit, customer=who, unit=world.harbour)
    return make.answer(visit, comment=f"{name} waited.")


# --- customers -------------------------------------------------------------------------------------------------------


def test_the_customers_behind_it_hear_what_they_said_and_what_was_done_once(world, ticket):
    omar, silent = answer_of(world, "Omar"), answer_of(world, "Sara")
    ticket.record_attempt(outcome="reached", note="The queue.", by=world.helen.user, at=NOW)
    note = ticket.attempts.get(number=1)
    rows = [raised(each, world.helen) for each in (ticket, note, ticket.origin.response, omar)]
    raised(silent, world.helen)  # waits in the queue
    found = begun(world, *rows)
    tell(world, found)
    assert send_notes(at=LATER) == {"handed_off": 2}
    assert sorted(sent.to[0] for sent in mail.outbox) == ["ines@example.org", "omar@example.org"]
    ines = next(sent for sent in mail.outbox if sent.to == ["ines@example.org"])
    for words in ("Dear Ines,", DONE, "Olivia", "I waited an hour."):
        assert words in ines.body
    assert "/me/" not in ines.body
    assert Event.objects.get(what="initiative.told").data["customers"] == 2
    tell(world, found)
    assert (send_notes(at=LATER), OutcomeNote.objects.count()) == ({}, 2)


def test_who_came_later_hears_of_the_next_word_and_merged_rows_are_one_person(world, ticket):
    found = begun(world, raised(ticket, world.helen))
    tell(world, found)
    omar, twin = answer_of(world, "Omar"), answer_of(world, "Twin")
    Customer.objects.filter(pk=twin.customer_id).update(canonical=world.ines)
    rows = [raised(each, world.helen) for each in (omar, twin)]
    take_in(initiative=found, elevations=rows, by=world.olivia.user, at=LATER)
    second = tell(world, found)
    assert [note.customer for note in second.notes.all()] == [omar.customer]


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda world: Customer.objects.update(erased_at=NOW), "erased"),
        (lambda world: Hold.objects.create(customer=world.ines, kind="bereavement", since=NOW), "on hold"),
        (
            lambda world: Suppression.objects.create(
                channel="email", address_hash=world.ines.contact_points.get(channel="email").address_hash,
                reason="unsubscribed", at=NOW,
            ),
            "suppressed",
        ),
        (lambda world: world.ines.contact_points.update(unusable_since=NOW), "no address"),
    ],
)  # fmt: skip
def test_nothing_goes_to_whom_nothing_may_be_written(world, ticket, spoil, said):
    found = begun(world, raised(ticket, world.helen))
    tell(world, found)
    spoil(world)
    assert send_notes(at=LATER) == {"cancelled": 1}
    assert (said in OutcomeNote.objects.get().reply, mail.outbox) == (True, [])


def test_a_note_waits_for_the_end_of_the_quiet_hours(world, ticket):
    night = datetime(2026, 11, 24, 23, 30, tzinfo=UTC)
    tell(world, begun(world, raised(ticket, world.helen)), at=night)
    assert send_notes(at=night) == {"pending": 1}
    assert OutcomeNote.objects.get().state == State.PENDING


def test_an_anonymous_answer_tells_nobody(world):
    words = make.answer(world.interaction, comment="I waited.", customer=None)
    assert tell(world, begun(world, raised(words, world.helen))).notes.count() == 0


def test_before_anything_has_begun_nobody_is_told(world, ticket):
    found = start_initiative(
        title="Two", statement="x", unit=world.harbour, elevations=[raised(ticket, world.helen)], by=None, at=NOW
    )
    with pytest.raises(OuterLoopRefused, match="Nothing has begun"):
        tell(world, found)
    assert not Telling.objects.exists()
    assert not OutcomeNote.objects.exists()


# --- employees -------------------------------------------------------------------------------------------------------


def test_whoever_raised_or_seconded_it_hears_of_it_once(world, ticket):
    raised(ticket, world.jonas)
    row = raised(ticket, world.helen)
    raised(ticket.origin.response, world.rosa)  # not part of it
    found = begun(world, row)
    tell(world, found)
    assert tell_employees(at=LATER) == 1
    assert set(Dispatch.objects.values_list("kind", "employee")) == {
        ("outcome", world.jonas.pk), ("outcome", world.helen.pk),
    }  # fmt: skip
    send_due(at=LATER)
    assert {sent.to[0] for sent in mail.outbox} == {world.jonas.email, world.helen.email}
    assert all(DONE in sent.body and "Two at the counter" in sent.subject for sent in mail.outbox)
    tell(world, found)
    assert (tell_employees(at=LATER), tell_employees(at=LATER), Dispatch.objects.count()) == (1, 0, 2)


def test_who_has_left_is_not_written_to(world, ticket):
    row = raised(ticket, world.jonas)
    type(world.jonas).objects.filter(pk=world.jonas.pk).update(left_on=NOW.date())
    tell(world, begun(world, row))
    tell_employees(at=LATER)
    assert not Dispatch.objects.exists()
