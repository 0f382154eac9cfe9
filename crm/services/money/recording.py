"""Financial records coming in (`crm.money_shapes.FinancialShape`); see `crm/services/ingesting.py`."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import chain
from typing import Any

from common.claims import one_at_a_time, piece
from crm.models import BooksChange, Customer, FinancialRecord
from crm.services.arriving import Arrival, Intake, existing, link, write
from crm.services.money.lengths import refuse_other_lengths
from crm.services.upserting import CREATED, STALE, UPDATED, Upsert

_NAMES = ("external_id", "account", "product", "currency", "revenue", "margin", "balance", "share_of_wallet", "as_of")
HOW = Upsert(
    FinancialRecord,
    content=(
        "customer_id", "account", "product", "starts_on", "ends_before", "currency", "revenue", "margin", "balance",
        "share_of_wallet",
    ),
    also=("load_id",),
    guard="as_of",
)  # fmt: skip


def work_of(source: str) -> str:
    """What those who send financial records of a source take turns at."""
    return f"financials of {source}"


def store(arrivals: list[Arrival], intake: Intake) -> None:
    """Find the customers, refuse what would count days twice, and write the rest in one statement.

    Those who send of one source take turns until they have committed: of two records of the same days that come at
    once, the second has to see the first. One lock for a file of any length, and none on the customers. Who waits on
    the line does not wait for a file that is one transaction: Occupied."""
    if intake.on_the_line:
        piece(work_of(intake.source))
    link(arrivals, "customer", intake.in_sight(Customer.objects.filter(erased_at=None)), intake)
    one_at_a_time(work_of(intake.source))
    before = existing(FinancialRecord, arrivals, intake, intake.in_sight)
    refuse_other_customers(arrivals, before)
    for arrival in arrivals:
        if arrival.open:
            arrival.row |= _row(arrival, intake)
    set_aside_stale(arrivals, before)
    refuse_other_lengths(arrivals, before)
    refuse_overlaps([arrival for arrival in arrivals if arrival.open], intake)
    ready = [arrival for arrival in arrivals if arrival.open]
    write(HOW, ready, intake, before=before, mine=intake.in_sight)
    news = [arrival for arrival in ready if arrival.status in {CREATED, UPDATED}]
    told = {(arrival.row["starts_on"], arrival.row["ends_before"]) for arrival in news}
    was = [before[str(arrival.external_id)] for arrival in news if arrival.status == UPDATED]
    BooksChange.objects.note(told | {(row.starts_on, row.ends_before) for row in was}, intake.at)


def _row(arrival: Arrival, intake: Intake) -> dict[str, Any]:
    span = arrival.values["period"]
    return {
        "source": intake.source,
        "starts_on": span.start,
        "ends_before": span.end,
        "load_id": intake.load.pk if intake.load else None,
        **{name: arrival.values[name] for name in _NAMES},
    }


def refuse_other_customers(arrivals: list[Arrival], before: Mapping[str, FinancialRecord]) -> None:
    """The customer a/b of this source and the customer b of source a are written alike: what is told of one of them
    never takes the place of what is told of the other."""
    for arrival in arrivals:
        known = before.get(str(arrival.external_id)) if arrival.open else None
        if known and known.customer_id != arrival.row["customer_id"]:
            arrival.refuse("customer", "Under this id something is told of another customer.", "conflict")


def set_aside_stale(arrivals: list[Arrival], before: Mapping[str, FinancialRecord]) -> None:
    """An older version of a known record is stale, whatever days it told of: it is not written, so it counts nothing
    twice and is no reason to refuse a list."""
    for arrival in arrivals:
        known = before.get(str(arrival.external_id)) if arrival.open else None
        if known and known.as_of > arrival.row["as_of"]:
            arrival.status = STALE


def refuse_overlaps(arrivals: list[Arrival], intake: Intake) -> None:
    """The same days of the same customer, account, product line and currency stand in one record of a source only: a
    month beside its quarter would count twice. One query for any number; the batch is held against itself too."""
    if not arrivals:
        return
    sent = {arrival.external_id for arrival in arrivals}
    places: dict[tuple[Any, ...], _Place] = defaultdict(_Place)
    for row in _neighbors(arrivals, intake):
        place = places[_place(row)]
        if row["external_id"] in sent:
            place.replaced[row["external_id"]] = row
        else:
            place.taken.append(row)
    for arrival in arrivals:
        places[_place(arrival.row)].add(arrival)


@dataclass
class _Place:
    """What is told of one customer, account, product line and currency: days that are `taken`, known records that are
    to be `replaced`, and the arrivals that `fit` so far."""

    taken: list[dict[str, Any]] = field(default_factory=list)
    replaced: dict[str, dict[str, Any]] = field(default_factory=dict)
    fit: list[Arrival] = field(default_factory=list)

    def add(self, arrival: Arrival) -> None:
        others = chain(self.taken, (other.row for other in self.fit))
        clash = next((row for row in others if _overlap(row, arrival.row)), None)
        if clash is None:
            self.fit.append(arrival)
        else:
            self._refuse(arrival, clash)

    def _refuse(self, arrival: Arrival, clash: dict[str, Any]) -> None:
        """The record that a refused one would have replaced stays, and has its days: what lies in them is refused."""
        waiting = [(arrival, clash)]
        while waiting:
            arrival, clash = waiting.pop()
            where = "already" if clash in self.taken else "too, which was sent with it"
            told = f"These days are told by the record {clash['external_id']!r} {where}."
            arrival.refuse("period", told, "overlap")
            stays = self.replaced.get(str(arrival.external_id))
            if stays:
                self.taken.append(stays)
                waiting += [(other, stays) for other in self.fit if _overlap(stays, other.row)]
                self.fit = [other for other in self.fit if not _overlap(stays, other.row)]


def _neighbors(arrivals: list[Arrival], intake: Intake) -> Iterable[Any]:
    rows = [arrival.row for arrival in arrivals]
    near = FinancialRecord.objects.touching(
        min(row["starts_on"] for row in rows), max(row["ends_before"] for row in rows)
    )
    known = near.filter(source=intake.source, customer__in={row["customer_id"] for row in rows})
    return known.values("external_id", "customer_id", "account", "product", "currency", "starts_on", "ends_before")


def _place(row: dict[str, Any]) -> tuple[Any, ...]:
    return row["customer_id"], row["account"], row["product"], row["currency"]


def _overlap(one: dict[str, Any], other: dict[str, Any]) -> bool:
    apart = one["ends_before"] <= other["starts_on"] or other["ends_before"] <= one["starts_on"]
    return one["external_id"] != other["external_id"] and not apart
