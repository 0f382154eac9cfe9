"""What can happen to a ticket, and what is refused."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from closedloop.errors import StaleTicket, TicketRefused
from closedloop.models import Action, Closure, ContactAttempt, Finding, Handover, RootCause, Ticket
from common.models import Event
from crm.models import Consent, ContactPoint, Hold
from crm.services.contacting import add_contact_point
from tests.factories import closedloop as make
from tests.world import NOW

LATER = NOW + timedelta(hours=2)
WEDNESDAY_AFTERNOON = datetime(2026, 11, 25, 14, 0, tzinfo=UTC)  # it was noon


def everything() -> list:
    """All that a verb may change."""
    models = (Ticket, ContactAttempt, Finding, Action, Closure, Handover, Hold, Event)
    return [list(model.objects.order_by("pk").values()) for model in models]


def refused(message: str, verb, **arguments) -> None:
    before = everything()
    with pytest.raises(TicketRefused, match=message):
        verb(at=LATER, **arguments)
    assert everything() == before


def reach(ticket, by=None) -> None:
    ticket.record_attempt(outcome="reached", note="", by=by, at=LATER)


def test_no_reach_opens_the_next_request_on_the_next_working_day(world, ticket):
    ticket.record_attempt(outcome="no_answer", note="Rang eight times.", by=world.helen.user, at=LATER)
    first, second = ticket.attempts.order_by("number")
    assert (first.outcome, first.made_at, first.by, first.note) == (
        "no_answer", LATER, world.helen.user, "Rang eight times.",
    )  # fmt: skip
    assert (second.outcome, second.due_at) == ("", WEDNESDAY_AFTERNOON)
    assert ticket.due_at == WEDNESDAY_AFTERNOON


def test_no_reach_on_friday_waits_until_monday(ticket):
    ticket.record_attempt(outcome="no_answer", note="", by=None, at=datetime(2026, 11, 27, 16, 0, tzinfo=UTC))
    assert ticket.due_at == datetime(2026, 11, 30, 9, 0, tzinfo=UTC)


def test_the_next_request_keeps_to_the_time_of_day_the_customer_likes(world):
    ticket = make.ticket(make.answer(world.interaction, callback=True, callback_time="morning"))
    ticket.record_attempt(outcome="voicemail", note="", by=None, at=LATER)
    assert ticket.due_at == datetime(2026, 11, 25, 9, 0, tzinfo=UTC)


def test_a_time_they_asked_for_wins(ticket):
    asked_for = datetime(2026, 11, 24, 19, 30, tzinfo=UTC)  # the branch is shut by then
    ticket.record_attempt(outcome="later", note="In a meeting.", asked_for=asked_for, by=None, at=LATER)
    first, second = ticket.attempts.order_by("number")
    assert (first.asked_for, second.due_at, ticket.due_at) == (asked_for, asked_for, asked_for)


@pytest.mark.parametrize(
    ("outcome", "asked_for", "message"),
    [
        ("later", None, "Say when"),
        ("busy", LATER + timedelta(hours=1), "a time goes with"),
        ("later", LATER, "a time to come"),
        ("later", LATER + timedelta(days=91), "within 90 days"),
        ("cancelled", None, "Choose how it went"),
    ],
)
def test_an_attempt_that_makes_no_sense_is_refused(ticket, outcome, asked_for, message):
    refused(message, ticket.record_attempt, outcome=outcome, asked_for=asked_for, note="", by=None)


def test_after_two_attempts_by_phone_the_next_is_by_mail(ticket):
    ticket.record_attempt(outcome="busy", note="", by=None, at=LATER)
    assert ticket.waiting_attempt.way == "phone"
    ticket.record_attempt(outcome="no_answer", note="", by=None, at=LATER + timedelta(days=1))
    assert ticket.waiting_attempt.way == "email"


def test_who_has_no_other_way_is_called_again(world, ticket):
    ContactPoint.objects.filter(customer=world.ines, channel="email").delete()
    for day in (0, 1):
        ticket.record_attempt(outcome="busy", note="", by=None, at=LATER + timedelta(days=day))
    assert ticket.waiting_attempt.way == "phone"


@pytest.mark.parametrize("outcome", ["wrong", "dead"])
def test_a_number_where_they_are_not_is_called_no_more(world, ticket, outcome):
    ticket.record_attempt(outcome=outcome, note="", by=world.helen.user, at=LATER)
    point = ContactPoint.objects.get(customer=world.ines, channel="phone")
    assert (point.unusable_since, point.unusable_by) == (LATER, world.helen.user)
    assert (ticket.phone, ticket.waiting_attempt.way) == ("", "email")


def test_after_a_wrong_number_the_next_one_we_know_is_called(world, ticket):
    add_contact_point(customer=world.ines, channel="phone", address="+442079460999", at=NOW)
    ticket.record_attempt(outcome="wrong", note="", by=None, at=LATER)
    assert (ticket.phone, ticket.waiting_attempt.way) == ("+442079460999", "phone")


def test_a_number_left_with_the_answer_stays_struck_when_she_says_more(world):
    answer = make.answer(world.interaction, callback=True, callback_phone="+442079460123")
    ticket = make.ticket(answer)
    ticket.record_attempt(outcome="wrong", note="", by=None, at=LATER)
    make.answer(world.interaction, score=1, answered_at=LATER + timedelta(hours=1))
    make.listen(LATER + timedelta(hours=2))
    ticket.refresh_from_db()
    assert ticket.phone == "+442079460471"  # the one on file


def test_a_refusal_ends_the_attempts_and_is_kept(world, ticket):
    ticket.record_attempt(outcome="refused", note="Leave me alone.", by=world.helen.user, at=LATER)
    assert (ticket.waiting_attempt, ticket.do_not_call, ticket.phone) == (None, True, "")
    said = Consent.objects.get(customer=world.ines, channel="phone", purpose="callback")
    assert (said.granted, said.at, said.evidence) == (False, LATER, f"ticket {ticket.pk}")
    refused("nobody tries again", ticket.record_attempt, outcome="busy", note="", by=None)


def test_a_refusal_outlasts_later_answers_that_say_nothing_of_it(world, ticket):
    ticket.record_attempt(outcome="refused", note="", by=None, at=LATER)
    make.answer(world.interaction, score=1, answered_at=LATER - timedelta(hours=1))
    make.listen(LATER + timedelta(hours=1))
    ticket.refresh_from_db()
    assert ticket.do_not_call


def test_who_refused_was_spoken_to_so_the_ticket_is_not_closed_as_unreached(ticket):
    for day in range(3):
        ticket.record_attempt(outcome="busy", note="", by=None, at=NOW + timedelta(days=day))
    ticket.record_attempt(outcome="written", note="Dear Ines", by=None, at=NOW + timedelta(days=3))
    ticket.record_attempt(outcome="refused", note="", by=None, at=NOW + timedelta(days=3))
    with pytest.raises(TicketRefused, match="was reached"):
        ticket.close(outcome="unreached", summary="", by=None, at=NOW + timedelta(days=3))
    ticket.close(outcome="unresolved", summary="", by=None, at=NOW + timedelta(days=3))
    assert ticket.closure.outcome == "unresolved"


def test_reaching_the_customer_leaves_no_request_and_the_time_by_which_to_settle(ticket):
    reach(ticket)
    assert ticket.waiting_attempt is None
    assert ticket.due_at == datetime(2026, 12, 1, 10, tzinfo=UTC)  # forty open hours after it was opened


def test_another_call_after_a_reach_is_an_attempt_of_its_own(ticket):
    reach(ticket)
    ticket.record_attempt(outcome="no_answer", note="", by=None, at=LATER)
    assert list(ticket.attempts.order_by("number").values_list("outcome", flat=True)) == ["reached", "no_answer", ""]


def test_a_finding_holds_what_was_learned_and_the_cause(world, ticket):
    cause = RootCause.objects.get(code="wait")
    ticket.record_finding(learned="  Two windows were shut.\x00 ", root_cause=cause, by=world.helen.user, at=LATER)
    finding = ticket.findings.get()
    assert (finding.learned, finding.root_cause, finding.by) == ("Two windows were shut.", cause, world.helen.user)


def test_an_empty_finding_is_refused(ticket):
    refused("Say what was learned", ticket.record_finding, learned=" \x00", by=None)


def test_an_action_holds_its_cost(ticket):
    ticket.record_action(done="Fee back", cost=Decimal("25.5"), currency="gbp", by=None, at=LATER)
    action = ticket.actions.get()
    assert (action.done, action.cost, action.currency) == ("Fee back", Decimal("25.50"), "GBP")


@pytest.mark.parametrize(
    ("cost", "currency", "message"),
    [
        (Decimal(-1), "EUR", "zero or more"),
        (Decimal("1.001"), "EUR", "two decimal places"),
        (Decimal("NaN"), "EUR", "amount"),
        (Decimal("Infinity"), "EUR", "amount"),
        (Decimal("1E+20"), "EUR", "amount"),
        (Decimal(1), "XYZ", "currency"),
    ],
)
def test_a_cost_that_is_none_is_refused(ticket, cost, currency, message):
    refused(message, ticket.record_action, done="Fee back", cost=cost, currency=currency, by=None)


def test_handing_over_changes_the_owner_and_not_the_due_time(world, ticket):
    due = ticket.due_at
    ticket.assign(to=world.jonas, why="He knows her.", by=world.helen.user, at=LATER)
    assert (ticket.owner, ticket.due_at) == (world.jonas, due)
    assert ticket.handovers.get(opening=False).why == "He knows her."


def test_handing_over_to_the_owner_is_refused(world, ticket):
    refused("already owns", ticket.assign, to=world.helen, why="", by=None)


def test_handing_over_to_somebody_who_left_is_refused(world, ticket):
    world.jonas.left_on = NOW.date()
    refused("no longer works here", ticket.assign, to=world.jonas, why="", by=None)


def test_closing_after_a_reach_ends_the_request_and_the_hold(world, ticket):
    reach(ticket)
    ticket.close(outcome="resolved", summary="Card came.", by=world.helen.user, at=LATER)
    closure = ticket.closure
    assert (closure.outcome, closure.summary, closure.by) == ("resolved", "Card came.", world.helen.user)
    assert not Ticket.objects.open().exists()
    assert Hold.objects.get().released_at == LATER


def test_closing_without_need_of_action_cancels_the_waiting_request(ticket):
    ticket.close(outcome="no_action", summary="A test answer of ours.", by=None, at=LATER)
    attempt = ticket.attempts.get()
    assert (attempt.outcome, attempt.made_at) == ("cancelled", LATER)


@pytest.mark.parametrize(
    ("outcome", "message"),
    [
        ("resolved", "reached before you close"),
        ("unresolved", "reached before you close"),
        ("unreached", "only after 3 attempts; 0 so far"),
        ("no_action", "Say why"),
        ("forgotten", "Choose what came of it"),
    ],
)
def test_closing_too_early_is_refused(ticket, outcome, message):
    refused(message, ticket.close, outcome=outcome, summary="", by=None)


@pytest.mark.parametrize("outcome", ["unresolved", "no_action"])
def test_who_does_not_want_to_be_called_needs_no_attempt_to_close(world, outcome):
    ticket = make.ticket(make.answer(world.interaction, callback=False))
    ticket.close(outcome=outcome, summary="The fee is explained on the slip now.", by=None, at=LATER)
    assert ticket.closure.outcome == outcome


@pytest.mark.parametrize("outcome", ["resolved", "unreached"])
def test_nothing_is_put_right_with_somebody_nobody_spoke_to(world, outcome):
    ticket = make.ticket(make.answer(world.interaction, callback=False))
    refused("reached|only after 3 attempts", ticket.close, outcome=outcome, summary="", by=None)


def test_closing_as_not_reached_takes_the_attempts_of_the_policy(ticket):
    for day in range(3):
        ticket.record_attempt(outcome="no_answer", note="", by=None, at=NOW + timedelta(days=day))
    assert ticket.waiting_attempt.way == "letter"
    with pytest.raises(TicketRefused, match="only after a written note"):
        ticket.close(outcome="unreached", summary="", by=None, at=NOW + timedelta(days=3))
    ticket.record_attempt(outcome="written", note="We tried to call you.", by=None, at=NOW + timedelta(days=3))
    assert (ticket.waiting_attempt, ticket.attempts.latest("number").way) == (None, "letter")
    ticket.close(outcome="unreached", summary="", by=None, at=NOW + timedelta(days=3))
    assert ticket.closure.outcome == "unreached"


def test_a_written_note_follows_the_attempts_and_keeps_its_words(ticket):
    refused("follows 3 attempts", ticket.record_attempt, outcome="written", note="Dear Ines", by=None)
    for _ in range(3):
        ticket.record_attempt(outcome="busy", note="", by=None, at=LATER)
    refused("Keep what you wrote", ticket.record_attempt, outcome="written", note=" ", by=None)


def test_no_note_is_written_to_who_was_reached(ticket):
    for outcome in ("busy", "busy", "reached"):
        ticket.record_attempt(outcome=outcome, note="", by=None, at=LATER)
    refused("follows 3 attempts", ticket.record_attempt, outcome="written", note="Dear Ines", by=None)


def test_after_the_note_somebody_may_still_call(ticket):
    for _ in range(3):
        ticket.record_attempt(outcome="busy", note="", by=None, at=LATER)
    ticket.record_attempt(outcome="written", note="Dear Ines", by=None, at=LATER)
    ticket.record_attempt(outcome="voicemail", note="", by=None, at=LATER)
    assert ticket.waiting_attempt.way in ("phone", "email")


def test_who_was_reached_cannot_be_closed_as_not_reached(ticket):
    reach(ticket)
    refused("was reached", ticket.close, outcome="unreached", summary="", by=None)


def test_a_closed_ticket_takes_nothing_but_reopening(world, ticket):
    ticket.close(outcome="no_action", summary="Known.", by=None, at=NOW)
    refused("is closed", ticket.record_attempt, outcome="reached", note="", by=None)
    refused("is closed", ticket.record_finding, learned="x", by=None)
    refused("is closed", ticket.record_action, done="x", currency="EUR", by=None)
    refused("is closed", ticket.assign, to=world.jonas, why="", by=None)
    refused("is closed", ticket.close, outcome="no_action", summary="Again", by=None)


def test_reopening_ends_the_closure_and_asks_for_a_new_call(world, ticket):
    ticket.close(outcome="no_action", summary="Known.", by=None, at=NOW)
    ticket.reopen(why="She rang again.", by=world.helen.user, at=LATER)
    assert ticket.closure is None
    assert ticket.closures.get().reopened_why == "She rang again."
    assert (ticket.is_open, ticket.waiting_attempt.number, ticket.due_at) == (True, 2, LATER + timedelta(days=1))
    assert Hold.objects.filter(released_at__isnull=True).count() == 1


def test_attempts_before_a_reopening_do_not_count_toward_not_reached(ticket):
    reach(ticket)
    ticket.close(outcome="resolved", summary="", by=None, at=LATER)
    ticket.reopen(why="It came back.", by=None, at=LATER)
    refused("0 so far", ticket.close, outcome="unreached", summary="", by=None)


def test_reopening_an_open_ticket_is_refused(ticket):
    refused("open already", ticket.reopen, why="Why not", by=None)


def test_reopening_is_refused_while_the_customer_has_another_open_ticket(world, ticket):
    ticket.close(outcome="no_action", summary="Known.", by=None, at=NOW)
    make.answer(world.interaction, score=0)
    make.listen()
    refused("another open ticket", ticket.reopen, why="She rang again.", by=None)


def test_a_verb_on_an_older_version_is_refused(ticket):
    seen = ticket.version
    Ticket.objects.get().record_finding(learned="Somebody else was here.", by=None, at=NOW)
    before = everything()
    with pytest.raises(StaleTicket):
        ticket.record_attempt(outcome="reached", note="", by=None, at=LATER, expected_version=seen)
    assert everything() == before


def test_every_verb_counts_the_version_up_and_leaves_one_event(world, ticket):
    by = world.helen.user
    ticket.record_attempt(outcome="reached", note="", by=by, at=LATER)
    ticket.record_finding(learned="x", by=by, at=LATER)
    ticket.record_action(done="x", currency="EUR", by=by, at=LATER)
    ticket.assign(to=world.jonas, why="", by=by, at=LATER)
    ticket.close(outcome="resolved", summary="", by=by, at=LATER)
    ticket.reopen(why="x", by=by, at=LATER)
    events = Event.objects.about(ticket).filter(by=by).order_by("id").values_list("what", flat=True)
    assert ticket.version == 7
    assert list(events) == [
        "ticket.attempt_recorded", "ticket.finding_recorded", "ticket.action_recorded", "ticket.handed_over",
        "ticket.closed", "ticket.reopened",
    ]  # fmt: skip


def test_a_step_by_a_system_names_its_key_and_no_person(world, ticket):
    reach(ticket, by=world.crm_key)
    event = Event.objects.get(what="ticket.attempt_recorded")
    assert (event.by, event.data["via"]) == (None, f"apikey:{world.crm_key.pk}")


def test_overdue_and_due_today_go_by_the_ticket_s_own_place(world, ticket):
    assert not Ticket.objects.due_today(NOW).exists()
    assert Ticket.objects.due_today(datetime(2026, 11, 25, 0, 30, tzinfo=UTC)).exists()
    assert not Ticket.objects.overdue(ticket.due_at).exists()
    assert Ticket.objects.overdue(ticket.due_at + timedelta(seconds=1)).exists()
    world.harbour.zone = "Pacific/Auckland"  # there it is Wednesday already at 13:00 UTC on Tuesday
    world.harbour.save()
    assert Ticket.objects.due_today(datetime(2026, 11, 24, 13, 0, tzinfo=UTC)).exists()


def test_the_owner_and_who_sees_the_unit_see_the_ticket_and_nobody_else(world, ticket):
    ticket.assign(to=world.jonas, why="", by=None, at=NOW)
    for person, seen in ((world.helen, 1), (world.rosa, 1), (world.jonas, 1), (world.elsa, 0)):
        assert Ticket.objects.visible_to(person.user, "closedloop.change_ticket").count() == seen


def test_several_verbs_of_who_has_the_ticket_in_hand_read_it_once(ticket):
    Ticket.objects.filter(pk=ticket.pk).update(version=7)  # somebody else was at it
    with ticket.in_hand():
        reach(ticket)
        with pytest.raises(TicketRefused):
            ticket.record_finding(learned=" ", by=None, at=LATER)
        ticket.record_finding(learned="Slow.", by=None, at=LATER)
        ticket.close(outcome="resolved", summary="", by=None, at=LATER)
    stored = Ticket.objects.get(pk=ticket.pk)
    assert (ticket.version, stored.version, stored.is_open) == (10, 10, False)
    assert list(Finding.objects.values_list("learned", flat=True)) == ["Slow."]


def test_what_others_did_in_between_is_seen_by_the_next_verb_without_it_in_hand(ticket):
    with ticket.in_hand():
        reach(ticket)
    Ticket.objects.get(pk=ticket.pk).close(outcome="resolved", summary="", by=None, at=LATER)
    refused("This ticket is closed", ticket.record_finding, learned="Slow.", by=None)
