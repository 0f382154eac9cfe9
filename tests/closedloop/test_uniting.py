"""Two open tickets of one matter, put together by people: closedloop.services.uniting."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from closedloop.errors import TicketRefused
from closedloop.models import Closure, Ticket, TicketJoin
from closedloop.services.joining import settle_merges
from closedloop.services.showing import steps_of
from closedloop.services.uniting import unite
from common.models import Event
from crm.models import Hold
from crm.services.merging import merge, undo
from surveys.own_steps import Kind
from tests.api import Caller, errors
from tests.factories import closedloop as make
from tests.factories import crm

WHY = "Her husband, about the same card."


@pytest.fixture
def now():
    return timezone.now()


@pytest.fixture
def both(world, now):
    """Ines scored 2 two hours ago, Paul of the same household 4 an hour later, both after visits to Harbour."""
    paul = crm.customer(given_name="Paul", family_name="Moreau", unit=world.harbour, phone="+442079460472")
    visit = crm.interaction(kind=world.visit, customer=paul, unit=world.harbour)
    early, late = now - timedelta(hours=2), now - timedelta(hours=1)
    first = make.ticket(make.answer(world.interaction, comment="I waited.", answered_at=early), at=early)
    second = make.ticket(make.answer(visit, score=4, comment="She waited.", answered_at=late), at=late)
    second.due_at = first.due_at + timedelta(hours=1)  # at night and on Sundays both are due at the same moment
    second.save(update_fields=["due_at"])
    return first, second


@pytest.fixture
def united(world, both, now):
    first, second = both
    return unite(ticket=first, into=second, why=WHY, by=world.helen.user, at=now)


def holds() -> set[tuple[str, int]]:
    return {(hold.cause, hold.customer_id) for hold in Hold.objects.filter(released_at=None)}


def rows() -> list:
    return [list(model.objects.order_by("pk").values()) for model in (Ticket, TicketJoin, Closure, Hold, Event)]


def refused(message, **said) -> None:
    before = rows()
    with pytest.raises(TicketRefused, match=message):
        unite(**said)
    assert rows() == before


def test_the_work_goes_on_in_the_other_which_is_due_when_the_first_was(world, both, united, now):
    first, second = (Ticket.objects.get(pk=ticket.pk) for ticket in both)
    assert (first.is_open, first.closure.outcome, first.closure.by) == (False, "joined", world.helen.user)
    assert first.goes_on_in == second
    assert (second.is_open, second.due_at, second.version) == (True, both[0].due_at, 2)
    assert second.due_at < both[1].due_at
    assert (united.why, united.by, united.merge) == (WHY, world.helen.user, None)
    told = Event.objects.filter(what__in=["ticket.joined", "ticket.took_over"]).order_by("pk")
    assert [(row.what, row.by, row.data) for row in told] == [
        ("ticket.joined", world.helen.user, {"into": second.pk}),
        ("ticket.took_over", world.helen.user, {"joined": [first.pk]}),
    ]


def test_both_customers_are_left_unasked_until_the_other_is_closed(both, united, now):
    first, second = both
    assert holds() == {(f"ticket:{second.pk}", first.customer_id), (f"ticket:{second.pk}", second.customer_id)}
    Ticket.objects.get(pk=second.pk).close(outcome="no_action", summary="Known.", by=None, at=now)
    assert holds() == set()


def test_who_is_unknown_is_put_to_who_is_known(world, both, now):
    left = {"customer": None, "callback": True, "callback_phone": "+442079460999", "answered_at": now}
    unknown = make.ticket(make.answer(world.interaction, **left), at=now)
    unite(ticket=unknown, into=both[0], why="She rang: it was hers.", by=world.helen.user, at=now)
    assert set(Ticket.objects.open()) == set(both)


def test_what_cannot_be_is_refused_and_changes_nothing(world, both, now):
    first, second = both
    said = {"by": world.helen.user, "at": now}
    refused("Say why", ticket=first, into=second, why=" ", **said)
    refused("This is the ticket itself", ticket=first, into=first, why=WHY, **said)
    refused("has changed", ticket=first, into=second, why=WHY, expected_version=7, **said)
    second.close(outcome="no_action", summary="Known.", by=None, at=now)
    refused("is closed: the work cannot go on there", ticket=first, into=second, why=WHY, **said)
    refused("This ticket is closed", ticket=second, into=first, why=WHY, **said)


def test_taking_it_up_again_parts_them_and_it_can_be_put_together_anew(world, both, united, now):
    first, second = both
    first = Ticket.objects.get(pk=first.pk)
    first.reopen(why="Two matters after all.", by=world.helen.user, at=now)
    assert set(Ticket.objects.open()) == {first, second}
    assert holds() == {(f"ticket:{ticket.pk}", ticket.customer_id) for ticket in both}
    assert TicketJoin.objects.get().undone_at == now
    unite(ticket=first, into=second, why=WHY, by=world.helen.user, at=now)
    assert TicketJoin.objects.filter(undone_at=None).count() == 1


def test_a_merge_that_is_undone_leaves_what_people_put_together(world, both, united, now):
    first, second = both
    row = merge(kept=first.customer, merged=crm.customer(given_name="Pau", unit=world.harbour), at=now)
    settle_merges(at=now)
    undo(merge=row, at=now)
    settle_merges(at=now)
    assert list(Ticket.objects.open()) == [second]


def test_the_customer_reads_what_is_true_of_them(world, both, united, now):
    """Whom we reached was Paul; Ines reads that her answer was taken on and settled."""
    second = Ticket.objects.get(pk=both[1].pk)
    second.record_attempt(outcome="reached", note="", by=world.helen.user, at=now)
    second.record_finding(learned="Slow.", by=world.helen.user, at=now)
    second.close(outcome="resolved", summary="", by=world.helen.user, at=now)
    answers = [ticket.origin.response_id for ticket in both]
    shown = steps_of(answers)
    assert [step.kind for step in shown[answers[0]]] == [Kind.TAKEN_ON, Kind.SETTLED]
    assert [step.kind for step in shown[answers[1]]] == [Kind.TAKEN_ON, Kind.REACHED, Kind.SETTLED]


# --- pages and API ---------------------------------------------------------------------------------------------------


@pytest.fixture
def helen(world, client):
    client.force_login(world.helen.user)
    return client


def send(client, ticket, **words):
    return client.post(f"/tickets/{ticket.public_id}/joining", {"version": ticket.version, **words})


def test_on_the_ticket_the_other_is_chosen_and_each_leads_to_the_other(helen, both):
    first, second = both
    address = f"/tickets/{first.public_id}/"
    assert f"Paul Moreau, gave 4 (ticket {second.pk})" in helen.get(address).text
    assert send(helen, first, goes_on_in=second.pk, joining_why=WHY).status_code == 302
    assert f"It goes on in ticket {second.pk}" in helen.get(address).text
    kept = helen.get(f"/tickets/{second.public_id}/").text
    assert f"<b>Ticket {first.pk} goes on here</b>: {WHY}" in kept
    assert '<b>Ines Moreau</b> gave 2. <q>I waited.</q> <a class="nowrap" href="tel:+442079460471">' in kept


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ({}, "Choose a ticket, or type its number."),
        ({"goes_on_number": "99999999"}, "You work on no other open ticket with the number 99999999."),
        ({"goes_on_number": "x"}, "Enter a whole number."),
    ],
)
def test_without_another_ticket_that_says_so(helen, both, words, message):
    answer = send(helen, both[0], joining_why=WHY, **words)
    assert (answer.status_code, message in answer.text) == (422, True)
    assert Ticket.objects.open().count() == 2


def test_by_its_number_it_may_stand_in_another_branch_and_never_out_of_sight(world, client, both, now):
    first, _ = both
    visit = crm.interaction(kind=world.visit, customer=crm.customer(), unit=world.mill)
    far = make.ticket(make.answer(visit, answered_at=now), at=now)
    client.force_login(world.helen.user)
    assert "You work on no other" in send(client, first, goes_on_number=far.pk, joining_why=WHY).text
    client.force_login(world.rosa.user)
    assert send(client, first, goes_on_number=far.pk, joining_why=WHY).status_code == 302
    assert Ticket.objects.get(pk=first.pk).goes_on_in == far


def test_who_sees_the_other_alone_reads_nothing_of_what_was_put_to_it(world, client, both, now):
    first, _ = both
    visit = crm.interaction(kind=world.visit, customer=crm.customer(given_name="Ana"), unit=world.station)
    far = make.ticket(make.answer(visit, answered_at=now), at=now)
    unite(ticket=first, into=far, why="The same.", by=world.olivia.user, at=now)
    client.force_login(world.elsa.user)
    page = client.get(f"/tickets/{far.public_id}/").text
    assert f"<b>Ticket {first.pk} goes on here</b>: The same." in page
    assert "Ines" not in page
    assert "I waited" not in page


def test_in_the_console_too(helen, both):
    first, second = both
    address = f"/admin/closedloop/ticket/{first.pk}/joining/"
    words = {"version": 1, "goes_on_number": second.pk, "joining_why": WHY}
    assert helen.post(address, words).status_code == 302
    assert f"Ticket {second.pk}</a>" in helen.get(f"/admin/closedloop/ticket/{first.pk}/change/").text
    assert "Ines Moreau gave 2. I waited." in helen.get(f"/admin/closedloop/ticket/{second.pk}/change/").text


def test_over_the_api_it_is_done_once_and_only_in_sight(world, both):
    first, second = both
    address, body = f"/tickets/{first.public_id}/joining", {"version": 1, "into": str(second.public_id), "why": WHY}
    assert Caller(world.station_secret).post(address, body).status_code == 404
    answer = Caller(world.crm_secret).post(address, body)
    assert (answer.status_code, answer.json()["goes_on_in"]) == (201, str(second.public_id))
    again = Caller(world.crm_secret).post(address, body)
    assert (again.status_code, errors(again)) == (409, [("stale", None)])
    unknown = Caller(world.crm_secret).post(f"/tickets/{second.public_id}/joining", body)
    assert (unknown.status_code, errors(unknown)) == (422, [("unknown", "into")])
