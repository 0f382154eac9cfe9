"""R-08: whatever comes in whichever order, nobody is written to who was suppressed or had refused before the hand-off.

A story is one person with two rows in the customer table (merged or not), addresses of each row and one that both may
have, and twenty things that happen to them at random; who stays silent is reminded. What may not happen is known here
from what was done alone, never from the tables.
"""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.core.mail import EmailMessage
from django.db import transaction

from common.senders import Outcome, Reply
from crm.models import Customer, Interaction, Suppression
from crm.services.consenting import grant, refuse
from crm.services.holding import hold, release
from crm.services.ingesting import ingest_customers, ingest_interactions
from crm.services.suppressing import suppress
from surveys.models import ContactLedger, Invitation, Message
from surveys.services.dispatching import dispatch_due
from surveys.services.reminding.making import make_reminders
from surveys.services.stopping import stop_asking
from surveys.services.triggering.running import run_trigger
from tests.factories import crm, surveys
from tests.world import NOW, World, build_world

STEPS = 20
EMAIL, SURVEY = "email", "survey"
REPLIES = (
    Reply(Outcome.ACCEPTED, "250"),
    Reply(Outcome.ACCEPTED, "250"),
    Reply(Outcome.REFUSED_FOR_NOW, "451"),
    Reply(Outcome.REFUSED, "550 5.1.1", address_is_bad=True),
    Reply(Outcome.REFUSED, "550 5.7.1"),
    Reply(Outcome.UNKNOWN, "the line went dead"),
)
DEEDS = {
    "comes_in": 4, "visits": 8, "allows": 3, "refuses": 1, "unsubscribes": 2, "complains": 1, "is_held": 1,
    "is_released": 3, "is_merged": 1, "is_parted": 1, "is_erased": 0.1, "stays_silent": 5,
}  # fmt: skip


@dataclass
class Row:
    """One row of the customer table, as it must be."""

    customer: Customer
    addresses: set[str] = field(default_factory=set)
    said: tuple[datetime, bool] | None = None
    holds: int = 0
    erased: bool = False


@dataclass
class Story:
    """One person, and what was done to them."""

    world: World
    number: int
    rng: random.Random
    rows: list[Row]
    merged: bool = False
    unsubscribed: set[str] = field(default_factory=set)
    never_again: set[str] = field(default_factory=set)
    told: list[str] = field(default_factory=list)

    def happen(self, at: datetime) -> None:
        (deed,), row = self.rng.choices(list(DEEDS), list(DEEDS.values())), self.rng.choice(self.rows)
        self.told.append(f"{at:%H:%M} {deed} {self.rows.index(row)}")
        getattr(self, deed)(row, at)

    def person(self, row: Row) -> list[Row]:
        return self.rows if self.merged else [row]

    def comes_in(self, row: Row, at: datetime) -> None:
        """The CRM sends the customer, at times late: some of the addresses, sometimes a word on consent."""
        known_at = at - timedelta(minutes=self.rng.choice([0, 0, 0, 7]))
        own = [f"p{self.number}-{name}@example.org" for name in (self.rows.index(row), "both")]
        given = [address for address in own if self.rng.random() < 0.7]
        item: dict[str, Any] = {"external_id": row.customer.external_id, "as_of": known_at.isoformat()}
        item["contact_points"] = [{"channel": EMAIL, "address": address} for address in given]
        word = self.rng.choice([None, None, None, True, False])
        if word is not None:
            item["consents"] = [{"channel": EMAIL, "purpose": SURVEY, "granted": word}]
        (result,) = ingest_customers([item], source="crm", at=at)
        if result.status == "rejected":
            assert row.erased, result.errors
            return
        if result.status != "stale":
            row.addresses = set(given)
        self.told.append(f"{result.status} with {len(given)} addresses and the word {word}")
        if word is not None and (row.said is None or row.said[0] <= known_at):
            row.said = (known_at, word)

    def visits(self, row: Row, at: datetime) -> None:
        item = {
            "external_id": f"v{self.number}-{at:%H%M%S}", "kind": self.world.visit.code, "occurred_at": at.isoformat(),
            "customer": row.customer.external_id, "unit": self.world.harbour.external_id,
        }  # fmt: skip
        ingest_interactions([item], source="crm", at=at)

    def allows(self, row: Row, at: datetime) -> None:
        grant(customer=row.customer, channel=EMAIL, purpose=SURVEY, at=at)
        row.said = (at, True)
        self.unsubscribed -= row.addresses

    def refuses(self, row: Row, at: datetime) -> None:
        refuse(customer=row.customer, channel=EMAIL, purpose=SURVEY, at=at)
        row.said = (at, False)

    def unsubscribes(self, row: Row, at: datetime) -> None:
        invitation = Invitation.objects.filter(customer=row.customer).select_related("customer__canonical").first()
        if invitation is None:
            return
        stop_asking(invitation=invitation, at=at)
        for other in self.person(row):
            self.unsubscribed |= other.addresses
        row.said = (at, False)

    def complains(self, row: Row, at: datetime) -> None:
        for address in sorted(row.addresses)[:1]:
            suppress(channel=EMAIL, normalized=address, reason=Suppression.Reason.COMPLAINED, at=at)
            self.never_again.add(address)

    def is_held(self, row: Row, at: datetime) -> None:
        hold(customer=row.customer, cause=f"p{self.number}-{row.customer.pk}", at=at, kind="complaint")
        row.holds = 1

    def is_released(self, row: Row, at: datetime) -> None:
        release(cause=f"p{self.number}-{row.customer.pk}", at=at)
        row.holds = 0

    def is_merged(self, row: Row, at: datetime) -> None:
        self._join(self.rows[0].customer.pk)

    def is_parted(self, row: Row, at: datetime) -> None:
        self._join(None)

    def _join(self, canonical: int | None) -> None:
        self.merged = canonical is not None
        Customer.objects.filter(pk=self.rows[1].customer.pk).update(canonical=canonical)
        self.rows[1].customer.refresh_from_db()

    def stays_silent(self, row: Row, at: datetime) -> None:
        """The days pass after which who was asked is reminded; whoever else's time has come is looked at as well."""
        rows = [each.customer.pk for each in self.rows]
        ContactLedger.objects.filter(customer__in=rows, remind_at__gt=at).update(remind_at=at)
        make_reminders(at=at)

    def is_erased(self, row: Row, at: datetime) -> None:
        Customer.objects.filter(pk=row.customer.pk).update(erased_at=at)
        row.erased = True

    def objection(self, address: str, customer: int) -> str:
        """Why this must not have left; empty if nothing speaks against it."""
        person = self.person(next(row for row in self.rows if row.customer.pk == customer))
        words = [row.said for row in person if row.said]
        if address in self.never_again:
            return "the address is dead, or complained"
        if address in self.unsubscribed:
            return "unsubscribed"
        if words and not max(words, key=lambda word: (word[0], not word[1]))[1]:
            return "refused"
        if any(row.holds for row in person):
            return "on hold"
        return "erased" if any(row.erased for row in person) else ""


