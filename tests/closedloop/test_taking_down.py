"""A ticket that somebody opens by hand: closedloop.services.taking_down."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from closedloop.errors import TicketRefused
from closedloop.models import Alert, CustomerSignal, Observation, RecoveryDraw, ServicePolicy, Ticket
from closedloop.services.screening import screen
from closedloop.services.starting import set_up_defaults
from closedloop.services.taking_down import Told, take_down
from common.models import Event
from crm.models import Hold
from tests.api import Caller, errors
from tests.factories import closedloop as make
from tests.factories import crm

TOLD = Told("Card swallowed twice", "The machine at your door has eaten my card twice.", "major")


@pytest.fixture
def now():
    return timezone.now()


@pytest.fixture
def soon(world) -> ServicePolicy:
    set_up_defaults()
    return ServicePolicy.objects.get(code="callback")


def told(world, soon, now, **more) -> Ticket:
    said = {"customer": world.ines, "unit": world.harbour, "told": TOLD, "policy": soon, "by": world.jonas.user}
    return take_down(**{**said, "at": now, **more})


def test_it_is_a_ticket_like_any_other_without_a_rule(world, soon, now):
    ticket = told(world, soon, now)
    assert (ticket.rule, ticket.policy, ticket.owner, ticket.customer) == (None, soon, world.helen, world.ines)
    assert ticket.brief["noticed"]["reason"] == "Card swallowed twice"
    assert ticket.brief["say"][0] == "Say who took it down, and that they need not tell it all again."
    assert ticket.attempts.get().due_at == ticket.due_at
    assert Hold.objects.in_force(now).get().cause == f"ticket:{ticket.pk}"
    row = Observation.objects.get()
    assert (row.kind, row.source, row.by, row.severity) == ("told", "staff", world.jonas.user, "major")
    assert Event.objects.get(what="observation.taken_down").by == world.jonas.user


def test_no_rule_is_held_against_it(world, soon, now):
    make.rule(condition={}, policy=soon)
    told(world, soon, now)
    assert screen(at=now) == 0
    assert not Alert.objects.exists()
    assert CustomerSignal.objects.heard().count() == 0


def test_what_is_told_while_a_ticket_is_open_joins_and_hastens_it(world, soon, now):
    early = now - timedelta(hours=1)
    ticket = make.ticket(make.answer(world.interaction, answered_at=early), at=early)
    assert told(world, soon, now) == ticket
    found = Ticket.objects.get()
    assert found.due_at < ticket.due_at
    assert (found.brief["noticed"]["reason"], found.brief["answer"]["score"]) == ("Card swallowed twice", 2)
    assert found.ticket_signals.count() == 2


def test_who_is_held_out_is_called_after_all(world, soon, now):
    answer = make.answer(world.interaction, answered_at=now - timedelta(hours=2))
    make.study(of=answer, held_out=True, since=now - timedelta(days=1), until=now + timedelta(days=90))
    make.listen(now - timedelta(hours=1))
    assert not Ticket.objects.exists()
    ticket = told(world, soon, now)
    lot = RecoveryDraw.objects.get()
    assert (lot.arm, lot.released_why, lot.released_by) == ("held_out", "contact", world.jonas.user)
    assert set(ticket.ticket_signals.values_list("signal__kind", flat=True)) == {"answer", "told"}


def test_what_cannot_be_is_refused_and_leaves_nothing(world, soon, now):
    with pytest.raises(TicketRefused, match="Say in a few words"):
        told(world, soon, now, told=Told(" "))
    world.ines.erased_at = now
    with pytest.raises(TicketRefused, match="were erased"):
        told(world, soon, now)
    assert (Ticket.objects.count(), Observation.objects.count(), CustomerSignal.objects.count()) == (0, 0, 0)


# --- pages and API ---------------------------------------------------------------------------------------------------


def words(soon, where, **more):
    said = {"reason": TOLD.reason, "words": TOLD.words, "severity": "major"}
    return {**said, "policy": soon.pk, "unit": where.pk, **more}


def test_from_the_card_who_hears_it_opens_the_ticket(world, client, soon):
    """Jonas served Ines; the ticket is Helen's, so that he comes back to the card."""
    address = f"/tickets/new/{world.ines.reference}/"
    client.force_login(world.jonas.user)
    assert address in client.get(f"/customers/{world.ines.reference}/card/").text
    assert "Ines Moreau told us something" in client.get(address).text
    answer = client.post(address, words(soon, world.harbour))
    assert (answer.status_code, answer.url) == (302, f"/customers/{world.ines.reference}/card/")
    ticket = Ticket.objects.get()
    assert f"It stands on ticket {ticket.pk}, owned by Helen." in client.get(answer.url).text
    client.force_login(world.helen.user)
    page = client.get(f"/tickets/{ticket.public_id}/").text
    assert "told us: Card swallowed twice" in page
    assert "<b>Told us</b>: Card swallowed twice." in page
    assert f'joins <a href="/tickets/{ticket.public_id}/">ticket {ticket.pk}</a>' in client.get(address).text


def test_what_is_missing_is_said_and_nothing_is_opened(world, client, soon):
    client.force_login(world.helen.user)
    address = f"/tickets/new/{world.ines.reference}/"
    for wrong in ({"reason": ""}, {"policy": ""}, {"unit": world.station.pk}, {"reason": "x" * 61}):
        assert client.post(address, words(soon, world.harbour, **wrong)).status_code == 422
    assert not Ticket.objects.exists()


def test_of_customers_out_of_sight_nobody_opens_one(world, client, soon):
    address = f"/tickets/new/{world.ines.reference}/"
    client.force_login(world.elsa.user)
    assert client.post(address, words(soon, world.station)).status_code == 404
    client.force_login(crm.employee(name="ada", unit=world.harbour, role="auditor").user)
    assert client.get(address).status_code == 403
    assert not Ticket.objects.exists()


def test_the_console_leads_there_from_the_customer(world, client, soon):
    client.force_login(world.helen.user)
    page = client.get(f"/admin/crm/customer/{world.ines.pk}/change/").text
    assert f'href="/tickets/new/{world.ines.reference}/"' in page


def test_over_the_api(world, soon):
    body = {"customer": world.ines.external_id, "reason": TOLD.reason, "words": TOLD.words, "policy": "callback"}
    elsewhere = Caller(world.station_secret).post("/tickets", body)
    assert (elsewhere.status_code, errors(elsewhere)) == (422, [("unknown", "customer")])
    answer = Caller(world.crm_secret).post("/tickets", body)
    assert (answer.status_code, answer.json()["unit"]["name"], answer.json()["rule"]) == (201, "Harbour", None)
    assert Observation.objects.get().source == "crm"
    wrong = Caller(world.crm_secret).post("/tickets", body | {"policy": "no such"})
    assert (wrong.status_code, errors(wrong)) == (422, [("does_not_exist", "policy")])
    assert Ticket.objects.count() == 1
