"""Promises to customers, steps of others, and what a ticket needs before it closes."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from closedloop.errors import TicketRefused
from closedloop.models import FollowUp, Promise, RootCause, ServicePolicy, Ticket
from closedloop.promises import due_by
from closedloop.services.owing import asked_of
from common.models import Event
from tests.api import Caller, errors
from tests.factories import closedloop as make
from tests.factories import crm
from tests.world import NOW

LATER = NOW + timedelta(hours=2)
FRIDAY = date(2026, 11, 27)
LONDON = ZoneInfo("Europe/London")


def refused(message, verb, **said) -> None:
    before = list(Promise.objects.values()), list(FollowUp.objects.values()), Event.objects.count()
    with pytest.raises(TicketRefused, match=message):
        verb(at=LATER, **said)
    assert (list(Promise.objects.values()), list(FollowUp.objects.values()), Event.objects.count()) == before


# --- by when ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("day", "at", "due"),
    [
        (FRIDAY, NOW, datetime(2026, 11, 27, 17, tzinfo=UTC)),
        (date(2026, 11, 29), NOW, datetime(2026, 11, 27, 17, tzinfo=UTC)),  # Sunday: they must have it by then
        (date(2026, 11, 29), datetime(2026, 11, 28, 9, tzinfo=UTC), datetime(2026, 11, 30, 0, tzinfo=UTC)),
        (date(2026, 11, 24), datetime(2026, 11, 24, 18, tzinfo=UTC), datetime(2026, 11, 25, 0, tzinfo=UTC)),
        (date(2026, 12, 25), NOW, datetime(2026, 12, 24, 17, tzinfo=UTC)),  # Christmas Day
        (date(2027, 6, 4), NOW, datetime(2027, 6, 4, 16, tzinfo=UTC)),  # summer time
    ],
)
def test_by_that_day_is_by_the_end_of_its_open_hours(world, day, at, due):
    assert due_by(day, world.calendar.hours(range(2026, 2029)), LONDON, at=at) == due


# --- promises --------------------------------------------------------------------------------------------------------


def promise(ticket, by, what="The card is there by Friday.", due_on=FRIDAY) -> Promise:
    return ticket.promise(what=what, due_on=due_on, by=by, at=LATER)


def test_a_promise_has_a_day_and_stands_open(world, ticket):
    made = promise(ticket, world.helen.user)
    assert (made.what, made.outcome) == ("The card is there by Friday.", "")
    assert made.due_at == datetime(2026, 11, 27, 17, tzinfo=UTC)
    assert [row.pk for row in asked_of(world.helen.user, at=LATER).promises] == [made.pk]


@pytest.mark.parametrize(
    ("said", "message"),
    [
        ({"what": " ", "due_on": FRIDAY}, "Say what was promised"),
        ({"what": "x", "due_on": date(2026, 11, 23)}, "today"),
    ],
)
def test_a_promise_says_what_and_by_which_day_to_come(ticket, said, message):
    refused(message, ticket.promise, by=None, **said)


@pytest.mark.parametrize(
    ("outcome", "note"), [("kept", ""), ("broken", "The courier lost it."), ("withdrawn", "Moved.")]
)
def test_what_became_of_it_is_said_by_whom_and_why(world, ticket, outcome, note):
    made = promise(ticket, world.helen.user)
    ticket.settle_promise(promise=made, outcome=outcome, note=note, by=world.rosa.user, at=LATER)
    made.refresh_from_db()
    assert (made.outcome, made.note, made.settled_by, made.settled_at) == (outcome, note, world.rosa.user, LATER)
    assert asked_of(world.helen.user, at=LATER).promises == []


@pytest.mark.parametrize(
    ("outcome", "message"), [("broken", "Say why"), ("withdrawn", "Say why"), ("forgotten", "Choose"), ("", "Choose")]
)
def test_a_promise_that_is_not_kept_has_a_reason(world, ticket, outcome, message):
    made = promise(ticket, world.helen.user)
    refused(message, ticket.settle_promise, promise=made, outcome=outcome, note=" ", by=None)


def test_a_promise_is_settled_once(world, ticket):
    made = promise(ticket, world.helen.user)
    ticket.settle_promise(promise=made, outcome="kept", note="", by=None, at=LATER)
    refused("written down already", ticket.settle_promise, promise=made, outcome="kept", note="", by=None)


def test_a_promise_outlives_its_ticket(world, client, ticket):
    made = promise(ticket, world.helen.user)
    ticket.close(outcome="no_action", summary="x", by=None, at=LATER)
    assert [row.pk for row in asked_of(world.helen.user, at=LATER).promises] == [made.pk]
    client.force_login(world.helen.user)
    version = Ticket.objects.get().version
    words = {"version": version, "promise": made.pk, "promise_became": "kept"}
    assert client.post(f"/tickets/{ticket.public_id}/promise-outcomes", words).status_code == 302
    assert Promise.objects.get().outcome == "kept"


# --- steps of others -------------------------------------------------------------------------------------------------


def ask(ticket, to, by, what="Ask the card office.") -> FollowUp:
    return ticket.ask_follow_up(to=to, what=what, due_on=FRIDAY, by=by, at=LATER)


def test_a_step_stands_on_the_list_of_who_is_asked(world, ticket):
    step = ask(ticket, world.elsa, world.helen.user)
    assert [row.pk for row in asked_of(world.elsa.user, at=LATER).follow_ups] == [step.pk]
    assert asked_of(world.helen.user, at=LATER).follow_ups == []


def test_who_is_asked_settles_it_without_seeing_the_ticket(world, client, ticket):
    step = ask(ticket, world.elsa, world.helen.user)
    client.force_login(world.elsa.user)
    assert client.get(f"/tickets/{ticket.public_id}/").status_code == 404
    page = client.get(f"/tickets/steps/{step.public_id}/").content.decode()
    assert "Ask the card office." in page
    assert f"/tickets/{ticket.public_id}/" not in page
    words = {"version": Ticket.objects.get().version, "follow_up": step.pk, "step_became": "done", "step_note": "Old."}
    assert client.post(f"/tickets/steps/{step.public_id}/", words).status_code == 302
    step.refresh_from_db()
    assert (step.outcome, step.note, step.settled_by) == ("done", "Old.", world.elsa.user)
    assert "Done" in client.get(f"/tickets/steps/{step.public_id}/").content.decode()


def test_a_step_is_nobody_elses_to_see(world, client, ticket):
    step = ask(ticket, world.helen, world.rosa.user)
    client.force_login(world.elsa.user)
    assert client.get(f"/tickets/steps/{step.public_id}/").status_code == 404
    assert client.post(f"/tickets/steps/{step.public_id}/", {"step_became": "done"}).status_code == 404
    assert FollowUp.objects.get().outcome == ""


def test_a_step_is_handed_on_and_due_as_before(world, ticket):
    step = ask(ticket, world.elsa, world.helen.user)
    ticket.settle_follow_up(follow_up=step, outcome="handed_on", to=world.jonas, by=world.elsa.user, at=LATER)
    first, second = FollowUp.objects.order_by("pk")
    assert (first.outcome, second.to, second.what, second.due_at, second.outcome) == (
        "handed_on", world.jonas, step.what, step.due_at, "",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("said", "message"),
    [
        ({"outcome": "handed_on"}, "to whom"),
        ({"outcome": "done", "to": "jonas"}, "to whom"),
        ({"outcome": "not_needed"}, "Say why"),
        ({"outcome": "x"}, "Choose"),
        ({"outcome": "handed_on", "to": "elsa"}, "asked for it already"),
    ],
)
def test_what_became_of_a_step_is_said_whole(world, ticket, said, message):
    step = ask(ticket, world.elsa, world.helen.user)
    whom = {"to": getattr(world, said["to"])} if "to" in said else {}
    refused(message, ticket.settle_follow_up, follow_up=step, by=None, **{**said, **whom})


def test_nobody_who_left_is_asked(world, ticket):
    world.jonas.left_on = NOW.date()
    refused("no longer works here", ticket.ask_follow_up, to=world.jonas, what="x", due_on=FRIDAY, by=None)


# --- closing ---------------------------------------------------------------------------------------------------------


def reach(ticket) -> None:
    ticket.record_attempt(outcome="reached", note="", by=None, at=LATER)


def test_open_steps_are_settled_or_go_on_without_the_ticket(world, ticket):
    step = ask(ticket, world.elsa, world.helen.user)
    with pytest.raises(TicketRefused, match=r"still open \(Elsa: Ask the card office\.\)"):
        ticket.close(outcome="no_action", summary="x", by=None, at=LATER)
    ticket.close(outcome="no_action", summary="x", steps_go_on=True, by=None, at=LATER)
    assert Event.objects.about(ticket).first().data["go_on"] == [step.pk]
    assert [row.pk for row in asked_of(world.elsa.user, at=LATER).follow_ups] == [step.pk]


def test_a_policy_asks_for_cause_action_and_cost(world, ticket):
    ServicePolicy.objects.update(close_needs_cause=True, close_needs_action=True, close_needs_cost=True)
    ticket = Ticket.objects.get()
    reach(ticket)
    with pytest.raises(TicketRefused) as refusal:
        ticket.close(outcome="resolved", summary="", by=None, at=LATER)
    assert refusal.value.message == (
        "Record the root cause first. Record what was done first. Say what it cost first, even if nothing."
    )
    ticket.record_finding(learned="x", root_cause=RootCause.objects.get(code="wait"), by=None, at=LATER)
    ticket.record_action(done="Sorry", currency="EUR", by=None, at=LATER)
    with pytest.raises(TicketRefused, match="Say what it cost first"):
        ticket.close(outcome="resolved", summary="", by=None, at=LATER)
    ticket.record_action(done="Fee", cost=Decimal(0), currency="EUR", by=None, at=LATER)
    ticket.close(outcome="resolved", summary="", by=None, at=LATER)
    assert not Ticket.objects.get().is_open


def test_what_needs_no_action_needs_no_cause(ticket):
    ServicePolicy.objects.update(close_needs_cause=True)
    Ticket.objects.get().close(outcome="no_action", summary="A test.", by=None, at=LATER)
    assert not Ticket.objects.get().is_open


# --- where it is read ------------------------------------------------------------------------------------------------


def test_the_page_shows_promises_of_earlier_tickets_of_the_person(world, client, ticket):
    promise(ticket, world.helen.user)
    ticket.close(outcome="no_action", summary="x", by=None, at=LATER)
    later = NOW + timedelta(days=30)
    again = make.ticket(make.answer(crm.interaction(kind=world.visit, customer=world.ines, unit=world.harbour),
                                    answered_at=later), at=later)  # fmt: skip
    client.force_login(world.helen.user)
    page = client.get(f"/tickets/{again.public_id}/").content.decode()
    assert "The card is there by Friday." in page


def test_the_card_says_what_was_promised(world, client, ticket):
    promise(ticket, world.helen.user)
    client.force_login(world.helen.user)
    page = client.get(f"/customers/{world.ines.reference}/card/", follow=True).content.decode()
    assert "The card is there by Friday." in page


def test_the_work_list_shows_what_is_asked(world, client, ticket):
    promise(ticket, world.helen.user)
    ask(ticket, world.helen, world.rosa.user)
    client.force_login(world.helen.user)
    page = client.get("/tickets/").content.decode()
    for words in ("Asked of you", "Promised to Ines Moreau: The card is there by Friday.", "Ask the card office."):
        assert words in page
    assert "Asked of you" not in client.get("/tickets/", {"tab": "team"}).content.decode()


@pytest.mark.parametrize(
    ("step", "said", "wrong"),
    [
        ("promises", {"what": "x"}, "due_on"),
        ("promises", {"what": "", "due_on": "2099-01-01"}, "what"),
        ("promises", {"what": "x", "due_on": "Friday"}, "due_on"),
        ("promise-outcomes", {"promise": "3f6c1f0e-5a41-4c7b-9d0a-6f0c9f0b7a11", "outcome": "kept"}, "promise"),
        ("follow-ups", {"to": "nobody", "what": "x", "due_on": "2099-01-01"}, "to"),
        ("follow-up-outcomes", {"follow_up": "x", "outcome": "done"}, "follow_up"),
    ],
)
def test_what_cannot_be_read_over_the_api_is_named(world, ticket, step, said, wrong):
    answer = Caller(world.crm_secret).post(f"/tickets/{ticket.public_id}/{step}", {"version": 1, **said})
    assert (answer.status_code, [field for _, field in errors(answer)]) == (422, [wrong])
    assert Ticket.objects.get().version == 1
