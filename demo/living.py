"""What keeps happening while the demo runs, through public faces only: `python -m demo.living`.

The core banking system goes on as in the history: every visit of an ordinary day, at its hour. Beside it tablets send a
visit every few seconds, so that whoever looks sees it live; they have a source and a key of their own, since nothing is
usual of them yet. Customers find the survey in their mailbox (IMAP) and answer some of them on the survey pages; where
a machine guards the mailbox it follows the links first. Branches that cheat go on withholding, begging and forging. It
needs no database and no code of the house.
"""

from __future__ import annotations

import json
import os
import random
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx

from demo.company.bank import SOURCE, Bank, build
from demo.company.customers import Customer
from demo.company.sizes import Size
from demo.mailboxes import is_empty, new_links
from demo.pages import take_survey
from demo.places import TABLETS_KEY, WEB, address
from demo.truth.cheating import is_withheld, outcome
from demo.truth.minds import Answer, feel
from demo.truth.post import scans
from demo.truth.visits import Visit, as_item, happen, visits_of

EVERY = 7.0  # seconds between two visits
LOOKS = 4.0  # seconds between two looks into the mailboxes
WAITS = 600.0  # seconds after which nobody expects a survey any more
THINKS = (8.0, 45.0)  # seconds between the mail and the answer
TRIES, PATIENCE = 12, 8  # visits of the played customer, seconds to wait for the survey of each
PLAYED_AT = "B-HAR"  # where the mailbox that the visitor plays was served
REFERENCES = ("customer", "unit", "employee")  # of a visit: the core system knows them


@dataclass
class Expected:
    """A customer who may get a survey; `said` is None for those who would not answer."""

    visit: Visit
    until: float
    said: Answer | None = None
    link: str = ""
    due: float = 0.0


@dataclass
class Life:
    bank: Bank
    client: httpx.Client
    key: str
    tablets_key: str
    next_silent: int
    start: int  # how often the demo was started; part of the ids sent
    rng: random.Random = field(default_factory=random.SystemRandom)
    expected: dict[str, Expected] = field(default_factory=dict)
    sent: int = 0
    coming: Iterator[Visit] = field(init=False)
    next_visit: Visit = field(init=False)

    def __post_init__(self) -> None:
        self.coming = ordinary(self.bank, datetime.now(UTC))
        self.next_visit = next(self.coming)

    def welcome_player(self) -> None:
        """The customer whom the visitor plays: new, just served in the branch, and answering by themselves. Not every
        visit is drawn, so Robin comes again until a survey has arrived; the mailbox is then the first of the list."""
        code = f"YOU-{self.start:04}"
        points = [{"channel": "email", "address": player(self.start), "preferred": True}]
        points.append({"channel": "phone", "address": "+441174960999"})
        self._post("customers", {
            "external_id": code, "given_name": "Robin", "family_name": "Visitor", "language": "en", "unit": PLAYED_AT,
            "contact_points": points,
        }, self.key)  # fmt: skip
        for _ in range(TRIES):
            self._visit(code, PLAYED_AT)
            for _ in range(PATIENCE):
                time.sleep(1)
                if not is_empty(player(self.start)):
                    print(f"{player(self.start)} has mail", flush=True)
                    return

    def arrive(self) -> None:
        """Somebody who was not asked for a long time comes in."""
        person = self.bank.silent(self.next_silent)
        self.next_silent += 1
        visit = self._visit(person.code, person.unit)
        self._expect(visit, person)
        print(f"{person.given} {person.family} at {self.bank.unit[person.unit].name}: {visit.kind}", flush=True)

    def go_on(self) -> None:
        """The ordinary day up to now, by the core system."""
        while self.next_visit.occurred_at <= datetime.now(UTC):
            visit, self.next_visit = self.next_visit, next(self.coming)
            if is_withheld(self.bank, visit, feel(self.bank, visit)):
                continue
            self._post("interactions", as_item(visit), self.key)
            if (person := self.bank.customer_named(visit.customer)) is not None:
                self._expect(visit, person)

    def _expect(self, visit: Visit, person: Customer) -> None:
        self.expected[person.email] = Expected(visit, time.monotonic() + WAITS)

    def _visit(self, customer: str, unit: str) -> Visit:
        self.sent += 1
        at = datetime.now(UTC) - timedelta(minutes=self.rng.randrange(2, 20))
        code = f"L{self.start}-{self.sent:05}"
        visit = happen(self.bank, unit=self.bank.unit[unit], person=customer, at=at, code=code, rng=self.rng)
        known = {name: {"source": SOURCE, "external_id": getattr(visit, name)} for name in REFERENCES}
        self._post("interactions", as_item(visit) | known, self.tablets_key)
        return visit

    def _post(self, what: str, item: dict[str, Any], key: str) -> None:
        reply = self.client.post(f"/api/v1/{what}", json=item, headers={"Authorization": f"Bearer {key}"})
        if reply.is_error:
            print(f"{what}: {reply.status_code} {reply.text[:300]}", flush=True)

    def look(self) -> None:
        """Into the mailboxes of those who expect something."""
        now = time.monotonic()
        for box in [box for box, waiting in self.expected.items() if now > waiting.until]:
            del self.expected[box]
        for box, waiting in self.expected.items():
            if not waiting.link and (links := new_links(box)):
                handed_at = datetime.now(UTC)
                waiting.link, waiting.due = links[0], now + self.rng.uniform(*THINKS)
                waiting.said = outcome(self.bank, waiting.visit, handed_at=handed_at, redirected=False)
                self._scan(waiting, handed_at)

    def _scan(self, waiting: Expected, handed_at: datetime) -> None:
        """The machine of the mail domain, if there is one."""
        person = self.bank.customer_named(waiting.visit.customer)
        for look in scans(self.bank, waiting.visit, person, handed_at):
            score = {} if look.score is None else {"score": str(look.score)}
            httpx.request(look.method, waiting.link, params=score, headers={"User-Agent": look.agent}, timeout=20)

    def speak(self) -> None:
        """Answer what is due."""
        now = time.monotonic()
        for box, waiting in list(self.expected.items()):
            if waiting.link and now >= waiting.due:
                del self.expected[box]
                if waiting.said is not None:
                    with httpx.Client(follow_redirects=True, timeout=20) as browser:
                        take_survey(browser, waiting.link, waiting.said)
                    print(f"{box}: {waiting.said.score} {waiting.said.comment}", flush=True)


