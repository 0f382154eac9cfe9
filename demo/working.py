"""The branch managers at their tickets during the history: in the process of the runner, or in one beside it.

At every moment they do what is due up to then. A process of its own does it while the runner asks and hears customers,
inside a transaction that it ends only when the runner has done so: the trigger never depends on who was faster.
"""

from __future__ import annotations

import heapq
from collections import Counter, defaultdict
from datetime import datetime
from time import process_time
from typing import Protocol

from django.db import transaction

from closedloop.models import RootCause, Ticket
from common.models import User
from demo import managers
from demo.company.bank import Bank
from demo.processes import Wire, hear, start
from demo.truth.visits import visit_named

Opened = list[tuple[int, str]]  # a ticket (id) and the occasion behind it


class Desk(Protocol):
    def expect(self, at: datetime) -> int:
        """Tickets that were opened at `at` are to be worked; how many."""

    def begin(self, at: datetime) -> None:
        """Start doing what is due up to `at`."""

    def end(self, at: datetime) -> Counter[str]:
        """Have it done and visible to all; how many steps of each kind."""

    def busy(self) -> list[float]:
        """The end: seconds of processor that each process beside the runner used."""


class Managers:
    """What all managers are about to do."""

    def __init__(self, bank: Bank, until: datetime) -> None:
        self.bank, self.until = bank, until
        self.ahead: list[tuple[datetime, int, int, managers.Step]] = []
        self._causes = {cause.code: cause for cause in RootCause.objects.in_force().select_related("edition")}
        bosses = {user.username: user for user in User.objects.filter(employee__assignments__role="branch")}
        self._bosses = {unit: bosses[boss.login] for unit, boss in bank.manager.items()}

    def plan(self, opened: Opened, at: datetime) -> None:
        for pk, code in opened:
            for number, step in enumerate(managers.plan(self.bank, visit_named(self.bank, code), opened_at=at)):
                if step.at < self.until:
                    heapq.heappush(self.ahead, (step.at, pk, number, step))

    def work(self, at: datetime) -> Counter[str]:
        """What is due up to `at`: ticket by ticket, of each in order of time. The clocks are left to the runner, which
        works out those of all at once."""
        due, done = defaultdict[int, list[managers.Step]](list), Counter[str]()
        while self.ahead and self.ahead[0][0] <= at:
            _, pk, _, step = heapq.heappop(self.ahead)
            due[pk].append(step)
        related = ("policy", "unit__calendar", "origin")
        for pk, ticket in Ticket.objects.select_related(*related).order_by("pk").in_bulk(due).items():
            ticket.clocks_wait = True
            with ticket.in_hand():
                done.update(self._take(ticket, step) for step in due[pk])
        return done

    def _take(self, ticket: Ticket, planned: managers.Step) -> str:
        """What became of the step, in a word."""
        unit = ticket.unit.external_id
        step = managers.as_wished(ticket, planned, self.bank.unit[unit].language)
        if step is None:
            return "calls not wished for"
        worked = managers.perform(ticket, step, by=self._bosses[unit], causes=self._causes)
        return step.verb if worked else "steps too late"


def _opened(at: datetime) -> Opened:
    new = Ticket.objects.filter(opened_at=at).order_by("pk")
    return list(new.values_list("pk", "origin__interaction__external_id"))


class OwnDesk:
    """In the runner's own process, for a small bank."""

    def __init__(self, bank: Bank, until: datetime) -> None:
        self.managers = Managers(bank, until)

    def expect(self, at: datetime) -> int:
        opened = _opened(at)
        self.managers.plan(opened, at)
        return len(opened)

    def begin(self, at: datetime) -> None:
        pass

    def end(self, at: datetime) -> Counter[str]:
        return self.managers.work(at)

    def busy(self) -> list[float]:
        return []


class DeskProcesses:
    """In `count` processes beside the runner, each with tickets of its own."""

    def __init__(self, bank: Bank, until: datetime, count: int) -> None:
        self.lines = [start(working, bank, until) for _ in range(count)]
        self.opened, self.since = Opened(), until

    def expect(self, at: datetime) -> int:
        self.opened, self.since = _opened(at), at
        return len(self.opened)

    def begin(self, at: datetime) -> None:
        for number, line in enumerate(self.lines):
            theirs = [(pk, code) for pk, code in self.opened if pk % len(self.lines) == number]
            line.send((theirs, self.since, at))
        self.opened = []

    def end(self, at: datetime) -> Counter[str]:
        for line in self.lines:
            line.send(at)
        done = Counter[str]()
        for line in self.lines:
            done += hear(line)
        return done

    def busy(self) -> list[float]:
        for line in self.lines:
            line.send(None)
        return [hear(line) for line in self.lines]


def working(wire: Wire, bank: Bank, until: datetime) -> None:
    """The life of a process of managers."""
    crew = Managers(bank, until)
    while (told := wire.wait()) is not None:
        opened, since, at = told
        crew.plan(opened, since)
        with transaction.atomic():
            done = crew.work(at)
            if wire.wait() != at:
                raise RuntimeError("the runner is at another step")
        wire.say(done)
    wire.say(process_time())
