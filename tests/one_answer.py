"""One answer from the customer's page to the mail in the manager's hands, and what breaks it: a fault at the k-th
statement, or at the k-th commit. Rows are compared by what they say, not by their ids."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import time_machine
from django.core.mail import EmailMessage
from django.db import InterfaceError, OperationalError, connection, connections
from django.db.models import F, Model, Value
from django.db.models.functions import Now
from django.test import Client
from django_q.models import OrmQ

from analytics.models import AnswerFact, DirtyCell, FillState
from analytics.services.filling import fill
from analytics.stats import ROLLUPS
from closedloop.models import (
    Alert,
    Clock,
    ContactAttempt,
    CustomerSignal,
    Escalation,
    Handover,
    PriorityChange,
    Raising,
    Ticket,
    TicketSignal,
)
from closedloop.services.raising import raise_signals
from closedloop.services.reckoning import reckon_tickets
from closedloop.services.screening import screen
from closedloop.services.starting import set_up_defaults
from common.models import Event, RateBucket, Trial
from common.senders import Outcome, Reply
from crm.models import Consent, Hold
from distribution.models import Dispatch
from distribution.services.alerting import dispatch_alerts
from distribution.services.sending import send_due
from surveys.forms import page_nonce
from surveys.models import Answer, Message, Response
from tests.factories import surveys as make
from tests.faults.forking import status_of
from tests.world import NOW, World, build_world

# what is compared, by what it says: times, ids and counters of tries are left out
SAID: dict[type[Model], tuple[str, ...]] = {
    Response: ("customer__given_name", "score", "comment", "callback", "callback_phone", "revision", "status"),
    Answer: ("response__customer__given_name", "revision", "question", "value"),
    Consent: ("customer__given_name", "channel", "purpose", "granted"),
    Message: ("invitation__customer__given_name", "state"),
    CustomerSignal: ("customer__given_name", "revision", "score", "category", "text", "callback", "previous_score"),
    Alert: ("rule__code", "signal__revision", "unit__name", "employee__name", "ticket__customer__given_name"),
    Raising: ("rule__code", "signal__revision", "state", "why", "ticket__customer__given_name"),
    Ticket: ("customer__given_name", "unit__name", "owner__name", "rule__code", "due_at", "is_open", "version"),
    TicketSignal: ("ticket__customer__given_name", "signal__revision"),
    ContactAttempt: ("ticket__customer__given_name", "number", "due_at", "outcome"),
    Hold: ("customer__given_name", "kind", "released_at"),
    Handover: ("ticket__customer__given_name", "to__name", "why", "opening"),
    PriorityChange: ("ticket__customer__given_name", "was", "priority"),
    Clock: ("ticket__customer__given_name", "round", "stage", "target", "outcome"),
    Escalation: ("clock__stage", "percent", "to", "role", "employee__name"),
    Dispatch: ("employee__name", "alert__rule__code", "signal__category"),  # its state: `letters_astray`
    Event: ("what", "subject_kind"),
    AnswerFact: ("response__customer__given_name", "score", "day"),
    **{rollup.target: ("unit__name", rollup.keys[1]) for rollup in ROLLUPS},  # by its day, or its month
    DirtyCell: ("rollup", "unit__name", "day"),
    FillState: ("rollup", "status", "answers"),
}
MARKS = {
    Response: ("signalled_at", "folded_at"), CustomerSignal: ("screened_at",), Alert: ("dispatched_at",),
    Ticket: ("reckoned_at",), Escalation: ("raised_at", "told_at"),
}  # fmt: skip
GONE = (
    Dispatch, Raising, Alert, TicketSignal, ContactAttempt, Handover, PriorityChange, Escalation, Clock, Ticket,
    CustomerSignal,
    *(rollup.target for rollup in ROLLUPS), AnswerFact, DirtyCell,  # what takes a fact away marks its cell
    FillState, Answer, Response, Hold, Consent, Event, Trial, OrmQ,
    RateBucket,  # at a clock that stands still none fills up
)  # fmt: skip
State = dict[str, Counter[str]]


def state() -> State:
    """What stands in the tables now."""
    found: State = {}
    for model, names in SAID.items():
        marks = {f"has_{mark}": F(mark) for mark in MARKS.get(model, ())}
        rows = model._base_manager.annotate(**marks).values_list(*names, *marks)
        found[model.__name__] = Counter(str((*row[: len(names)], *map(bool, row[len(names) :]))) for row in rows)
    return found


@dataclass
class Case:
    """The company, one open invitation of Ines, and a post office that keeps a ledger of Message-IDs."""

    world: World
    token: str
    ledger: Path

    @classmethod
    def build(cls, ledger: Path) -> Case:
        world = build_world()
        set_up_defaults()
        invitation = make.invitation(interaction=world.interaction)
        make.message(invitation=invitation)
        return cls(world, make.token(invitation), ledger)

    def clear(self) -> None:
        """As before the answer."""
        for model in GONE:
            model._base_manager.all()._raw_delete(using="default")
        Message.objects.update(state="pending", reply="")
        Event.objects.all().delete()
        self.ledger.write_text("")

    def steps(self) -> Iterator[Callable[[], object]]:
        yield lambda: self.post("", score="2")
        yield lambda: self.post("why/", comment="Waited an hour.")
        yield lambda: self.post("callback/", call="yes", best="morning")
        for work in (raise_signals, screen, reckon_tickets, dispatch_alerts, self.send, fill):
            yield lambda work=work: drained(work)  # type: ignore[misc]

    def run(self, until: Callable[[], bool] = lambda: False) -> None:
        """Step by step; after a step that leaves `until` true nobody goes on."""
        with time_machine.travel(NOW, tick=False):
            for step in self.steps():
                step()
                if until():
                    break

    def run_again(self) -> None:
        """The customer sends the pages again, and the sweeps come when leases and delays are over."""
        connection.close()
        Dispatch.objects.filter(leased_until__isnull=False).update(leased_until=Now() - Value(timedelta(seconds=1)))
        Dispatch.objects.filter(state="pending").update(due_at=NOW)
        Trial.objects.update(due_at=NOW)
        self.run()

    def post(self, page: str, **fields: str) -> None:
        url = f"/s/{self.token}/{page}"
        Client(raise_request_exception=False, headers={"host": "127.0.0.1"}).post(
            url, {"nonce": page_nonce(self.token), **fields}
        )

    def send(self, *, at: Any) -> int:
        return sum(send_due(at=at, hand_over=self.keep).values())

    def keep(self, message: EmailMessage) -> Reply:
        with self.ledger.open("a") as book:
            book.write(message.extra_headers["Message-ID"] + "\n")
        return Reply(Outcome.ACCEPTED, "250 kept", address_is_bad=False)

    def sent(self) -> Counter[str]:
        """How often each mail was handed over, by Message-ID."""
        return Counter(self.ledger.read_text().split())


def drained(work: Callable[..., Any]) -> None:
    while work(at=NOW):
        pass


@dataclass
class Fault:
    """Breaks the `number`-th statement after the database has run it; `how` does it or returns what is raised."""

    number: int
    how: Callable[[], Exception]
    seen: int = 0

    @property
    def hit(self) -> bool:
        return self.seen >= self.number

    def __call__(self, run: Any, sql: Any, params: Any, many: Any, context: Any) -> Any:
        result = run(sql, params, many, context)
        self.seen += 1
        if self.seen == self.number:
            raise self.how()
        return result


def failed() -> Exception:
    return OperationalError("the statement failed")


def cut_off() -> Exception:
    """The server ends the session, as an immediate restart does."""
    pid = connection.connection.info.backend_pid
    elsewhere(lambda: _end(pid))
    return OperationalError("server closed the connection unexpectedly")


def killed() -> Exception:
    """kill -9 of the process."""
    os._exit(9)


def run_with(case: Case, number: int, how: Callable[[], Exception]) -> bool:
    """Run the case with a fault at its `number`-th statement; whether it was hit. Death takes a process of its own."""
    if how is killed:
        return status_of(lambda: faulty(case, Fault(number, how))) == 9
    fault = Fault(number, how)
    faulty(case, fault)
    return fault.hit


def faulty(case: Case, fault: Fault) -> None:
    with connection.execute_wrapper(fault), suppress(OperationalError, InterfaceError):
        case.run(until=lambda: fault.hit)


def _end(pid: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(%s, 5000)", [pid])


def elsewhere(function: Callable[[], Any]) -> Any:
    """Call it on a connection of its own."""

    def call() -> Any:
        try:
            return function()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(1) as pool:
        return pool.submit(call).result(60)


def committed_states(case: Case) -> tuple[list[State], int]:
    """Every state that others can see while all goes well, and the number of statements it takes."""
    seen: list[State] = []
    count = 0

    def look(run: Any, sql: Any, params: Any, many: Any, context: Any) -> Any:
        nonlocal count
        count += 1
        now = pool.submit(state).result(60)
        if now not in seen:
            seen.append(now)
        return run(sql, params, many, context)

    with ThreadPoolExecutor(1) as pool:
        with connection.execute_wrapper(look):
            case.run()
        seen.append(pool.submit(state).result(60))
        pool.submit(connections.close_all).result(60)
    return seen, count


@dataclass
class Verdict:
    """What became of faults at some statements: how many were hit, and what was wrong after which."""

    statements: int
    hit: int = 0
    wrong: list[str] = field(default_factory=list)


def judge(case: Case, chosen: Iterable[tuple[int, Callable[[], Exception]]]) -> Verdict:
    """Break each chosen (statement, how), look at what is left, then let everybody try again."""
    case.clear()
    allowed, statements = committed_states(case)
    verdict = Verdict(statements)
    for number, how in chosen:
        case.clear()
        verdict.hit += run_with(case, number, how)
        found = elsewhere(state)
        if found not in allowed:
            verdict.wrong.append(f"{how.__name__} at {number}: left something half done")
        case.run_again()
        if state() != allowed[-1] or Trial.objects.exists():
            verdict.wrong.append(f"{how.__name__} at {number}: did not come out the same")
        if astray := letters_astray(case):
            verdict.wrong.append(f"{how.__name__} at {number}: {astray}")
    return verdict


def letters_astray(case: Case) -> str:
    """What is wrong with the mails in the end: each handed over once, one at most twice under the same Message-ID."""
    rows = set(Dispatch.objects.values_list("message_id", "state"))
    sent = case.sent()
    fine = rows == {(letter, "handed_off") for letter in sent} and len(sent) == 1 and sent.total() <= 2
    return "" if fine else f"mails {sorted(sent.values())}, rows {sorted(state for _, state in rows)}"


@contextmanager
def commits_refused() -> Iterator[None]:
    """Meanwhile no transaction that wrote one of the compared rows can be committed."""
    tables = [model._meta.db_table for model in SAID]
    with connection.cursor() as cursor:
        cursor.execute("""
            CREATE OR REPLACE FUNCTION refuse_commit() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN RAISE EXCEPTION 'this transaction cannot be committed'; END $$
        """)
        for table in tables:
            cursor.execute(f"""
                CREATE CONSTRAINT TRIGGER refuse_commit AFTER INSERT OR UPDATE ON {table}
                DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION refuse_commit()
            """)
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            for table in tables:
                cursor.execute(f"DROP TRIGGER refuse_commit ON {table}")
