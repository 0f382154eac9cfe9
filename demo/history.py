"""The history of the bank, whatever its size, by the services of the house with `at=`: visits come in, the trigger
asks, mails are handed off, customers answer, managers work their tickets, digests freeze.

A small simulation of discrete events: what people will do stands in heaps by its time; at every moment of the day at
which the house's background work runs, it is done in sets, just as the worker would have done it.
"""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from typing import Any, Protocol

from django.db import connection
from django_q.models import OrmQ

from analytics.services.filling import fill
from closedloop.models import RootCause, Ticket
from closedloop.services.raising import raise_signals
from closedloop.services.screening import screen
from common.models import User
from demo import managers
from demo.answering import Correspondence
from demo.changing import reorganize
from demo.company.bank import Bank
from demo.feeding import Feed
from demo.redirecting import Redirections
from demo.truth.visits import visit_named
from distribution.services.alerting import dispatch_alerts
from distribution.services.backfilling import mail_history
from distribution.services.digesting import freeze_due
from surveys.services.selecting import run_trigger

BATCH = 5000  # rows that a stage takes at once
FOLD_EVERY = 20  # days between two fillings of the rollups, before digests are frozen
STATISTICS = {3, 15, 60, 200, 450}  # days after which the planner learns anew how large the tables are
Progress = Callable[[int, "History"], None]


class Stage(Protocol):
    def __call__(self, *, at: datetime, limit: int) -> int: ...


def steps_of(bank: Bank, until: datetime) -> list[datetime]:
    """The moments at which the house's background work runs, the last being `until`."""
    first = datetime.combine(bank.begins, time(), UTC)
    days = (first + timedelta(days=number) for number in range(bank.size.days + 1))
    moments = (day + timedelta(hours=hour) for day in days for hour in bank.size.hours)
    return [*(at for at in moments if at < until), until]


@dataclass
class History:
    """The run: what happened so far, and what people are about to do. `acts`: a table of what cheating branches did."""

    bank: Bank
    until: datetime
    feed: Feed
    acts: Any
    tally: Counter[str] = field(default_factory=Counter)
    calls: list[tuple[datetime, int, int, managers.Step]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.redirections = Redirections(self.bank, self.acts, self.begins)
        self.customers = Correspondence(self.bank, self.tally, self.redirections.customers, self.acts, self.until)
        self._causes: dict[str, RootCause] = {}
        self._bosses: dict[str, User] = {}

    @property
    def begins(self) -> datetime:
        return datetime.combine(self.bank.begins, time(), UTC)

    def run(self, progress: Progress) -> None:
        """Live through it; `progress(day number, self)` after the last moment of every day."""
        self._causes = {cause.code: cause for cause in RootCause.objects.all()}
        bosses = {user.username: user for user in User.objects.filter(employee__assignments__role="branch")}
        self._bosses = {unit: bosses[boss.login] for unit, boss in self.bank.manager.items()}
        with connection.cursor() as cursor:
            cursor.execute("SET synchronous_commit TO off")  # a crash now loses a day of fiction, which is loaded anew
        day, last = 0, None
        for at in steps_of(self.bank, self.until):
            if last != at.date():
                day, last = day + 1, at.date()
                self._begin_day(day, at)
                progress(day, self)
            self._live(at)
        self._fold(self.until)
        _refresh_statistics()
        progress(day + 1, self)

    # --- a moment -----------------------------------------------------------------------------------------------------

    def _begin_day(self, number: int, at: datetime) -> None:
        OrmQ.objects.all().delete()  # nudges of the past; this run does what they remind of
        self.tally["branches moved"] += reorganize(self.bank, at)
        if number in STATISTICS:
            _refresh_statistics()
        if number % FOLD_EVERY == 0:
            self._fold(at)

    def _live(self, at: datetime) -> None:
        self._call(at)
        fed = self.feed.step(at)
        self.tally["interactions"] += fed.interactions
        self.tally["withheld"] += fed.withheld
        if fed.interactions:
            self.redirections.step(at)
            while (ran := run_trigger(at=at, limit=BATCH)) and ran.interactions == BATCH:
                pass
        self.customers.receive(at)
        if self.customers.answer(at):
            self._listen(at)
        if at.hour == self.bank.size.hours[0] and (self.until - at).days < self.bank.size.digest_days:
            self._morning(at)

    def _listen(self, at: datetime) -> None:
        """Signals, alerts and tickets, and the mails to those in charge."""
        _until_done(raise_signals, at)
        _until_done(screen, at)
        self._expect_calls(at)
        _until_done(dispatch_alerts, at)
        self.tally["mails to staff"] += mail_history(at=at)

    def _morning(self, at: datetime) -> None:
        self._fold(at)
        self.tally["digests"] += freeze_due(at=at)
        self.tally["mails to staff"] += mail_history(at=at)

    def _fold(self, at: datetime) -> None:
        _until_done(fill, at)

    # --- managers -----------------------------------------------------------------------------------------------------

    def _expect_calls(self, at: datetime) -> None:
        new = Ticket.objects.filter(opened_at=at).order_by("pk")
        for pk, code in list(new.values_list("pk", "origin__interaction__external_id")):
            self.tally["tickets"] += 1
            for number, step in enumerate(managers.plan(self.bank, visit_named(self.bank, code), opened_at=at)):
                if step.at < self.until:
                    heapq.heappush(self.calls, (step.at, pk, number, step))

    def _call(self, at: datetime) -> None:
        due = []
        while self.calls and self.calls[0][0] <= at:
            due.append(heapq.heappop(self.calls))
        tickets = Ticket.objects.select_related("origin__interaction", "policy", "unit__calendar", "customer").in_bulk(
            {pk for _, pk, _, _ in due}
        )
        for _, pk, _, step in due:
            unit = tickets[pk].unit.external_id
            done = managers.perform(tickets[pk], step, by=self._bosses[unit], causes=self._causes)
            self.tally[step.verb if done else "steps too late"] += 1


def _until_done(stage: Stage, at: datetime) -> None:
    """Let a stage take what waits for it, a batch at a time."""
    while stage(at=at, limit=BATCH) == BATCH:
        pass


def _refresh_statistics() -> None:
    """An empty database makes the planner expect empty tables."""
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


def figures(history: History) -> dict[str, Any]:
    """What happened, for the print-out and truth.json."""
    return dict(+history.tally)
