"""What the core banking system sends during the history: its customers once, then what happens in the branches, step by
step. Either in the process of the runner, or in processes of its own that prepare the next step while it decides.

A process prepares a step inside a transaction that stays open until the runner says "go": the trigger never sees what
has not happened yet.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from multiprocessing.connection import wait
from pathlib import Path
from time import process_time
from typing import Any, NamedTuple, Protocol

from django.db import transaction

from crm.services.ingesting import ingest_customers, ingest_interactions
from demo.company.bank import SOURCE, Bank
from demo.items import customer_item
from demo.processes import Wire, hear, start
from demo.recording import ACTS, CUSTOMERS, MONEY, OCCASIONS, Tally, customer_row, join, money_rows, occasion_row, table
from demo.settling_in import accepted
from demo.truth.cheating import is_withheld
from demo.truth.minds import feel
from demo.truth.visits import Visit, as_item, visits_of

CHUNK = 2000


class Fed(NamedTuple):
    """What came in with a step."""

    interactions: int = 0
    withheld: int = 0


class Share(NamedTuple):
    """Which part of the bank a process takes care of: every `of`-th, from `number` on."""

    number: int = 0
    of: int = 1


WHOLE = Share()


class Feed(Protocol):
    def enroll(self) -> Iterator[int]:
        """Bring in the customers; yields how many so far."""

    def step(self, at: datetime) -> Fed:
        """Everything that occurred since the step before."""

    def close(self) -> Tally:
        """The end: everybody's true feelings, and the files of the truth complete."""

    def busy(self) -> list[float]:
        """Once it is closed: seconds of processor that each process beside the runner used."""


# --- the work itself ---


@dataclass
class Feeder:
    """One share of the bank. `steps`: the moments of the run, in order; `folder`: of the truth."""

    bank: Bank
    folder: Path
    opened_at: datetime
    share: Share = WHOLE

    def __post_init__(self) -> None:
        self.tally, self._files, self._last, self._later = Tally(), ExitStack(), self.opened_at, list[Visit]()
        self._occasions = self._files.enter_context(self._part("occasions", OCCASIONS))
        self._acts = self._files.enter_context(self._part("withheld", ACTS))

    def _part(self, name: str, header: Sequence[str]) -> AbstractContextManager[Any]:
        number = self.share.number
        return table(self.folder / f"{name}.{number}.csv.gz", header, headed=number == 0)

    def enroll(self) -> Iterator[int]:
        numbers = range(1 + self.share.number, self.bank.size.customers + 1, self.share.of)
        with self._part("customers", CUSTOMERS) as people, self._part("money", MONEY) as money:
            for first in range(0, len(numbers), CHUNK):
                persons = [self.bank.customer(number) for number in numbers[first : first + CHUNK]]
                items = [customer_item(person, self.opened_at) for person in persons]
                done = accepted(ingest_customers(items, source=SOURCE, at=self.opened_at))
                for person in persons:
                    people.writerow(customer_row(self.bank, person))
                    money.writerows(money_rows(self.bank, person))
                yield done

    def step(self, at: datetime) -> Fed:
        sent, withheld = [], 0
        for visit in self._between(at):
            feeling = feel(self.bank, visit)
            kept_back = is_withheld(self.bank, visit, feeling)
            self.tally.count(self.bank, visit, feeling)
            self._occasions.writerow(occasion_row(visit, feeling, withheld=kept_back))
            if kept_back:
                withheld += 1
                self._acts.writerow(("withholds", visit.unit, visit.code, visit.occurred_at, feeling.score, ""))
            else:
                sent.append(as_item(visit))
        for first in range(0, len(sent), CHUNK):
            accepted(ingest_interactions(sent[first : first + CHUNK], source=SOURCE, at=at))
        return Fed(len(sent), withheld)

    def _between(self, at: datetime) -> list[Visit]:
        """Visits since the last step, in order of time."""
        waiting = self._later + [
            visit
            for day in _days(self._last, at)
            for unit in self.bank.branches[self.share.number :: self.share.of]
            for visit in visits_of(self.bank, unit, day)
        ]
        waiting.sort(key=lambda visit: (visit.occurred_at, visit.code))
        due = [visit for visit in waiting if visit.occurred_at < at]
        self._later, self._last = waiting[len(due) :], at
        return due

    def close(self) -> Tally:
        self._files.close()
        return self.tally


def _days(last: datetime, at: datetime) -> list[date]:
    """The days that have begun since the last step; a step drew the whole of its own day."""
    return [last.date() + timedelta(days=number + 1) for number in range((at.date() - last.date()).days)]


def join_parts(folder: Path, shares: int) -> None:
    for name in ("occasions", "customers", "money", "withheld"):
        join([folder / f"{name}.{number}.csv.gz" for number in range(shares)], folder / f"{name}.csv.gz")


# --- in the runner's own process ---


class OwnFeed:
    """All of it here, for a small bank."""

    def __init__(self, bank: Bank, folder: Path, opened_at: datetime) -> None:
        self.folder, self.feeder = folder, Feeder(bank, folder, opened_at)

    def enroll(self) -> Iterator[int]:
        return self.feeder.enroll()

    def step(self, at: datetime) -> Fed:
        return self.feeder.step(at)

    def close(self) -> Tally:
        tally = self.feeder.close()
        join_parts(self.folder, 1)
        return tally

    def busy(self) -> list[float]:
        return []


# --- in processes of their own ---


class FeedProcesses:
    """`count` processes; each prepares the next step while the runner is at this one."""

    def __init__(self, bank: Bank, folder: Path, opened_at: datetime, steps: list[datetime], count: int) -> None:
        self.folder = folder
        self.lines = [start(feeding, bank, folder, opened_at, Share(n, count), steps) for n in range(count)]
        self.used: list[float] = []

    def enroll(self) -> Iterator[int]:
        busy = list(self.lines)
        while busy:
            ready = wait(busy)
            for line in [line for line in busy if line in ready]:
                done = hear(line)
                if done is None:
                    busy.remove(line)
                else:
                    yield done

    def step(self, at: datetime) -> Fed:
        for line in self.lines:
            line.send(at)
        fed = [hear(line) for line in self.lines]
        return Fed(*(sum(numbers) for numbers in zip(*fed, strict=True)))

    def close(self) -> Tally:
        tally = Tally()
        for line in self.lines:
            part, used = hear(line)
            tally.add(part)
            self.used.append(used)
        join_parts(self.folder, len(self.lines))
        return tally

    def busy(self) -> list[float]:
        return self.used


def feeding(wire: Wire, bank: Bank, folder: Path, opened_at: datetime, share: Share, steps: list[datetime]) -> None:
    """The life of a feeding process."""
    work = Feeder(bank, folder, opened_at, share)
    for done in work.enroll():
        wire.say(done)
    wire.say(None)
    for at in steps:
        with transaction.atomic():
            fed = work.step(at)
            if wire.wait() != at:
                raise RuntimeError("the runner is at another step")
        wire.say(fed)
    wire.say((work.close(), process_time()))
