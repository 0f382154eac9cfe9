"""Taking in rows of one kind: each is held against its shape and stored by its store, whichever way it came."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.db import transaction
from rest_framework import serializers

from common.queue import enqueue
from crm.models import Feed
from crm.services.arriving import Arrival, Intake, ItemResult, close_load, open_load, read, results
from crm.services.feeds.counting import count_in
from crm.services.upserting import CREATED


@dataclass(frozen=True)
class ListKind:
    """A kind of row. `shape`: what an item may look like; `store(arrivals, intake)`: writes the open ones and says what
    became of each, refuses the others; `nudge`: the task that looks for new ones."""

    name: str
    shape: type[serializers.Serializer[Any]]
    store: Callable[[list[Arrival], Intake], None]
    nudge: str = ""

    @transaction.atomic
    def ingest(self, items: Sequence[Any], intake: Intake) -> list[ItemResult]:
        """What became of each item of a list, in its order. Several of them leave a Load."""
        load = open_load(self.name, len(items), intake) if len(items) > 1 else None
        arrivals = self.take(items, replace(intake, load=load))
        outcome = results(arrivals)
        rejected = sum(bool(arrival.errors) for arrival in arrivals)
        count_in(kind=self.name, source=intake.source, at=intake.at, received=len(items), rejected=rejected)
        if load:
            close_load(load, outcome, intake.at, late=late_among(arrivals, self.name, intake))
        return outcome

    @transaction.atomic(savepoint=False)
    def take(self, items: Sequence[Any], intake: Intake) -> list[Arrival]:
        """The same for a part of the load that `intake` names."""
        arrivals = read(items, self.shape, intake)
        self.store(arrivals, intake)
        if self.nudge and any(arrival.status == CREATED for arrival in arrivals):
            enqueue(self.nudge)
        return arrivals


def counts_of(arrivals: Sequence[Arrival], kind: str, intake: Intake) -> Counter[str]:
    """How many came, what became of them, and how many of the new ones were late."""
    counts = Counter(result.status for result in results(arrivals))
    counts.update(received=len(arrivals), late=late_among(arrivals, kind, intake))
    return +counts


def late_among(arrivals: Sequence[Arrival], kind: str, intake: Intake) -> int:
    """How many of the new ones took longer to arrive than their feed may take."""
    new = [arrival.values.get("occurred_at") for arrival in arrivals if arrival.status == CREATED]
    moments = [occurred_at for occurred_at in new if occurred_at is not None]
    if not moments:
        return 0
    since = intake.at - Feed.objects.late_after(source=intake.source, kind=kind)
    return sum(occurred_at < since for occurred_at in moments)
