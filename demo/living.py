"""What keeps happening while the demo runs, through public faces only: `python -m demo.living`.

The core banking system sends new visits to the REST API with its key; customers find the survey in their mailbox (IMAP)
and answer some of them on the survey pages. It needs no database and no code of the house.
"""

from __future__ import annotations

import json
import os
import random
import time
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx

from demo.company.bank import Bank, build
from demo.company.sizes import Size
from demo.mailboxes import is_empty, new_links
from demo.pages import take_survey
from demo.places import WEB, address
from demo.truth.minds import Answer, answer
from demo.truth.visits import Visit, as_item, happen

EVERY = 7.0  # seconds between two visits
LOOKS = 4.0  # seconds between two looks into the mailboxes
WAITS = 600.0  # seconds after which nobody expects a survey any more
THINKS = (8.0, 45.0)  # seconds between the mail and the answer
TRIES, PATIENCE = 12, 8  # visits of the played customer, seconds to wait for the survey of each
PLAYED_AT = "B-HAR"  # where the mailbox that the visitor plays was served


@dataclass
class Expected:
    """A customer who may get a survey; `said` is None for those who would not answer."""

    said: Answer | None
    until: float
    link: str = ""
    due: float = 0.0


@dataclass
class Life:
    bank: Bank
    client: httpx.Client
    key: str
    next_silent: int
    start: int  # how often the demo was started; part of the ids sent
    rng: random.Random = field(default_factory=random.SystemRandom)
    expected: dict[str, Expected] = field(default_factory=dict)
    sent: int = 0

    def welcome_player(self) -> None:
        """The customer whom the visitor plays: new, just served in the branch, and answering by themselves. Not every
        visit is drawn, so Robin comes again until a survey has arrived; the mailbox is then the first of the list."""
        code = f"YOU-{self.start:04}"
        points = [{"channel": "email", "address": player(self.start), "preferred": True}]
        points.append({"channel": "phone", "address": "+441174960999"})
        self._post("customers", {
            "external_id": code, "given_name": "Robin", "family_name": "Visitor", "language": "en", "unit": PLAYED_AT,
            "contact_points": points,
        })  # fmt: skip
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
        self.expected[person.email] = Expected(answer(self.bank, visit), time.monotonic() + WAITS)
        print(f"{person.given} {person.family} at {self.bank.unit[person.unit].name}: {visit.kind}", flush=True)

    def _visit(self, customer: str, unit: str) -> Visit:
        self.sent += 1
        at = datetime.now(UTC) - timedelta(minutes=self.rng.randrange(2, 20))
        code = f"L{self.start}-{self.sent:05}"
        visit = happen(self.bank, unit=self.bank.unit[unit], person=customer, at=at, code=code, rng=self.rng)
        self._post("interactions", as_item(visit))
        return visit

    def _post(self, what: str, item: dict[str, Any]) -> None:
        reply = self.client.post(f"/api/v1/{what}", json=item, headers={"Authorization": f"Bearer {self.key}"})
        if reply.is_error:
            print(f"{what}: {reply.status_code} {reply.text[:300]}", flush=True)

    def look(self) -> None:
        """Into the mailboxes of those who expect something."""
        now = time.monotonic()
        for box in [box for box, waiting in self.expected.items() if now > waiting.until]:
            del self.expected[box]
        for box, waiting in self.expected.items():
            if not waiting.link and (links := new_links(box)):
                waiting.link, waiting.due = links[0], now + self.rng.uniform(*THINKS)

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
        key = (folder / "api_key").read_text()
        life = Life(bank_of(known), client, key, int(known.get("next_silent", 0)), int(known["start"]))
        life.welcome_player()
        visit_at = look_at = time.monotonic()
        while True:
            now = time.monotonic()
            try:
                if now >= visit_at:
                    life.arrive()
                    visit_at = now + EVERY * random.uniform(0.5, 1.5)
                    notes.write_text(json.dumps(known | {"next_silent": life.next_silent}))
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