def ordinary(bank: Bank, since: datetime) -> Iterator[Visit]:
    """The visits of the bank's days from `since` on, in order of time; without end."""
    day = since.date()
    while True:
        visits = (visit for unit in bank.branches for visit in visits_of(bank, unit, day))
        yield from sorted((v for v in visits if v.occurred_at > since), key=lambda v: (v.occurred_at, v.code))
        day += timedelta(days=1)


def bank_of(known: dict[str, Any]) -> Bank:
    """The bank of the notes that the start left in living.json."""
    size = Size(**known["size"] | {"hours": tuple(known["size"]["hours"])})
    return build(int(known["seed"]), size, until=date.fromisoformat(known["until"]))


def player(start: int) -> str:
    return f"you{start}@post.example"


def main() -> None:
    folder = Path(os.environ["SHOPKEEPER_DEMO_FOLDER"])
    notes = folder / "living.json"
    known = json.loads(notes.read_text()) if notes.exists() else {}
    with httpx.Client(base_url=address(WEB), timeout=20) as client:
        keys = (folder / "api_key").read_text(), (folder / TABLETS_KEY).read_text()
        life = Life(bank_of(known), client, *keys, int(known.get("next_silent", 0)), int(known["start"]))
        life.welcome_player()
        visit_at = look_at = time.monotonic()
        while True:
            now = time.monotonic()
            try:
                if now >= visit_at:
                    life.arrive()
                    visit_at = now + EVERY * random.uniform(0.5, 1.5)
                    notes.write_text(json.dumps(known | {"next_silent": life.next_silent}))
                life.go_on()
                if now >= look_at:
                    life.look()
                    look_at = now + LOOKS
                life.speak()
            except (httpx.HTTPError, OSError) as error:
                print(f"{type(error).__name__}: {error}", flush=True)
                time.sleep(3)
            time.sleep(0.5)


if __name__ == "__main__":
    main()
