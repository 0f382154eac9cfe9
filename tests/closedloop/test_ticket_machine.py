"""R-15: whatever people and customers do in whatever order, a ticket keeps its rules."""

from datetime import datetime, timedelta
from decimal import Decimal

import pytest
from django.db import transaction
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from closedloop.errors import StaleTicket, TicketRefused
from closedloop.models import Closure, ContactAttempt, Ticket
from closedloop.models.ticket_rows import TicketOutcome
from common.models import Event
from common.periods import next_working_day
from crm.models import Hold
from tests.factories import closedloop as make
from tests.world import NOW, World, build_world

MOST_ATTEMPTS = 3


class TicketMachine(RuleBasedStateMachine):
    """One customer, her tickets, and a model of what must hold: how many verbs were done, and which were refused."""

    def __init__(self) -> None:
        super().__init__()
        self.undo = transaction.atomic()
        self.undo.__enter__()
        self.now: datetime = NOW
        self.verbs: dict[int, int] = {}

    def teardown(self) -> None:
        transaction.set_rollback(True)
        self.undo.__exit__(None, None, None)

    @initialize()
    def a_first_answer(self) -> None:
        self.world: World = build_world()
        self.open_by_answer(0)

    def open_by_answer(self, score: int) -> None:
        make.set_up_defaults()
        make.answer(self.world.interaction, score=score, answered_at=self.now)
        make.listen(self.now)

    def some_ticket(self, number: int) -> Ticket:
        return Ticket.objects.order_by("pk")[number % Ticket.objects.count()]

    def attempt_verb(self, ticket: Ticket, verb: str, allowed: bool, **arguments) -> None:
        """Call a verb; it goes through exactly if the model says so, and otherwise changes nothing."""
        before = self.state(ticket)
        try:
            getattr(ticket, verb)(by=self.world.helen.user, at=self.now, **arguments)
        except TicketRefused:
            assert not allowed, f"{verb} {arguments} was refused"
            assert self.state(ticket) == before
        else:
            assert allowed, f"{verb} {arguments} went through"
            self.verbs[ticket.pk] = self.verbs.get(ticket.pk, 0) + 1

    def state(self, ticket: Ticket) -> list:
        rows = (ticket.attempts, ticket.findings, ticket.actions, ticket.closures, ticket.handovers)
        return [list(Ticket.objects.values()), *(list(row.values()) for row in rows), Event.objects.count()]

    def made(self, ticket: Ticket) -> list[str]:
        return list(ticket.attempts_made().values_list("outcome", flat=True))

    @rule(hours=st.integers(1, 70))
    def time_passes(self, hours: int) -> None:
        self.now += timedelta(hours=hours)

    @rule(score=st.integers(0, 10))
    def the_customer_answers_again(self, score: int) -> None:
        had = Ticket.objects.open().first()
        self.open_by_answer(score)
        if had:
            assert Ticket.objects.open().get().due_at <= had.due_at

    @rule(number=st.integers(0, 9), reached=st.booleans())
    def somebody_calls(self, number: int, reached: bool) -> None:
        ticket = self.some_ticket(number)
        was_open = ticket.is_open
        self.attempt_verb(ticket, "record_attempt", was_open, reached=reached, note="")
        if was_open and not reached:
            hours = self.world.calendar.hours(range(2026, 2030))
            assert ticket.waiting_attempt.due_at == next_working_day(self.now, hours, self.world.harbour.zone_info)

    @rule(number=st.integers(0, 9))
    def somebody_learns(self, number: int) -> None:
        ticket = self.some_ticket(number)
        self.attempt_verb(ticket, "record_finding", ticket.is_open, learned="Slow.")

    @rule(number=st.integers(0, 9), cents=st.integers(-100, 10_000))
    def somebody_acts(self, number: int, cents: int) -> None:
        ticket, cost = self.some_ticket(number), Decimal(cents) / 100
        self.attempt_verb(ticket, "record_action", ticket.is_open and cents >= 0, done="Fee", cost=cost, currency="EUR")

    @rule(number=st.integers(0, 9), name=st.sampled_from(["helen", "jonas", "rosa"]))
    def somebody_hands_over(self, number: int, name: str) -> None:
        ticket, to = self.some_ticket(number), getattr(self.world, name)
        self.attempt_verb(ticket, "assign", ticket.is_open and ticket.owner != to, to=to, why="")

    @rule(
        number=st.integers(0, 9), outcome=st.sampled_from(TicketOutcome.values), summary=st.sampled_from(["", "Done."])
    )
    def somebody_closes(self, number: int, outcome: str, summary: str) -> None:
        ticket = self.some_ticket(number)
        made = self.made(ticket)
        allowed = {
            "no_action": bool(summary),
            "unreached": "reached" not in made and len(made) >= MOST_ATTEMPTS,
        }.get(outcome, "reached" in made)
        self.attempt_verb(ticket, "close", ticket.is_open and allowed, outcome=outcome, summary=summary)

    @rule(number=st.integers(0, 9))
    def somebody_takes_it_up_again(self, number: int) -> None:
        ticket = self.some_ticket(number)
        self.attempt_verb(ticket, "reopen", not Ticket.objects.open().exists(), why="She rang.")

    @rule(number=st.integers(0, 9))
    def somebody_works_on_an_old_page(self, number: int) -> None:
        ticket = self.some_ticket(number)
        before = self.state(ticket)
        with pytest.raises(StaleTicket):
            ticket.record_finding(learned="x", by=None, at=self.now, expected_version=ticket.version - 1)
        assert self.state(ticket) == before

    @invariant()
    def the_rules_hold(self) -> None:
        open_tickets = list(Ticket.objects.open())
        assert len(open_tickets) <= 1
        assert all(ticket.owner_id for ticket in open_tickets)
        assert Hold.objects.filter(released_at=None).count() == len(open_tickets)
        assert Closure.objects.filter(reopened_at=None).count() == Ticket.objects.count() - len(open_tickets)
        assert not ContactAttempt.objects.filter(outcome="", ticket__is_open=False).exists()
        assert all(ticket.due_at > ticket.opened_at for ticket in open_tickets)
        for ticket in Ticket.objects.all():
            numbers = list(ticket.attempts.order_by("number").values_list("number", flat=True))
            assert numbers == list(range(1, len(numbers) + 1))
            trail = Event.objects.about(ticket)
            assert trail.exclude(by=None).count() == self.verbs.get(ticket.pk, 0)
            assert ticket.version == trail.count()  # opened counts as the first


@pytest.mark.django_db
def test_a_ticket_keeps_its_rules_in_any_order_of_events():
    quiet = settings(
        max_examples=30,
        stateful_step_count=20,
        deadline=None,
        derandomize=True,
        suppress_health_check=list(HealthCheck),
    )
    run_state_machine_as_test(TicketMachine, settings=quiet)
