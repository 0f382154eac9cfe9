"""Six people under one contact rule, two workers at once, and a log of all that was done to them (for `contacts`).

What the rule promises is held against that log alone, never against the tables of the trigger: who is one person by the
merges in force at the moment, who lives together on that day, which mailbox was written to.
"""

from __future__ import annotations

import random
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from threading import Barrier, Lock
from typing import Any, NamedTuple

from django.core.mail import EmailMessage
from django.db import connection

from common.senders import Outcome, Reply
from crm.models import Account, AccountMember, ContactPoint, Customer, InteractionKind, Merge
from crm.services.merging import MergeRefused, merge, undo
from surveys.models import Invitation, Program
from surveys.services.dispatching import dispatch_due
from surveys.services.occasions.coming_round import turns_come_round
from surveys.services.triggering.running import run_trigger
from tests.contact_deeds import is_reminded, mail_bounces
from tests.contact_stories import BEGINS, PEOPLE, YEAR, ZONES
from tests.factories import crm as make
from tests.factories import surveys as ask
from tests.world import World

WORKERS = 2
MAIL_TAKES = 0.004  # seconds, so that two workers are at the post office at once
LATER = timedelta(hours=11)  # what fell into quiet hours goes out
PROGRAMS = (
    ("visits", Program.Kind.TRANSACTIONAL),
    ("calls", Program.Kind.POST_CALL),
    ("calls-again", Program.Kind.POST_CALL),
    ("wave", Program.Kind.RELATIONSHIP),
)
BEFORE_DECIDING = ("visit", "visit", "visit", "call", "call", "answers", "bounces", "merges", "parts", "moves_in")
BEFORE_SENDING = ("merges", "merges", "parts", "moves_in", "moves_out", "answers", "bounces", "is_reminded", "nothing")


class Contact(NamedTuple):
    what: str  # asked, answered, bounced
    at: datetime
    customer: int
    program: int
    kind: str
    mailbox: str = ""
    invitation: int = 0


