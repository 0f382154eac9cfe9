"""Taking in rows of one kind: each is held against its shape and stored by its store, whichever way it came."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.db import transaction
from rest_framework import serializers

from common.claims import beside
from common.queue import enqueue
from common.rings import out_of_ring
from crm.models import Feed
from crm.services.arriving import Arrival, Intake, ItemResult, close_load, open_load, read, results
from crm.services.feeds.counting import count_in
from crm.services.upserting import CREATED

PATIENCE = 15.0  # seconds a list waits for a stretch of a file, which takes a few


def rows_of(kind: str, source: str) -> str:
    """What who writes rows by many statements takes turns at (`common.claims.whole`): a stretch of a file, a batch that
    landed. The order in which they lock rows is not that of a list, which is written by one and waits for them."""
    return f"rows of {kind} from {source}"


@dataclass(frozen=True)
class ListKind:
    """A kind of row. `shape`: what an item may look like; `store(arrivals, intake)`: writes the open ones and says what
    became of each, refuses the others; `nudge`: the task that looks for new ones."""

    name: str
    shape: type[serializers.Serializer[Any]]
    store: Callable[[list[Arrival], Intake], None]
    nudge: str = ""

    def ingest(self, items: Sequence[Any], intake: Intake) -> list[ItemResult]:
        """What became of each item of a list, in its order. Several of them leave a Load. Raises Occupied while a file
        of the same rows is tried out. Rows of another kind may lock the same customers: then once more."""
        return out_of_ring(lambda: self._ingest(items, intake))

    @transaction.atomic
    def _ingest(self, items: Sequence[Any], intake: Intake) -> list[ItemResult]:
        if len(items) > 1:
            beside(rows_of(self.name, intake.source), patience=PATIENCE)
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
        while second := outlived(arrivals, intake):
            self.store(second, intake)
        if self.nudge and any(arrival.status == CREATED for arrival in arrivals):
            enqueue(self.nudge)
        return arrivals


def outlived(arrivals: Sequence[Arrival], intake: Intake) -> list[Arrival]:
    """The older versions that were set aside for a newer one which was refused then: of each row the newest of them,
    open again. What an item says counts whatever is wrong with another."""
    refused = {arrival.external_id for arrival in arrivals if arrival.errors}
    stood = {arrival.external_id for arrival in arrivals if not arrival.errors and not arrival.superseded}
    again: dict[str | None, Arrival] = {}
    for arrival in arrivals:
        key = arrival.external_id
        if arrival.superseded and not arrival.errors and key in refused and key not in stood:
            known = again.setdefault(key, arrival)
            later = known.values.get("as_of", intake.at) > arrival.values.get("as_of", intake.at)
            again[key] = known if later else arrival
    for arrival in again.values():
        arrival.status, arrival.superseded, arrival.row = "", False, {}
    return list(again.values())


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
