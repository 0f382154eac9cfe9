"""From an answer to alerts and a ticket."""

from datetime import UTC, datetime, timedelta

import pytest

from closedloop.models import Alert, AlertRule, ContactAttempt, CustomerSignal, Ticket
from closedloop.services.raising import raise_signals
from closedloop.services.screening import screen
from closedloop.services.starting import set_up_defaults
from common.models import Event
from crm.models import Hold
from tests.factories import closedloop as make
from tests.factories import crm
from tests.world import NOW


@pytest.fixture
def rules(db):
    set_up_defaults()


def test_a_detractor_leaves_a_signal_an_alert_and_a_ticket(world, rules):
    make.answer(world.interaction, score=2, comment="I waited an hour.")
    make.listen()
    ticket = Ticket.objects.get()
    assert (ticket.customer, ticket.unit, ticket.owner) == (world.ines, world.harbour, world.helen)
    assert Alert.objects.get().rule.code == "detractor"
    assert CustomerSignal.objects.get().screened_at == NOW


def test_a_promoter_leaves_a_signal_only(world, rules):
    make.answer(world.interaction, score=9)
    make.listen()
    assert CustomerSignal.objects.count() == 1
    assert not Alert.objects.exists()
    assert not Ticket.objects.exists()


def test_the_due_time_is_eight_open_hours_away(world, rules):
    make.answer(world.interaction)
    make.listen(at=NOW)  # Tuesday 10:00, open 9 to 17
    assert Ticket.objects.get().due_at == datetime(2026, 11, 25, 10, 0, tzinfo=UTC)


def test_the_first_request_is_due_with_the_ticket(world, rules):
    make.answer(world.interaction)
    make.listen()
    attempt = ContactAttempt.objects.get()
    assert (attempt.number, attempt.outcome, attempt.due_at) == (1, "", attempt.ticket.due_at)


def test_the_customer_is_not_surveyed_while_the_ticket_is_open(world, rules):
    make.answer(world.interaction)
    make.listen()
    hold = Hold.objects.get()
    assert (hold.customer, hold.kind, hold.released_at) == (world.ines, "open_ticket", None)


def test_a_change_of_mind_is_an_alert_without_a_ticket(world, rules):
    make.answer(world.interaction, score=9, answered_at=NOW - timedelta(days=100))
    make.answer(world.interaction, score=7)
    make.listen()
    assert [alert.rule.code for alert in Alert.objects.all()] == ["moved"]
    assert not Ticket.objects.exists()


def test_later_words_update_the_same_alert_and_the_brief(world, rules):
    response = make.answer(world.interaction)
    make.listen()
    Alert.objects.update(dispatched_at=NOW)
    make.revise(response, comment="Nobody rang me back.")
    make.listen(at=NOW + timedelta(minutes=1))
    alert = Alert.objects.get()
    assert (alert.signal.revision, alert.updated_at, alert.dispatched_at) == (2, NOW + timedelta(minutes=1), NOW)
    assert alert.ticket.brief["answer"]["words"] == "Nobody rang me back."
    assert alert.ticket.ticket_signals.count() == 2


def test_another_category_is_told_again(world, rules):
    response = make.answer(world.interaction, score=2)
    make.listen()
    Alert.objects.update(dispatched_at=NOW)
    make.revise(response, score=9)
    make.listen()
    assert Alert.objects.get(rule__code="detractor").dispatched_at is None


def test_a_wish_to_be_called_is_told_again_and_makes_it_sooner(world, rules):
    response = make.answer(world.interaction)
    make.listen()
    make.revise(response, callback=True)
    make.listen()
    ticket = Ticket.objects.get()
    assert ticket.due_at == datetime(2026, 11, 24, 14, 0, tzinfo=UTC)
    assert ticket.waiting_attempt.due_at == ticket.due_at
    assert set(Alert.objects.values_list("rule__code", "ticket")) == {("detractor", ticket.pk), ("callback", ticket.pk)}


