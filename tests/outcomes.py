"""R-25: what is sent in adds up. Items of known fate go through the API; every one is told what became of it, the sums
are those of the items, and the rows are those that were made."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count, islice
from typing import Any

from django.utils import timezone

from common.models import Load
from crm.models import Interaction
from surveys.models import Response
from tests.api import Caller
from tests.factories import surveys
from tests.world import World

FATES = {"new": 6, "again": 2, "newer": 1, "older": 1, "stranger": 1, "misfit": 1, "shapeless": 1, "early": 1}
# what an interaction and an answer of that fate are told
TOLD = {
    "interactions": {"new": "created", "again": "unchanged", "newer": "updated", "older": "stale"},
    "responses": {"new": "created", "again": "unchanged"},  # another answer under the same id is rejected
}
ROWS = {"interactions": Interaction, "responses": Response}


@dataclass
class Sender:
    """Sends lists of items of one kind and remembers what should have become of each."""

    kind: str
    world: World
    rng: random.Random
    now: datetime = field(default_factory=timezone.now)
    numbers: Iterator[int] = field(default_factory=count)
    known: list[dict[str, Any]] = field(default_factory=list)
    expected: Counter[str] = field(default_factory=Counter)
    told: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)

    def item(self) -> dict[str, Any]:
        at = (self.now - timedelta(days=1)).isoformat()
        shared = {"external_id": f"{self.kind}-{next(self.numbers)}", "unit": self.world.harbour.external_id}
        if self.kind == "responses":
            return {**shared, "program": "web", "score": self.rng.randrange(11), "answered_at": at, "channel": "web"}
        who = {"kind": self.world.visit.code, "customer": self.world.ines.external_id}
        return {**shared, **who, "occurred_at": at, "as_of": at, "attributes": {"wait_minutes": 5}}

    def draw(self) -> tuple[Any, str]:
        """An item and its fate. What is sent again was sent in an earlier list."""
        (fate,) = self.rng.choices(list(FATES), list(FATES.values()))
        if fate in ("again", "newer", "older") and not self.known:
            fate = "new"
        item = self.item() if fate not in ("again", "newer", "older") else dict(self.known.pop())
        return self._spoil(item, fate), fate

    def _spoil(self, item: dict[str, Any], fate: str) -> Any:
        if fate in ("newer", "older"):
            answer = {"score": (item.get("score", 0) + 1) % 11}
            day = self.now - timedelta(hours=1) if fate == "newer" else self.now - timedelta(days=3)
            return item | (answer if self.kind == "responses" else {"product": fate, "as_of": day.isoformat()})
        if fate == "stranger":
            return item | {"unit": "nowhere"}
        if fate == "misfit":
            return item | {"colour": "blue"}
        if fate == "early":
            return item | {"occurred_at" if "occurred_at" in item else "answered_at": "2099-01-01T00:00:00+00:00"}
        return "nothing of the kind" if fate == "shapeless" else item

    def send(self, size: int) -> None:
        """One list. What it made can be sent again later."""
        drawn = [self.draw() for _ in range(size)]
        answer = Caller(self.world.crm_secret).post(f"/{self.kind}", [item for item, _ in drawn]).json()
        for (item, fate), result in zip(drawn, answer["results"], strict=True):
            expected = TOLD[self.kind].get(fate, "rejected")
            self.expected[expected] += 1
            self.told[result["status"]] += 1
            if result["status"] != expected or bool(result["errors"]) != (expected == "rejected"):
                self.wrong.append(f"{self.kind} {fate}: {result}")
            if fate == "new":
                self.known.append(item)


def exchange(world: World, *, items: int, lists_of: int, seed: int) -> dict[str, Any]:
    """Send `items` items, half of each kind, and draw up the balance."""
    surveys.program(code="web", name="Web")
    senders = [Sender(kind, world, random.Random(f"{seed}:{kind}")) for kind in ROWS]
    before = {kind: ROWS[kind].objects.count() for kind in ROWS}
    for sender in senders:
        for _ in range(items // 2 // lists_of):
            sender.send(lists_of)
    return {
        "received": sum(sender.told.total() for sender in senders),
        **{sender.kind: dict(sender.told) for sender in senders},
        "wrong": [line for sender in senders for line in islice(sender.wrong, 3)],
        "adds_up": all(sender.told == sender.expected for sender in senders),
        "rows_are_those_created": all(
            ROWS[sender.kind].objects.count() - before[sender.kind] == sender.told["created"] for sender in senders
        ),
        "loads_add_up": all(_adds_up(load.counts) for load in Load.objects.all())
        and sum(load.counts["received"] for load in Load.objects.all()) == sum(s.told.total() for s in senders),
    }


def _adds_up(counts: dict[str, int]) -> bool:
    return counts["received"] == sum(number for name, number in counts.items() if name != "received")
