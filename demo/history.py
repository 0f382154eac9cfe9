"""The history of the bank, whatever its size, by the services of the house with `at=`: visits come in, the trigger
asks, mails are handed off, customers answer, managers work their tickets, digests freeze.

A small simulation of discrete events: what people will do stands in heaps by its time; at every moment of the day at
which the house's background work runs, it is done in sets, just as the worker would have done it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from typing import Any, Protocol

from django.db import connection
from django_q.models import OrmQ

from analytics.services.filling import fill
from closedloop.services.raising import raise_signals
from closedloop.services.reckoning import reckon_tickets
from closedloop.services.releasing import release_due
from closedloop.services.screening import screen
from demo.answering import Correspondence
from demo.changing import reorganize
from demo.company.bank import Bank
from demo.feeding import Feed
from demo.huddles import Teams
from demo.processes import haste
from demo.redirecting import Redirections
from demo.stages import Stages
from demo.working import Desk
from distribution.services.alerting import dispatch_alerts
from distribution.services.backfilling import mail_history
from distribution.services.digesting import freeze_due
from distribution.services.handing_on import tell_new_owners
from surveys.services.clicking import settle_clicks
from surveys.services.triggering.running import run_trigger

BATCH = 5000  # rows that a stage takes at once
TICKETS = 1000  # whose clocks it works out at once
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
    desk: Desk
    acts: Any
    tally: Counter[str] = field(default_factory=Counter)
    stages: Stages = field(default_factory=Stages)

    def __post_init__(self) -> None:
        self.redirections = Redirections(self.bank, self.acts, self.begins)
        self.teams = Teams(self.bank)
        self.customers = Correspondence(self.bank, self.tally, self.redirections.customers, self.acts, self.until)

    @property
    def begins(self) -> datetime:
        return datetime.combine(self.bank.begins, time(), UTC)

    def run(self, progress: Progress) -> None:
        """Live through it; `progress(day number, self)` after the last moment of every day."""
        haste()
        self.teams.begin(self.begins)
        day, last = 0, None
        for at in steps_of(self.bank, self.until):
            if last != at.date():
                day, last = day + 1, at.date()
                self._begin_day(day, at)
                progress(day, self)
            self._live(at)
        self._fold(self.until)
        self._learn_sizes()
        progress(day + 1, self)

    # --- a moment -----------------------------------------------------------------------------------------------------

    def _begin_day(self, number: int, at: datetime) -> None:
        OrmQ.objects.all().delete()  # nudges of the past; this run does what they remind of
        self.tally["branches moved"] += reorganize(self.bank, at)
        if number in STATISTICS:
            self._learn_sizes()
        if number % FOLD_EVERY == 0:
            self._fold(at)

    def _live(self, at: datetime) -> None:
        with self.stages("visits of the feed"):
            fed = self.feed.step(at)
        self.tally["interactions"] += fed.interactions
        self.tally["withheld"] += fed.withheld
        with self.stages("addresses redirected"):
            self.redirections.step(at)
        self.desk.begin(at)  # from here on it may hold rows of customers until it ends
        if fed.interactions:
            self._ask(at)
        with self.stages("mails handed off"):
            self.customers.receive(at)
        with self.stages("answers"):
            answers = self.customers.answer(at)
        with self.stages("managers' work"):
            self.tally += self.desk.end(at)
        if answers:
            self._listen(at)
        if at.hour == self.bank.size.hours[-1] or at == self.until:
            with self.stages("clocks of tickets"):
                _until_done(reckon_tickets, at, batch=TICKETS)
        if at.hour == self.bank.size.hours[0] and (self.until - at).days < self.bank.size.digest_days:
            self._morning(at)

    def _ask(self, at: datetime) -> None:
        with self.stages("trigger"):
            while run_trigger(at=at, limit=BATCH):
                pass

    def _listen(self, at: datetime) -> None:
        """Signals, alerts and tickets, and the mails to those in charge."""
        with self.stages("signals"):
            _until_done(raise_signals, at)
        with self.stages("alerts and tickets"):
            _until_done(screen, at)
            self.tally["called after all"] += release_due(at=at)
            self.tally["tickets"] += self.desk.expect(at)
        with self.stages("alerts to staff"):
            _until_done(dispatch_alerts, at)
            _until_done(tell_new_owners, at)
        self._mail_staff(at)

    def _morning(self, at: datetime) -> None:
        self._fold(at)
        with self.stages("digests"):
            self.tally["digests"] += freeze_due(at=at)
        with self.stages("huddles"):
            self.tally["huddles"] += self.teams.meet(at)
        self._mail_staff(at)

    def _mail_staff(self, at: datetime) -> None:
        with self.stages("mails to staff"):
            self.tally["mails to staff"] += mail_history(at=at)

    def _fold(self, at: datetime) -> None:
        with self.stages("rollups"):
            _until_done(fill, at)
        with self.stages("clicks"):
            _until_done(settle_clicks, at)

    def _learn_sizes(self) -> None:
        with self.stages("planner's statistics"):
            _refresh_statistics()


def _until_done(stage: Stage, at: datetime, *, batch: int = BATCH) -> None:
    """Let a stage take what waits for it, a batch at a time."""
    while stage(at=at, limit=batch) == batch:
        pass


def _refresh_statistics() -> None:
    """An empty database makes the planner expect empty tables."""
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


def figures(history: History) -> dict[str, Any]:
    """What happened, for the print-out and truth.json."""
    return dict(+history.tally)
