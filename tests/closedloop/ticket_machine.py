"""R-15: whatever people and customers do in whatever order, a ticket keeps its rules.

`TicketMachine` works on one connection and undoes each run, and so does `Merging`, in which she turns out to be known
twice; `TwoConnections` commits, and has people act at the same moment.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from decimal import Decimal
from functools import partial
from threading import Barrier
from typing import Any, ClassVar

import hypothesis
import pytest
from django.db import connections, transaction
from django.db.models import F
from django_q.models import OrmQ
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from closedloop.errors import StaleTicket, TicketRefused
from closedloop.models import (
    Action,
    ActionDecision,
    Alert,
    Clock,
    Closure,
    ContactAttempt,
    CustomerReply,
    CustomerSignal,
    Escalation,
    Finding,
    FollowUp,
    Handover,
    Letter,
    Pause,
    PriorityChange,
    Promise,
    Raising,
    SecondCoding,
    Ticket,
    TicketSignal,
)  # fmt: skip
from closedloop.models.tickets import CLOSINGS, TRIES
from closedloop.services.escalating import escalate
from closedloop.services.joining import settle_merges
from closedloop.services.reckoning import mark_changed, reckon_tickets
from common.models import Event, Trial
from common.periods import next_working_day
from crm.models import Customer, Employee, Hold
from crm.services.merging import merge
from surveys.models import Answer, Response
from tests.factories import closedloop as make
from tests.factories import crm
from tests.world import NOW, World, build_world

MOST_ATTEMPTS = 3


OF_TICKETS = (
    Raising, Alert, TicketSignal, ContactAttempt, SecondCoding, Finding, ActionDecision, Action, Promise, FollowUp,
    CustomerReply, Letter, Handover, PriorityChange, Closure, Escalation, Clock, Pause, Ticket, CustomerSignal, Answer,
    Response, Hold, Event, Trial, OrmQ,
)  # fmt: skip


class TicketMachine(RuleBasedStateMachine):
    """One customer, her tickets, and a model of what must hold: how many verbs were done, and which were refused."""

    def __init__(self) -> None:
        super().__init__()
        self.begin()
        self.now: datetime = NOW
        self.verbs: dict[int, int] = {}

    def begin(self) -> None:
        self.undo = transaction.atomic()
        self.undo.__enter__()
        self.world: World = build_world()

    def teardown(self) -> None:
        transaction.set_rollback(True)
        self.undo.__exit__(None, None, None)

    @initialize()
    def a_first_answer(self) -> None:
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

    @rule(number=st.integers(0, 9), outcome=st.sampled_from([value for value, _ in TRIES]), hours=st.integers(-1, 100))
    def somebody_calls(self, number: int, outcome: str, hours: int) -> None:
        ticket = self.some_ticket(number)
        asked_for = self.now + timedelta(hours=hours) if outcome == "later" else None
        made = self.made(ticket)
        may = outcome == "reached" or "refused" not in made
        may = may and (outcome != "written" or self.tried_enough(made))
        allowed = ticket.is_open and may and (asked_for is None or hours > 0)
        self.attempt_verb(ticket, "record_attempt", allowed, outcome=outcome, note="Hello.", asked_for=asked_for)
        waiting = ticket.waiting_attempt
        paused = ticket.pause_at(self.now) is not None
        if allowed and asked_for:
            assert waiting.due_at == asked_for or paused
        elif allowed and outcome in ("reached", "refused", "written"):
            assert waiting is None
        elif allowed and not paused:
            zone, calendar = self.world.harbour.zone_info, self.world.calendar.hours(range(2026, 2030))
            opening = next_working_day(self.now, calendar, zone)
            assert opening <= waiting.due_at < opening + timedelta(hours=8)

    @rule(number=st.integers(0, 9), hours=st.integers(-1, 100), why=st.sampled_from(Pause.Reason.values))
    def somebody_stops_the_clock(self, number: int, hours: int, why: str) -> None:
        ticket, until = self.some_ticket(number), self.now + timedelta(hours=hours)
        allowed = ticket.is_open and hours > 0 and ticket.pause_at(self.now) is None
        self.attempt_verb(ticket, "pause", allowed, reason=why, until=until)
        if allowed:
            assert ticket.due_at >= until or ticket.due_at <= self.now

    @rule(number=st.integers(0, 9))
    def somebody_lets_it_go_on(self, number: int) -> None:
        ticket = self.some_ticket(number)
        self.attempt_verb(ticket, "resume", ticket.is_open and ticket.pause_at(self.now) is not None)

    @rule()
    def the_house_escalates(self) -> None:
        mark_changed(at=self.now)
        reckon_tickets(at=self.now)
        escalate(at=self.now)
        late = Escalation.objects.filter(raised_at=None, due_at__lte=self.now)
        assert not late.exists()

    def tried_enough(self, made: list[str]) -> bool:
        return not {"reached", "refused"} & set(made) and len(made) - made.count("written") >= MOST_ATTEMPTS

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
        ticket, to = self.some_ticket(number), Employee.objects.get(pk=getattr(self.world, name).pk)
        allowed = ticket.is_open and ticket.owner != to and not to.left_on
        self.attempt_verb(ticket, "assign", allowed, to=to, why="")

    @rule()
    def somebody_leaves_the_company(self) -> None:
        Employee.objects.filter(pk=self.world.jonas.pk).update(left_on=NOW.date())

    @rule(number=st.integers(0, 9), closing=st.sampled_from(CLOSINGS), summary=st.sampled_from(["", "Done."]))
    def somebody_closes(self, number: int, closing: tuple[str, str], summary: str) -> None:
        outcome, _ = closing
        ticket = self.some_ticket(number)
        made = self.made(ticket)
        allowed = {
            "no_action": bool(summary),
            "unreached": self.tried_enough(made) and "written" in made,
            "unresolved": "reached" in made or ticket.do_not_call,
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
            done = trail.exclude(what__in=["ticket.warned", "ticket.escalated"])
            assert ticket.version == done.count()  # opened counts as the first
            self.the_clocks_hold(ticket)

    def the_clocks_hold(self, ticket: Ticket) -> None:
        """Four a round, of which those of earlier rounds have ended; nobody heard of one that had."""
        clocks = list(ticket.clocks.all())
        assert len(clocks) in (0, 4 * (ticket.closures.filter(reopened_at__isnull=False).count() + 1))
        last = max((clock.round for clock in clocks), default=1)
        assert all(clock.ended_at for clock in clocks if clock.round < last or not ticket.is_open)
        raised = Escalation.objects.raised().filter(clock__ticket=ticket, clock__ended_at__lt=F("raised_at"))
        assert not raised.exists()
        assert not Escalation.objects.filter(
            clock__ticket=ticket, raised_at=None, clock__ended_at__isnull=False
        ).exists()


class Merging(TicketMachine):
    """The same, where a second row of the customer, with a ticket of its own or without, turns out to be her: the older
    of the open tickets goes on, due when the first of them was."""

    @rule(hers=st.booleans(), score=st.integers(0, 10))
    def she_turns_out_to_be_known_twice(self, hers: bool, score: int) -> None:
        twin = crm.customer(family_name="Moreau", unit=self.world.harbour)
        visit = crm.interaction(kind=self.world.visit, customer=twin, unit=self.world.harbour)
        make.answer(visit, score=score, answered_at=self.now)
        make.listen(self.now)
        had = list(Ticket.objects.open().order_by("pk"))
        ines = Customer.objects.get(pk=self.world.ines.pk)
        kept, merged = (ines, twin) if hers else (twin, ines)
        merge(kept=kept, merged=merged, at=self.now)
        settle_merges(at=self.now)
        assert list(Ticket.objects.open()) == had[:1]
        assert not had or Ticket.objects.open().get().due_at == min(ticket.due_at for ticket in had)
        self.world.ines.refresh_from_db()


class TwoConnections(TicketMachine):
    """The same with committed rows, where two people may act on the same page of a ticket at the same moment: one goes
    through, the other is told that the ticket has changed."""

    company: ClassVar[World | None] = None
    people: ClassVar[ThreadPoolExecutor | None] = None

    def begin(self) -> None:
        if TwoConnections.company is None:
            TwoConnections.company, TwoConnections.people = build_world(), ThreadPoolExecutor(2)
        self.world = TwoConnections.company
        self.clear()

    @classmethod
    def clear(cls) -> None:
        for model in OF_TICKETS:
            model._base_manager.all()._raw_delete(using="default")
        Employee.objects.update(left_on=None)

    @classmethod
    def go_home(cls) -> None:
        """Close the connections; the company is the next test's to build."""
        if cls.people is not None:
            list(cls.people.map(lambda _: time.sleep(0.05) or connections.close_all(), range(2)))
            cls.people.shutdown()
        TwoConnections.company = TwoConnections.people = None

    def teardown(self) -> None:
        pass

    VERBS = st.sampled_from(["reached", "missed", "learned", "done", "handed over", "closed", "reopened"])

    def verb(self, name: str, ticket: Ticket, version: int | None) -> Any:
        said: dict[str, Any] = {"by": self.world.helen.user, "at": self.now, "expected_version": version}
        match name:
            case "reached" | "missed":
                return ticket.record_attempt(outcome="reached" if name == "reached" else "busy", note="", **said)
            case "learned":
                return ticket.record_finding(learned="Slow.", **said)
            case "done":
                return ticket.record_action(done="Fee", currency="EUR", **said)
            case "handed over":
                return ticket.assign(to=self.world.rosa, why="", **said)
            case "closed":
                return ticket.close(outcome="no_action", summary="Known.", **said)
        return ticket.reopen(why="She rang.", **said)

    def at_once(self, *works: Callable[[], Any]) -> list[Any]:
        """On two connections that start together; what each returned, or the refusal it met."""
        assert self.people is not None
        start = Barrier(len(works))

        def run(work: Callable[[], Any]) -> Any:
            start.wait(30)
            try:
                return work()
            except TicketRefused as refusal:
                return refusal

        return list(self.people.map(run, works))

    @rule(number=st.integers(0, 9), first=VERBS, second=VERBS)
    def two_people_on_the_same_page(self, number: int, first: str, second: str) -> None:
        ticket = self.some_ticket(number)
        before, version = self.state(ticket), ticket.version

        def act(name: str) -> Any:
            return self.verb(name, Ticket.objects.get(pk=ticket.pk), version)

        outcomes = self.at_once(partial(act, first), partial(act, second))
        done = [outcome for outcome in outcomes if not isinstance(outcome, TicketRefused)]
        stale = [outcome for outcome in outcomes if isinstance(outcome, StaleTicket)]
        assert len(stale) <= len(done) <= 1, f"{first} and {second}: {outcomes}"
        if not done:
            assert self.state(ticket) == before
        assert Ticket.objects.get(pk=ticket.pk).version == version + len(done)
        self.verbs[ticket.pk] = self.verbs.get(ticket.pk, 0) + len(done)

    @rule(number=st.integers(0, 9), name=VERBS, score=st.integers(0, 10))
    def somebody_acts_while_the_customer_answers(self, number: int, name: str, score: int) -> None:
        ticket = self.some_ticket(number)
        make.answer(self.world.interaction, score=score, answered_at=self.now)

        def act() -> Any:
            return self.verb(name, Ticket.objects.get(pk=ticket.pk), None)

        outcome, _ = self.at_once(act, partial(make.listen, self.now))
        self.verbs[ticket.pk] = self.verbs.get(ticket.pk, 0) + (not isinstance(outcome, TicketRefused))


def run(machine: type[TicketMachine], *, runs: int, steps: int, seed: int | None = None) -> None:
    """`runs` runs of `steps` steps each; without a seed the same ones every time."""
    chosen = settings(
        max_examples=runs, stateful_step_count=steps, deadline=None, derandomize=seed is None, database=None,
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    if seed is not None:
        machine = hypothesis.seed(seed)(machine)
    run_state_machine_as_test(machine, settings=chosen)