def test_a_later_signal_never_moves_the_due_time_later(world, rules):
    make.answer(world.interaction)
    make.listen()
    due = Ticket.objects.get().due_at
    make.answer(crm.interaction(kind=world.visit, customer=world.ines, unit=world.harbour), score=1)
    make.listen(at=NOW + timedelta(hours=5))
    assert Ticket.objects.get().due_at == due
    assert Ticket.objects.get().ticket_signals.count() == 2


def test_an_edit_after_closing_does_not_open_another_ticket(world, rules):
    response = make.answer(world.interaction)
    make.listen()
    ticket = Ticket.objects.get()
    ticket.close(outcome="no_action", summary="Known already.", by=None, at=NOW)
    make.revise(response, comment="One more thing.")
    make.listen()
    assert Ticket.objects.get() == ticket


def test_a_new_wish_to_be_called_after_closing_opens_another_ticket(world, rules):
    response = make.answer(world.interaction)
    make.listen()
    Ticket.objects.get().close(outcome="no_action", summary="Known already.", by=None, at=NOW)
    make.revise(response, callback=True)
    make.listen()
    assert Ticket.objects.open().get().rule.code == "callback"
    assert {alert.ticket for alert in Alert.objects.all()} == {Ticket.objects.open().get()}


@pytest.fixture
def called(world, rules):
    """Ines gave 7 and asked to be called; she was, and the ticket is closed."""
    response = make.answer(world.interaction, score=7, callback=True)
    make.wish(response, phone="+442079460111")
    make.listen()
    ticket = Ticket.objects.get()
    ticket.record_attempt(outcome="reached", note="", by=None, at=NOW)
    ticket.close(outcome="resolved", summary="", by=None, at=NOW)
    return response


@pytest.mark.parametrize(
    ("change", "opens"),
    [
        ({"score": 9}, False),
        ({"score": 8}, False),
        ({"score": 2}, True),
        ({"callback": False}, False),
        ({"comment": "One more thing."}, False),
    ],
)
def test_after_a_call_only_a_worse_category_opens_another_ticket(called, change, opens):
    make.revise(called, **change)
    make.listen()
    assert Ticket.objects.open().exists() == opens
    assert {alert.signal.revision for alert in Alert.objects.all()} == {2}


@pytest.mark.parametrize(
    ("phone", "time", "opens"),
    [("+442079460111", "", False), ("+442079460222", "", True), ("+442079460111", "evening", True)],
)
def test_after_a_call_a_number_or_time_given_anew_opens_another_ticket(called, phone, time, opens):
    make.wish(make.revise(called), phone=phone, time=time)
    make.listen()
    assert Ticket.objects.open().exists() == opens


def test_a_wish_taken_back_and_renewed_opens_another_ticket(called):
    for wanted in (False, True):
        make.revise(called, callback=wanted)
        make.listen()
    assert Ticket.objects.open().count() == 1


def test_merged_customers_share_one_ticket(world, rules):
    twin = crm.customer(given_name="Inés", canonical=world.ines)
    make.answer(world.interaction)
    make.answer(crm.interaction(kind=world.visit, customer=twin, unit=world.harbour), score=0)
    make.listen()
    assert Ticket.objects.get().customer == world.ines
    assert Ticket.objects.get().ticket_signals.count() == 2


def test_people_merged_after_the_ticket_opened_still_share_it(world, rules):
    twin = crm.customer(given_name="Inés")
    make.answer(crm.interaction(kind=world.visit, customer=twin, unit=world.harbour))
    make.listen()
    twin.canonical = world.ines
    twin.save()
    make.answer(world.interaction, score=0)
    make.listen()
    assert Ticket.objects.get().ticket_signals.count() == 2


NUMBER = {"customer": None, "callback": True, "callback_phone": "+442079460999"}


def test_nobody_to_reach_is_an_alert_without_a_ticket(world, rules):
    make.answer(world.interaction, customer=None)
    make.listen()
    assert Alert.objects.get().ticket is None
    assert not Ticket.objects.exists()