@dataclass
class Telling:
    """Many stories side by side in one company; the trigger and the dispatcher work for all of them."""

    seed: int
    people: int
    stories: dict[int, Story] = field(default_factory=dict)
    tally: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)
    at: datetime = NOW  # when the round began
    now: datetime = NOW

    def tell(self) -> None:
        """All stories from beginning to end; nothing of it stays in the database."""
        with transaction.atomic():
            self._begin()
            rng = random.Random(self.seed)
            for step in range(STEPS):
                self.at = self.now = at = NOW + timedelta(minutes=3 * step)
                for story in {id(story): story for story in self.stories.values()}.values():
                    story.happen(at)
                if rng.random() < 0.6:
                    run_trigger(at=at)
                if rng.random() < 0.6:
                    self.tally.update(self._round())
            transaction.set_rollback(True)

    def _round(self) -> Counter[str]:
        return dispatch_due(at=self.at, limit=10_000, hand_over=self._carry, clock=lambda: self.now)

    def _begin(self) -> None:
        world = build_world()
        Interaction.objects.all().delete()
        free = {"quarantine_days": 0, "program_quarantine_days": 0, "interaction_kind": world.visit}
        surveys.version(consent_required=False, reminder_days=[5, 12], **free)
        for number in range(self.people):
            rows = [Row(crm.customer(unit=world.harbour, as_of=NOW - timedelta(days=1))) for _ in range(2)]
            story = Story(world, number, random.Random(f"{self.seed}:{number}"), rows)
            self.stories |= {row.customer.pk: story for row in rows}
            for row in rows:
                story.comes_in(row, NOW - timedelta(minutes=1))

    def _carry(self, message: EmailMessage) -> Reply:
        kind, _, rest = message.extra_headers["Message-ID"].partition("@")[0].partition(".")
        number = rest.rpartition(".")[2]
        customer = Invitation.objects.values_list("customer", flat=True).get(public_id=number)
        story, address = self.stories[customer], message.to[0]
        self.tally["hand-offs"] += 1
        self.tally["reminders"] += kind == "<reminder"
        if why := story.objection(address, customer):
            self.wrong.append(f"seed {self.seed}, person {story.number}: {why}; {', '.join(story.told)}; now {address}")
        reply = story.rng.choice(REPLIES)
        if reply.address_is_bad:
            story.never_again.add(address)
            story.told.append("bounced")
        self._meanwhile(but=story)
        return reply

    def _meanwhile(self, but: Story) -> None:
        """Something happens to somebody whose message was read ahead and waits for its turn in this round."""
        waiting = Message.objects.filter(state="pending", due_at__lte=self.at).values_list("invitation__customer")
        people = sorted({self.stories[customer].number: customer for (customer,) in waiting}.items())
        others = [customer for number, customer in people if number != but.number]
        if not others:
            return
        customer = but.rng.choice(others)
        story, self.now = self.stories[customer], self.now + timedelta(seconds=1)
        row = next(row for row in story.rows if row.customer.pk == customer)
        before = any(story.objection(address, customer) for address in row.addresses)
        story.happen(self.now)
        after = any(story.objection(address, customer) for address in row.addresses)
        self.tally["deeds in a round"] += 1
        self.tally["stopped in a round"] += after and not before
