"""Whether alerts that were guesses were right, as whoever closed the tickets says."""

from __future__ import annotations

from datetime import timedelta

import pytest

from analytics.maths.proportions import wilson
from analytics.services.alert_precision import precision_by_rule
from closedloop.errors import TicketRefused
from closedloop.guessing import goes_by_words
from closedloop.models import Closure, Ticket
from closedloop.services.observing import ingest_speech
from tests.api import Caller
from tests.factories import closedloop as make
from tests.factories import crm
from tests.world import NOW, World

HOUR = timedelta(hours=1)
RUDE = {"filter": "text_has", "value": ["rude"]}


@pytest.mark.parametrize(
    ("condition", "guesses"),
    [
        ({}, False),
        ({"filter": "score__lte", "value": 3}, False),
        (RUDE, True),
        ({"any": [{"filter": "callback", "value": True}, {"not": {"all": [RUDE]}}]}, True),
    ],
)  # fmt: skip
def test_a_rule_guesses_if_it_goes_by_words_or_topics_anywhere(condition, guesses):
    assert goes_by_words(condition) is guesses


def heard(world: World, number: int) -> Ticket:
    """A call in which speech analytics heard that somebody was rude, and its ticket."""
    customer = crm.customer(unit=world.harbour, phone=f"+4420794600{number:02}")
    item = {"external_id": f"call-{number}", "reason": "rude", "confidence": "0.900", "occurred_at": NOW.isoformat(),
            "unit": world.harbour.external_id, "customer": customer.external_id}  # fmt: skip
    ingest_speech([item], source="crm", at=NOW)
    make.listen()
    return Ticket.objects.get(customer=customer)


@pytest.fixture
def rules(world) -> None:
    make.rule(code="heard", name="Heard calls", condition={"filter": "kind", "value": "speech"})
    make.rule(code="rude", name="Rude", condition=RUDE)
    make.rule(code="low", name="Low", condition={"filter": "score__lte", "value": 3})


def test_closing_says_whether_the_alert_was_right_and_the_list_counts_it(client, world, rules):
    for number, right in enumerate((True, True, False, None)):
        heard(world, number).close(outcome="no_action", summary="x", by=None, at=NOW + HOUR, alert_was_right=right)
    (row,) = precision_by_rule(principal=world.rosa.user, at=NOW + 2 * HOUR)
    assert (row.rule, row.judged, row.right, row.unsaid) == ("Heard calls", 3, 2, 1)
    assert (row.share, row.interval, row.is_sure) == (2 / 3, wilson(2, 3), False)
    assert precision_by_rule(principal=world.elsa.user, at=NOW + 2 * HOUR) == []
    Ticket.objects.order_by("pk")[0].reopen(why="They rang.", by=None, at=NOW + 2 * HOUR)
    (row,) = precision_by_rule(principal=world.rosa.user, at=NOW + 2 * HOUR)
    assert (row.judged, row.right) == (2, 1)
    client.force_login(world.rosa.user)
    assert "Heard calls" not in client.get("/insights/alerts/").content.decode()  # a year that has not come yet


def test_a_ticket_of_a_rule_by_words_is_judged_too_and_no_other(world, rules):
    visit = crm.interaction(kind=world.visit, customer=crm.customer(unit=world.harbour), unit=world.harbour)
    make.answer(visit, score=8, comment="You were rude.")
    make.answer(world.interaction, score=2)
    make.listen()
    words, score = Ticket.objects.get(rule__code="rude"), Ticket.objects.get(rule__code="low")
    words.close(outcome="no_action", summary="x", by=None, at=NOW, alert_was_right=False)
    with pytest.raises(TicketRefused):
        score.close(outcome="no_action", summary="x", by=None, at=NOW, alert_was_right=True)
    assert list(Closure.objects.values_list("ticket", "alert_was_right")) == [(words.pk, False)]


def test_the_page_asks_whoever_closes_and_the_api_takes_it(client, world, rules):
    ticket, other = heard(world, 1), heard(world, 2)
    client.force_login(world.helen.user)
    address = f"/tickets/{ticket.public_id}/"
    assert "Was the alert right?" in client.get(address).content.decode()
    said = {"version": ticket.version, "outcome": "no_action", "summary": "All was well."}
    assert client.post(address + "closure", said).status_code == 422
    assert client.post(address + "closure", said | {"alert_was_right": "no"}).status_code == 302
    body = said | {"version": other.version, "alert_was_right": True}
    assert Caller(world.crm_secret).post(f"/tickets/{other.public_id}/closure", body).status_code == 201
    assert dict(Closure.objects.values_list("ticket", "alert_was_right")) == {ticket.pk: False, other.pk: True}
    assert ", the alert was mistaken" in client.get(address).content.decode()
