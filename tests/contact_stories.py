"""Contact rules held against random lives: visits, calls, answers, bounces, reminders, merges (some undone) and moves
into a household, across zones and daylight-saving changes. Of each hand-off is checked, from what was done alone and
never from the tables of the trigger, that no other contact of that sort lies within the rule's window.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from django.core.mail import EmailMessage
from django.db.models import Q

from common.senders import Outcome, Reply
from crm.models import Account, AccountMember, ContactPoint, Customer, Interaction, Merge
from crm.services.merging import merge, undo
from surveys.models import Invitation, Program
from surveys.services.dispatching import dispatch_due
from surveys.services.triggering.running import run_trigger
from tests.contact_deeds import is_reminded, mail_bounces
from tests.factories import crm as make
from tests.factories import surveys as ask
from tests.world import World

BEGINS = datetime(2026, 10, 18, 6, tzinfo=UTC)  # clocks change in London on 25 October, in New York on 1 November
ZONES = ("Europe/London", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe", "")
PEOPLE = 6
DEEDS = (
    "visits", "visits", "visits", "calls", "calls", "answers", "bounces", "is_reminded", "is_merged", "is_parted",
    "moves_in",
)  # fmt: skip
YEAR = 365

RULES: dict[str, dict[str, Any]] = {
    "since any question": {"quarantine_days": 30},
    "since one of the kind": {"program_quarantine_days": 30},
    "since one of the program": {"rule": {"since": "asked", "days": 30, "among": "program"}},
    "of the household": {"rule": {"since": "asked", "days": 20, "per": "household"}},
    "of the account, of the kind": {"rule": {"since": "asked", "days": 20, "per": "account", "among": "kind"}},
    "delayed": {"rule": {"since": "asked", "days": 10, "then": "delay"}},
    "delayed, of the kind": {"rule": {"since": "asked", "days": 10, "among": "kind", "then": "delay"}},
    "since an answer": {"rule": {"since": "answered", "days": 30}},
    "since a bounce": {"rule": {"since": "bounced", "days": 30, "per": "household"}},
    "yearly cap": {"yearly_cap": 2},
}


class Step(NamedTuple):
    """What happens to whom, and how many hours later."""

    hours: int
    deed: str
    who: int
    other: int


class Contact(NamedTuple):
    what: str  # asked, answered, bounced
    at: datetime
    customer: int
    program: int
    kind: str
    mailbox: str = ""  # that it was written to


@dataclass
class Story:
    """Six people, two programs, one rule."""

    world: World
    rule: dict[str, Any]
    at: datetime = BEGINS
    contacts: list[Contact] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    tally: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        Interaction.objects.all().delete()
        further = (
            [{"per": "person", "among": "any", "then": "block", **self.rule["rule"]}] if "rule" in self.rule else []
        )
        fields = {"quarantine_days": 0, "program_quarantine_days": 0, "max_age_days": 30, **self.rule}
        fields.pop("rule", None)
        self.call = make.interaction_kind(code="call", name="Call")
        for code, kind, about in (
            ("visits", Program.Kind.TRANSACTIONAL, self.world.visit),
            ("calls", Program.Kind.POST_CALL, self.call),
            ("calls-again", Program.Kind.POST_CALL, self.call),
        ):
            program = ask.program(code=code, kind=kind)
            ask.version(program=program, interaction_kind=about, contact_rules=further, **fields)
        self.people = [make.customer(email=f"p{n}@example.org", zone=ZONES[n % 5]) for n in range(PEOPLE)]
        ContactPoint.objects.filter(customer__in=self.people[::2]).update(
            preferred=False
        )  # merged: the other's is taken
        kind = "household" if further and further[0]["per"] == "household" else "account"
        self.home = Account.objects.create(source="crm", external_id="home", kind=kind, as_of=BEGINS)

    def live(self, steps: Iterable[Step]) -> None:
        for step in steps:
            self.at += timedelta(hours=step.hours, minutes=step.who)
            getattr(self, step.deed)(self.people[step.who], self.people[step.other])
            self._run()
        self.at += timedelta(days=1)
        self._run()
        left = Interaction.objects.filter(triggered_at=None).count()
        self.wrong += [f"{left} interactions were never decided"] if left else []

    def visits(self, person: Customer, _: Customer) -> None:
        make.interaction(kind=self.world.visit, customer=person, unit=self.world.harbour, occurred_at=self.at)

    def calls(self, person: Customer, _: Customer) -> None:
        make.interaction(kind=self.call, customer=person, unit=self.world.mill, occurred_at=self.at)

    def answers(self, person: Customer, _: Customer) -> None:
        program = Program.objects.get(code="visits")
        ask.response(unit=self.world.harbour, program=program, customer=person, answered_at=self.at)
        self.contacts.append(Contact("answered", self.at, person.pk, program.pk, program.kind))

    def bounces(self, person: Customer, _: Customer) -> None:
        mail_bounces(person, number=len(self.contacts), at=self.at)
        self.contacts.append(Contact("bounced", self.at, person.pk, 0, ""))

    def is_reminded(self, person: Customer, _: Customer) -> None:
        is_reminded(person, at=self.at)

    def is_merged(self, person: Customer, other: Customer) -> None:
        person.refresh_from_db()
        other.refresh_from_db()
        if person.canonical_id is None and other.canonical_id is None and person != other:
            merge(kept=person, merged=other, at=self.at)
            self.tally["merges"] += 1

    def is_parted(self, person: Customer, _: Customer) -> None:
        """The last merge of theirs is undone: what was written to a mailbox was written to it all the same."""
        row = Merge.objects.in_force().filter(Q(kept=person) | Q(merged=person)).order_by("pk").last()
        if row:
            undo(merge=row, at=self.at)
            self.tally["partings"] += 1

    def moves_in(self, person: Customer, other: Customer) -> None:
        for each in (person, other):
            AccountMember.objects.get_or_create(account=self.home, customer=each, role="member")

    def _run(self) -> None:
        run_trigger(at=self.at)
        self.tally.update(dispatch_due(at=self.at, limit=100, hand_over=self._carry))

    def _carry(self, mail: EmailMessage) -> Reply:
        invitation = Invitation.objects.select_related("program").get(public_id=mail.extra_headers["X-NPS-Invitation"])
        program = invitation.program
        contact = Contact("asked", self.at, invitation.customer_id, program.pk, program.kind, mail.to[0])
        own = str(mail.extra_headers["Message-ID"]).endswith(".r>")
        for why in self._objections(contact, reminder_of=invitation if own else None):
            self.wrong.append(f"{self.at}: customer {contact.customer}: {why}")
        self.tally["asked"] += 1
        self.contacts.append(contact)
        return Reply(Outcome.ACCEPTED, "250")

    def _objections(self, new: Contact, *, reminder_of: Invitation | None) -> Iterable[str]:
        own = {(c.at, c.customer) for c in self._of(reminder_of)}
        cap = self.rule.get("yearly_cap")
        if cap is not None:
            lately = [c for c in self._asked(new) if c.at > self.at - timedelta(days=YEAR)]
            if len(lately) >= cap:
                yield f"{len(lately)} times within a year"
            return
        rule = {"since": "asked", "per": "person", "among": "any", **self.rule.get("rule", {})}
        if "program_quarantine_days" in self.rule:
            rule["among"] = "kind"
        days = rule.get("days") or self.rule.get("quarantine_days") or self.rule["program_quarantine_days"]
        mates = self._mates(new.customer, rule["per"])
        for c in self.contacts:
            fits = {"any": True, "kind": c.kind == new.kind, "program": c.program == new.program}[rule["among"]]
            near = c.at > self.at - timedelta(days=days)
            theirs = c.customer in mates or c.mailbox == new.mailbox
            if c.what == rule["since"] and theirs and fits and near and (c.at, c.customer) not in own:
                yield f"{c.what} at {c.at}, within {days} days"

    def _of(self, invitation: Invitation | None) -> list[Contact]:
        """The contact that a reminder is about."""
        found = [c for c in self.contacts if c.what == "asked"]
        return [
            c
            for c in found
            if invitation and (c.customer, c.program) == (invitation.customer_id, invitation.program_id)
        ]

    def _asked(self, new: Contact) -> list[Contact]:
        """Questions to the person or to the mailbox."""
        mates = self._mates(new.customer, "person")
        return [c for c in self.contacts if c.what == "asked" and (c.customer in mates or c.mailbox == new.mailbox)]

    def _mates(self, customer: int, per: str) -> set[int]:
        rows = {c.pk: c.canonical_id or c.pk for c in Customer.objects.all()}
        roots = {rows[customer]}
        members = {
            rows[pk] for pk in AccountMember.objects.filter(account=self.home).values_list("customer", flat=True)
        }
        if per != "person" and roots & members:
            roots |= members
        return {pk for pk, root in rows.items() if root in roots}
