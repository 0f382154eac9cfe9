"""Studies of recovery: who is held out of calls by lot, who is called all the same, and who is asked again when."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError

from closedloop.models import Alert, Raising, RecoveryDraw, SecondAsk, Ticket
from closedloop.services.asking_again import ask_studied
from closedloop.services.holding_out import replay
from closedloop.services.releasing import release, release_due
from closedloop.services.starting import set_up_defaults
from common.models import Event
from crm.services.holding import hold
from surveys.models import Decision, Invitation, Program, Turn
from surveys.sampling import draw
from surveys.services.triggering.running import run_trigger
from tests.factories import closedloop as make
from tests.factories import crm
from tests.factories import surveys as ask
from tests.world import NOW

LATER = NOW + timedelta(days=3)


@pytest.fixture(autouse=True)
def rules(db):
    set_up_defaults()


@pytest.fixture
def held(world):
    """Ines scored 2, and the lot holds her out."""
    response = make.answer(world.interaction, score=2)
    make.study(of=response, held_out=True)
    make.listen()
    return response


def test_who_is_held_out_has_a_draw_and_no_ticket(world, held):
    lot = RecoveryDraw.objects.get()
    assert (lot.customer, lot.arm, lot.probability, lot.unit) == (
        world.ines, "held_out", Decimal("0.500"), world.harbour,
    )  # fmt: skip
    assert lot.held_until == NOW + timedelta(days=180)
    assert lot.draw == draw(lot.study.seed, "autumn", f"answer:{held.pk}")
    assert not Ticket.objects.exists()
    assert not Event.objects.filter(what="ticket.opened").exists()


def test_nobody_is_told_of_who_is_held_out_and_the_alert_says_why(world, held):
    alert, raising = Alert.objects.get(), Raising.objects.get()
    assert (alert.ticket, alert.dispatched_at) == (None, NOW)
    assert (raising.state, raising.why) == ("suppressed", "held_out")


def test_who_is_not_held_out_is_called_like_anybody(world):
    response = make.answer(world.interaction, score=2)
    make.study(of=response, held_out=False)
    make.listen()
    lot = RecoveryDraw.objects.get()
    assert (lot.arm, lot.held_until, lot.probability) == ("called", None, Decimal("0.500"))
    assert Ticket.objects.get().customer == world.ines


@pytest.mark.parametrize(
    ("said", "of_answer"),
    [
        ({}, {"callback": True}),
        ({}, {"comment": "My solicitor will write to you."}),
        ({"exclude": {"filter": "score__lte", "value": 2}}, {}),
        ({"condition": {"filter": "score__gte", "value": 3}}, {}),
        ({"since": NOW + timedelta(days=1)}, {}),
        ({"until": NOW}, {}),
        ({"stopped_at": NOW}, {}),
    ],
)
def test_the_lot_does_not_decide_about_everybody(world, said, of_answer):
    response = make.answer(world.interaction, score=2, **of_answer)
    make.study(of=response, held_out=True, **said)
    make.listen()
    assert not RecoveryDraw.objects.exists()
    assert Ticket.objects.exists()


def test_a_complaint_is_not_left_to_the_lot(world):
    hold(customer=world.ines, cause="complaint:1", kind="complaint", at=NOW)
    response = make.answer(world.interaction, score=2)
    make.study(of=response, held_out=True)
    make.listen()
    assert not RecoveryDraw.objects.exists()
    assert Ticket.objects.exists()


def test_a_study_of_another_rule_leaves_the_call_alone(world):
    response = make.answer(world.interaction, score=2)
    make.study(of=response, held_out=True, rule=make.rule(code="other", active=False))
    make.listen()
    assert Ticket.objects.exists()


def test_an_unreadable_condition_holds_nobody_out(world):
    response = make.answer(world.interaction, score=2)
    make.study(of=response, held_out=True, condition={"filter": "mood", "value": 3})
    make.listen()
    assert Ticket.objects.exists()


def test_who_has_an_open_ticket_is_not_drawn(world):
    make.answer(world.interaction, score=2)
    make.listen()
    response = make.answer(crm.interaction(kind=world.visit, customer=world.ines, unit=world.harbour), score=1)
    make.study(of=response, held_out=True)
    make.listen()
    assert not RecoveryDraw.objects.exists()
    assert Ticket.objects.get().ticket_signals.count() == 2


def test_later_words_without_a_reason_change_nothing(world, held):
    make.revise(held, comment="It took an hour.")
    make.listen(LATER)
    assert not Ticket.objects.exists()
    assert RecoveryDraw.objects.get().released_at is None


@pytest.mark.parametrize(
    ("words", "why"),
    [({"comment": "I will call the ombudsman."}, "words"), ({"callback": True}, "wish")],
)
def test_a_later_reason_opens_the_ticket_that_was_held_back(world, held, words, why):
    make.revise(held, **words)
    make.listen(LATER)
    lot, ticket = RecoveryDraw.objects.get(), Ticket.objects.get()
    assert (lot.arm, lot.released_at, lot.released_why) == ("held_out", LATER, why)
    assert (ticket.opened_at, ticket.ticket_signals.count(), ticket.rule.code) == (LATER, 2, "detractor")
    assert set(Alert.objects.values_list("ticket", "dispatched_at")) == {(ticket.pk, None)}


def test_another_bad_answer_is_a_reason_to_call(world, held):
    make.answer(crm.interaction(kind=world.visit, customer=world.ines, unit=world.harbour), score=1)
    make.listen(LATER)
    assert RecoveryDraw.objects.get().released_why == "again"
    assert Ticket.objects.get().ticket_signals.count() == 2


def test_a_good_answer_is_none(world, held):
    make.answer(crm.interaction(kind=world.visit, customer=world.ines, unit=world.harbour), score=9)
    make.listen(LATER)
    assert RecoveryDraw.objects.get().released_at is None
    assert not Ticket.objects.exists()


def test_who_contacts_us_is_called_after_all(world, held):
    assert release_due(at=LATER) == 0  # the visit before the draw does not count
    crm.interaction(kind=world.visit, customer=world.ines, unit=world.mill, occurred_at=NOW + timedelta(hours=1))
    assert release_due(at=LATER) == 1
    lot = RecoveryDraw.objects.get()
    assert (lot.released_why, lot.released_by) == ("contact", None)
    assert Ticket.objects.get().due_at > LATER
    assert Event.objects.get(what="recovery.released").data["ticket"] == Ticket.objects.get().pk
    assert release_due(at=LATER) == 0


def test_only_the_kinds_that_the_study_names_are_contacting_us(world, held):
    complaint = crm.interaction_kind(code="complaint")
    RecoveryDraw.objects.get().study.contact_kinds.add(complaint)
    crm.interaction(kind=world.visit, customer=world.ines, unit=world.mill, occurred_at=NOW + timedelta(hours=1))
    assert release_due(at=LATER) == 0


def test_a_stopped_study_lets_go_of_everybody(world, held):
    study = RecoveryDraw.objects.get().study
    with pytest.raises(ValidationError, match="Say why"):
        study.stop(why=" ", by=world.operator, at=NOW)
    assert study.stop(why="The board thought better of it.", by=world.operator, at=NOW)
    assert release_due(at=LATER) == 1
    assert RecoveryDraw.objects.get().released_why == "stopped"
    assert Ticket.objects.get().customer == world.ines
    assert not study.stop(why="Again.", by=world.operator, at=LATER)


def test_staff_may_call_after_all_once(world, held):
    lots = list(RecoveryDraw.objects.all())
    assert release(lots, why="staff", by=world.operator, at=LATER) == 1
    assert release(lots, why="staff", by=world.operator, at=LATER) == 0
    assert RecoveryDraw.objects.get().released_by == world.operator
    assert Ticket.objects.count() == 1


def test_when_the_time_is_over_nobody_is_called_about_it(world, held):
    over = NOW + timedelta(days=180)
    make.revise(held, comment="Still waiting.")
    make.listen(over)
    assert release_due(at=over) == 0
    assert not Ticket.objects.exists()


def test_nobody_is_drawn_twice(world, held):
    over = NOW + timedelta(days=200)
    visit = crm.interaction(kind=world.visit, customer=world.ines, unit=world.harbour)
    make.answer(visit, score=1, answered_at=over)
    make.listen(over)
    assert RecoveryDraw.objects.count() == 1
    assert Ticket.objects.exists()


def test_a_merged_customer_stays_held_out(world, held):
    other = crm.customer(given_name="I.", unit=world.harbour)
    other.canonical = world.ines
    other.save()
    make.answer(crm.interaction(kind=world.visit, customer=other, unit=world.harbour), score=9)
    make.listen(LATER)
    crm.interaction(kind=world.visit, customer=other, unit=world.mill, occurred_at=NOW + timedelta(hours=1))
    assert release_due(at=LATER) == 1


def test_the_database_draws_the_same(world):
    study = None
    for number in range(40):
        customer = crm.customer(given_name=f"C{number}", unit=world.harbour)
        response = make.answer(crm.interaction(kind=world.visit, customer=customer, unit=world.harbour), score=3)
        study = study or make.study(of=response, held_out=True)
    make.listen()
    assert study
    assert replay(study) == (40, 0)
    assert set(RecoveryDraw.objects.values_list("arm", flat=True)) == {"called", "held_out"}
    RecoveryDraw.objects.filter(arm="called").update(draw=0)
    assert replay(study)[1] > 0


@pytest.fixture
def second(db):
    """A program of second surveys is in force."""
    program = ask.program(code="again", name="Second survey", kind=Program.Kind.RECOVERY)
    return ask.version(program=program, quarantine_days=0, program_quarantine_days=0)


def test_after_a_ticket_the_customer_is_asked_again(world, second, ticket):
    ticket.close(outcome="no_action", summary="Known already.", by=None, at=LATER)
    turn, asked = Turn.objects.get(), SecondAsk.objects.get()
    assert (turn.customer, turn.due_at, turn.interaction, turn.program.code) == (
        world.ines, LATER, world.interaction, "again",
    )  # fmt: skip
    assert (asked.turn, asked.ticket, asked.first) == (turn, ticket, ticket.origin.response)


def test_without_such_a_program_nobody_is(world, ticket):
    ticket.close(outcome="no_action", summary="Known already.", by=None, at=LATER)
    assert not Turn.objects.exists()


def test_everybody_in_a_study_is_asked_on_the_same_day(world, second):
    response = make.answer(world.interaction, score=2)
    make.study(of=response, held_out=False, ask_after_days=21)
    make.listen()
    Ticket.objects.get().close(outcome="no_action", summary="Known already.", by=None, at=LATER)
    day = NOW + timedelta(days=21)
    assert not Turn.objects.exists()
    assert ask_studied(at=day - timedelta(minutes=1)) == 0
    assert ask_studied(at=day) == 1
    assert (Turn.objects.get().due_at, SecondAsk.objects.get().first) == (day, response)
    assert ask_studied(at=day) == 0


def test_who_is_held_out_is_asked_again_too(world, second, held):
    assert ask_studied(at=NOW + timedelta(days=21)) == 1
    assert SecondAsk.objects.get().lot == RecoveryDraw.objects.get()


def test_nobody_is_asked_again_while_the_ticket_is_open(world, second):
    response = make.answer(world.interaction, score=2)
    make.study(of=response, held_out=False)
    make.listen()
    day = NOW + timedelta(days=30)
    assert ask_studied(at=day) == 0
    Ticket.objects.get().close(outcome="no_action", summary="Known already.", by=None, at=day)
    assert ask_studied(at=day) == 1


def closed(ticket, at):
    ticket.close(outcome="no_action", summary="Known already.", by=None, at=at)


def reasons() -> list[str]:
    return list(Decision.objects.order_by("pk").values_list("reason", flat=True))


def test_the_second_survey_goes_the_way_of_every_other(world, second, ticket):
    run_trigger(at=NOW)  # what has happened so far
    closed(ticket, LATER)
    run_trigger(at=LATER)
    asked = Invitation.objects.get(program__code="again")
    assert (asked.turn.second_ask.ticket, asked.interaction, reasons()) == (ticket, world.interaction, ["asked"])


def test_a_ticket_that_was_taken_up_again_bars_it(world, second, ticket):
    run_trigger(at=NOW)
    closed(ticket, LATER)
    ticket.reopen(why="They rang again.", by=None, at=LATER)
    run_trigger(at=LATER)
    assert reasons() == ["on_hold"]
    soon = LATER + timedelta(hours=1)
    closed(ticket, soon)
    run_trigger(at=soon)
    assert reasons() == ["on_hold", "asked"]
    assert Invitation.objects.get().interaction is None  # a program invites once about an interaction


def test_the_contact_rules_hold_for_second_surveys_too(world, ticket):
    program = ask.program(code="again", kind=Program.Kind.RECOVERY)
    ask.version(program=program, quarantine_days=30)
    lately = NOW - timedelta(days=2)
    ask.reservation(customer=world.ines, program=ask.program(), state="handed_off", handed_off_at=lately)
    run_trigger(at=NOW)
    closed(ticket, LATER)
    run_trigger(at=LATER)
    assert reasons() == ["quarantined"]
