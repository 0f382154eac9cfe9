"""How much tickets press, by the office's bands over what was said and what the customer brings."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest

from closedloop.models import Clock, PriorityBand, PriorityChange, Ticket
from closedloop.pressing import HIGH, LOW, NORMAL, URGENT, Band, level_of, most_pressing, tighter
from closedloop.services.reckoning import reckon_tickets
from closedloop.services.starting import set_up_defaults
from closedloop.services.weighing import weigh
from common.models import Event
from crm.models import FinancialRecord
from tests.api import Caller, errors
from tests.factories import closedloop as make
from tests.factories import crm
from tests.world import NOW, World

HOUR = timedelta(hours=1)
POOR = {"filter": "score__lte", "value": 2}


def band(name: str, priority: int, condition: dict, **fields) -> PriorityBand:
    return PriorityBand.objects.create(code=name, name=name, priority=priority, condition=condition, **fields)


def visitor(world: World, margin: str = "", **fields):
    """A visit by somebody of whom the books say so much margin last month."""
    customer = crm.customer(unit=world.harbour, phone="+442079460999", **fields)
    if margin:
        FinancialRecord.objects.create(
            source="crm",
            external_id=f"f{customer.pk}",
            customer=customer,
            starts_on=NOW.date() - timedelta(days=30),
            ends_before=NOW.date(),
            currency="EUR",
            margin=Decimal(margin),
            as_of=NOW,
        )
    return crm.interaction(kind=world.visit, customer=customer, unit=world.harbour, employee=world.jonas)


# --- the pure rule ----------------------------------------------------------------------------------------------------


def test_the_most_pressing_band_holds_and_of_equals_the_one_that_stands_first():
    low, high, other = Band(1, LOW, "content"), Band(2, HIGH, "poor", 20), Band(3, HIGH, "rich", 10)
    assert most_pressing([low, high, other]) == other
    assert most_pressing([]) is None
    assert (level_of(None), level_of(low)) == (NORMAL, LOW)


@pytest.mark.parametrize(
    ("band", "policy"),
    [
        (None, 1),
        (Band(1, URGENT, "no policy of its own"), 1),
        (Band(1, URGENT, "sooner", policy=2, hours=Decimal(4)), 2),
        (Band(1, URGENT, "later", policy=2, hours=Decimal(16)), 1),
    ],
)
def test_a_band_tightens_the_policy_and_never_loosens_it(band, policy):
    assert tighter(1, Decimal(8), band) == policy


# --- tickets ----------------------------------------------------------------------------------------------------------


@pytest.fixture
def bands(world) -> None:
    set_up_defaults()
    PriorityBand.objects.all().delete()
    rich = {"filter": "margin__gte", "value": "1000 EUR"}
    band("poor", HIGH, POOR)
    band("poor and rich", URGENT, {"all": [POOR, rich]}, policy=make.policy(code="fast", hours_to_contact=1))
    band("off", URGENT, {}, active=False)
    band("nobody can read it", URGENT, {"filter": "mood", "value": "bad"})


def test_score_and_value_make_the_priority_its_reason_and_the_policy(world, bands):
    opened = {
        who: make.ticket(make.answer(visitor(world, margin), score=score))
        for who, margin, score in (("plain", "", 5), ("poor", "999", 2), ("both", "1000", 2))
    }
    assert {who: (t.get_priority_display(), t.priority_why, t.policy.code) for who, t in opened.items()} == {
        "plain": ("normal", "", "standard"),
        "poor": ("high", "“poor”", "standard"),
        "both": ("urgent", "“poor and rich”", "fast"),
    }
    assert opened["both"].due_at == NOW + HOUR
    assert Event.objects.filter(what="ticket.opened", data__priority="urgent").count() == 1


def test_what_is_said_later_makes_a_ticket_more_pressing_and_never_less(world, bands):
    visit = visitor(world, "5000")
    ticket = make.ticket(make.answer(visit, score=5))
    reckon_tickets(at=NOW)
    make.answer(visit, score=1, answered_at=NOW + HOUR)
    make.listen(NOW + HOUR)
    ticket.refresh_from_db()
    assert (ticket.get_priority_display(), ticket.priority_why) == ("urgent", "“poor and rich”")
    change = PriorityChange.objects.get(ticket=ticket)
    assert (change.get_was_display(), change.get_priority_display()) == ("normal", "urgent")
    assert ticket.due_at == NOW + 2 * HOUR  # an open hour from then on
    reckon_tickets(at=NOW + HOUR)
    assert Clock.objects.get(ticket=ticket, stage="contact").due_at == NOW + 2 * HOUR
    make.answer(visit, score=6, answered_at=NOW + 2 * HOUR)
    make.listen(NOW + 2 * HOUR)
    ticket.refresh_from_db()
    assert (ticket.get_priority_display(), PriorityChange.objects.count()) == ("urgent", 1)


def test_bands_ask_as_often_for_many_answers_as_for_few(world, bands, django_assert_num_queries):
    signals = [make.signal(unit=world.harbour, score=2, customer=world.ines).pk for _ in range(3)]
    for some in (signals[:1], signals):
        with django_assert_num_queries(2):
            assert len(weigh(some).met) == len(some)


# --- where it is seen -------------------------------------------------------------------------------------------------


@pytest.fixture
def three(world, bands) -> None:
    for name, margin, score in (("Plain", "", 5), ("Poor", "", 2), ("Both", "1000", 2)):
        make.ticket(make.answer(visitor(world, margin, given_name=name, family_name=""), score=score))
    Ticket.objects.update(due_at=NOW + 900 * HOUR)


def test_the_work_list_and_the_console_show_the_most_pressing_first(client, world, three):
    client.force_login(world.helen.user)
    text = client.get("/tickets/").content.decode()
    assert text.index("Both") < text.index("Poor") < text.index("Plain")
    assert text.count(">Urgent</span>") == text.count(">High</span>") == 1
    client.force_login(world.olivia.user)
    text = client.get("/admin/closedloop/ticket/?priority__exact=1").content.decode()
    assert "Both" in text
    assert "Plain" not in text


def test_the_ticket_says_how_much_it_presses_and_why(client, world, three):
    client.force_login(world.helen.user)
    ticket = Ticket.objects.get(priority=URGENT)
    assert "Urgent: “poor and rich”" in client.get(f"/tickets/{ticket.public_id}/").content.decode()


def test_the_api_filters_by_priority_and_refuses_what_is_none(world, three):
    caller = Caller(world.crm_secret)
    rows = caller.get("/tickets", priority="urgent").json()["results"]
    assert [(row["priority"], row["priority_why"]) for row in rows] == [("urgent", "“poor and rich”")]
    assert errors(caller.get("/tickets", priority="red")) == [("invalid", "priority")]


def test_a_band_is_set_in_the_console(client, world):
    make.policy()
    client.force_login(world.olivia.user)
    form = {"code": "rich", "name": "Brings much", "priority": "2", "position": "10", "active": "on",
            "condition": '{"filter": "margin__gte", "value": "1000 EUR"}', "policy": ""}  # fmt: skip
    assert client.post("/admin/closedloop/priorityband/add/", form).status_code == 302
    assert PriorityBand.objects.get(code="rich").get_priority_display() == "high"
    answer = client.post("/admin/closedloop/priorityband/add/", form | {"code": "odd", "condition": '{"filter": "x"}'})
    assert (answer.status_code, PriorityBand.objects.filter(code="odd").exists()) == (200, False)