def test_a_number_left_later_opens_the_ticket_then(world, rules):
    response = make.answer(world.interaction, customer=None)
    make.listen()
    make.revise(response, **NUMBER)
    make.listen()
    assert Ticket.objects.get().phone == "+442079460999"


def test_each_anonymous_answer_that_left_a_number_opens_its_own(world, rules):
    first = make.answer(world.interaction, **NUMBER)
    make.answer(world.interaction, **NUMBER)
    make.listen()
    make.revise(first, comment="And the door sticks.")
    make.listen()
    assert [ticket.ticket_signals.count() for ticket in Ticket.objects.order_by("origin")] == [2, 1]
    assert not Hold.objects.exists()


def test_a_branch_without_a_manager_goes_to_the_region(world, rules):
    make.answer(crm.interaction(kind=world.visit, customer=world.ines, unit=world.mill))
    make.listen()
    assert Ticket.objects.get().owner == world.rosa


def test_of_two_managers_the_lowest_id_owns(world, rules):
    crm.employee(name="Later", unit=world.harbour, role="branch")
    make.answer(world.interaction)
    make.listen()
    assert Ticket.objects.get().owner == world.helen


def test_a_manager_who_left_owns_nothing_new(world, rules):
    world.helen.left_on = NOW.date()
    world.helen.save()
    make.answer(world.interaction)
    make.listen()
    assert Ticket.objects.get().owner == world.rosa


def test_an_inactive_rule_and_a_rule_of_another_program_do_not_fire(world, rules):
    AlertRule.objects.filter(code="detractor").update(active=False)
    make.rule(program=make.Program.objects.create(code="other", name="Other"))
    make.answer(world.interaction)
    make.listen()
    assert not Alert.objects.exists()


def test_a_rule_nobody_can_read_is_switched_off_and_the_others_go_on(world, rules):
    broken = make.rule(condition={"filter": "no such", "value": 1})
    make.answer(world.interaction)
    make.listen()
    broken.refresh_from_db()
    assert not broken.active
    assert Event.objects.about(broken).get().what == "alert_rule.stopped"
    assert Ticket.objects.count() == 1


def test_screening_again_changes_nothing(world, rules):
    make.answer(world.interaction)
    make.listen()
    CustomerSignal.objects.update(screened_at=None)
    Ticket.objects.get().close(outcome="no_action", summary="Known.", by=None, at=NOW)
    make.listen()
    assert (Alert.objects.count(), Ticket.objects.count()) == (1, 1)


def test_what_happened_leaves_events(world, rules):
    make.answer(world.interaction)
    Event.objects.all().delete()  # those of setting up
    make.listen()
    assert set(Event.objects.values_list("what", flat=True)) == {"alert.raised", "ticket.opened", "customer.held"}


@pytest.mark.parametrize("number", [2, 20])
def test_screening_takes_the_same_number_of_statements_for_any_number(world, rules, django_assert_num_queries, number):
    for _ in range(number):
        stranger = crm.customer()
        make.answer(crm.interaction(kind=world.visit, customer=stranger, unit=world.harbour))
    raise_signals(at=NOW)
    with django_assert_num_queries(53):
        assert screen(at=NOW) == number
    assert Ticket.objects.open().count() == number


def test_who_praises_in_words_is_thanked_when_the_office_wants_it(world):
    """A ticket with days instead of hours, of low priority; without words there is nothing to thank for."""
    make.set_up_defaults()
    make.answer(world.interaction, score=10, comment="Jonas was splendid.")
    make.listen()
    assert not Ticket.objects.exists()
    AlertRule.objects.filter(code="praise").update(active=True)
    for score, comment in ((9, "Quick and kind."), (9, "")):
        who = crm.customer(unit=world.harbour)
        make.answer(
            crm.interaction(kind=world.visit, customer=who, unit=world.harbour, employee=world.jonas),
            score=score,
            comment=comment,
        )
    make.listen()
    ticket = Ticket.objects.select_related("policy").get()
    assert (ticket.policy.code, ticket.get_priority_display(), ticket.owner) == ("acknowledgement", "low", world.helen)