@dataclass
class Life:
    """`rule`: the fields of the versions that make it, and "rule" for an entry of `contact_rules`."""

    world: World
    rule: dict[str, Any]
    rng: random.Random
    at: datetime = BEGINS
    log: list[Contact] = field(default_factory=list)
    merges: dict[int, tuple[int, int]] = field(default_factory=dict)  # in force: the two rows
    home: dict[int, date | None] = field(default_factory=dict)  # row: first day no longer there
    wrong: list[str] = field(default_factory=list)
    tally: Counter[str] = field(default_factory=Counter)
    lock: Lock = field(default_factory=Lock)
    at_the_post: int = 0

    def __post_init__(self) -> None:
        self.call_kind, _ = InteractionKind.objects.get_or_create(code="call", defaults={"name": "Call"})
        further = (
            [{"per": "person", "among": "any", "then": "block", **self.rule["rule"]}] if "rule" in self.rule else []
        )
        fields = {"quarantine_days": 0, "program_quarantine_days": 0, "max_age_days": 30} | self.rule
        fields.pop("rule", None)
        for code, kind in PROGRAMS:
            about = {Program.Kind.TRANSACTIONAL: self.world.visit, Program.Kind.POST_CALL: self.call_kind}.get(kind)
            months = 1 if kind == Program.Kind.RELATIONSHIP else None
            ask.version(
                program=ask.program(code=code, kind=kind), interaction_kind=about, contact_rules=further,
                wave_months=months, **fields,
            )  # fmt: skip
        self.programs = {program.code: program for program in Program.objects.all()}
        self.people = [self._person(n) for n in range(PEOPLE)]
        shared = "household" if further and further[0]["per"] == "household" else "account"
        self.account = Account.objects.create(source="crm", external_id="home", kind=shared, as_of=BEGINS)

    def _person(self, number: int) -> Customer:
        """The last two share a mailbox, and spell it differently. Of merged rows often the other's address is taken."""
        email = ("shared@example.org", "Shared@Example.org")[number - 4] if number >= 4 else f"p{number}@example.org"
        zone, unit = ZONES[number % len(ZONES)], (self.world.harbour, self.world.mill)[number % 2]
        person = make.customer(email=email, zone=zone, unit=unit)
        ContactPoint.objects.filter(customer=person).update(preferred=number % 2 == 0)
        return person

    def live(self, steps: int) -> None:
        with ThreadPoolExecutor(WORKERS) as pool:
            self.pool = pool
            for _ in range(steps):
                self._step(
                    timedelta(minutes=self.rng.choice((30, 600, 1440, 2880, 4320, 14_400)) + self.rng.randrange(600))
                )
            self._both(_leave)
        self.tally["merges in force"] += len(self.merges)

    def _step(self, passes: timedelta) -> None:
        """Something happens, both decide, something happens, both send; and once more when the night is over."""
        if passes > LATER:
            self.at += LATER
            self._both(self._send)
            passes -= LATER
        self.at += passes
        self._happen(BEFORE_DECIDING, self.rng.randrange(1, 4))
        self._both(self._decide)
        self._happen(BEFORE_SENDING, self.rng.randrange(3))
        self._both(self._send)

    def _happen(self, deeds: tuple[str, ...], number: int) -> None:
        for deed in self.rng.choices(deeds, k=number):
            getattr(self, f"_{deed}")(*self.rng.sample(self.people, 2))

    # what both workers do at once

    def _both(self, work: Callable[[], object]) -> None:
        barrier = Barrier(WORKERS)

        def begin() -> None:
            barrier.wait()
            work()

        for each in [self.pool.submit(begin) for _ in range(WORKERS)]:
            each.result()

    def _decide(self) -> None:
        turns_come_round(at=self.at)
        while run_trigger(at=self.at):
            pass

    def _send(self) -> None:
        sent = dispatch_due(at=self.at, limit=100, hand_over=self._carry)
        with self.lock:
            self.tally.update(sent)

    def _carry(self, mail: EmailMessage) -> Reply:
        invitation = Invitation.objects.select_related("program").get(public_id=mail.extra_headers["X-NPS-Invitation"])
        program = invitation.program
        new = Contact(
            "asked", self.at, invitation.customer_id, program.pk, program.kind, mail.to[0].lower(), invitation.pk
        )
        with self.lock:
            self.at_the_post += 1
            self.tally["met at the post"] += self.at_the_post > 1
            self.tally[f"asked: {program.kind}"] += 1
            self.wrong += [f"{self.at}: customer {new.customer}: {why}" for why in self._objections(new)]
            self.log.append(new)
        time.sleep(MAIL_TAKES)
        with self.lock:
            self.at_the_post -= 1
        return Reply(Outcome.ACCEPTED, "250")

    # what happens, in between

    def _visit(self, *people: Customer) -> None:
        for each in people:
            make.interaction(kind=self.world.visit, customer=each, unit=self.world.harbour, occurred_at=self.at)

    def _call(self, *people: Customer) -> None:
        for each in people:
            make.interaction(kind=self.call_kind, customer=each, unit=self.world.mill, occurred_at=self.at)

    def _answers(self, person: Customer, _: Customer) -> None:
        program = self.programs[self.rng.choice(("visits", "wave"))]
        ask.response(unit=self.world.harbour, program=program, customer=person, answered_at=self.at)
        self.log.append(Contact("answered", self.at, person.pk, program.pk, program.kind))

    def _bounces(self, person: Customer, _: Customer) -> None:
        mail_bounces(person, number=len(self.log), at=self.at)
        self.log.append(Contact("bounced", self.at, person.pk, 0, ""))

    def _is_reminded(self, person: Customer, _: Customer) -> None:
        self.tally["reminders"] += is_reminded(person, at=self.at)

    def _merges(self, person: Customer, other: Customer) -> None:
        try:
            row = merge(kept=person, merged=other, at=self.at)
        except MergeRefused:  # they are one already
            return
        self.merges[row.pk] = person.pk, other.pk
        self.tally["merges"] += 1

    def _parts(self, *_: Customer) -> None:
        if self.merges:
            pk = self.rng.choice(list(self.merges))
            undo(merge=Merge.objects.get(pk=pk), at=self.at)
            del self.merges[pk]
            self.tally["merges undone"] += 1

    def _moves_in(self, *people: Customer) -> None:
        for each in people:
            AccountMember.objects.update_or_create(account=self.account, customer=each, defaults={"until": None})
            self.home[each.pk] = None

    def _moves_out(self, person: Customer, _: Customer) -> None:
        if person.pk in self.home:
            AccountMember.objects.filter(account=self.account, customer=person).update(until=self.at.date())
            self.home[person.pk] = self.at.date()

    def _nothing(self, *_: Customer) -> None:
        """So that some rounds are quiet."""

    # what the rule promises

    def _objections(self, new: Contact) -> Iterator[str]:
        cap = self.rule.get("yearly_cap")
        rule = {"since": "asked", "per": "person", "among": "any", **self.rule.get("rule", {})}
        if "program_quarantine_days" in self.rule:
            rule["among"] = "kind"
        days = (
            YEAR
            if cap
            else rule.get("days") or self.rule.get("quarantine_days") or self.rule["program_quarantine_days"]
        )
        near = [c for c in self._of(new, rule) if c.at > self.at - timedelta(days=days)]
        if cap is None:
            yield from (f"{c.what} at {c.at}, within {days} days" for c in near if c.invitation != new.invitation)
        elif len(near) >= cap:
            yield f"{len(near)} times within a year"

    def _of(self, new: Contact, rule: dict[str, Any]) -> list[Contact]:
        """Contacts of the sort to those who count with `new`'s person, and what was written to the mailbox itself."""
        mates = self._mates(new.customer, rule["per"])
        fits = {
            "any": lambda c: True,
            "kind": lambda c: c.kind == new.kind,
            "program": lambda c: c.program == new.program,
        }
        return [
            c
            for c in self.log
            if c.what == rule["since"] and fits[rule["among"]](c) and (c.customer in mates or c.mailbox == new.mailbox)
        ]

    def _mates(self, customer: int, per: str) -> set[int]:
        """Rows whose contacts count: the person's, and where the rule shares of all who live there that day."""
        mates = self._person_of(customer)
        there = {row for row, until in self.home.items() if until is None or until > self.at.date()}
        if per != "person" and mates & there:
            mates = mates.union(*map(self._person_of, there))
        return mates

    def _person_of(self, row: int) -> set[int]:
        rows, found = set[int](), {row}
        while found != rows:
            rows = set(found)
            found |= {each for pair in self.merges.values() if rows.intersection(pair) for each in pair}
        return rows


def _leave() -> None:
    connection.close()  # the worker's own
