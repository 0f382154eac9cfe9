"""Relationships and acquisitions coming in; see `crm/services/ingesting.py`."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from django.db import connection

from crm.models import Acquisition, BooksChange, Customer, Relationship
from crm.models.books import Days
from crm.services.arriving import Arrival, Intake, existing, link, write
from crm.services.upserting import CREATED, UPDATED, Upsert

RELATIONSHIPS = Upsert(
    Relationship, content=("customer_id", "joined_on", "left_on", "reason"), also=("load_id",), guard="as_of"
)
ACQUISITIONS = Upsert(
    Acquisition,
    content=("customer_id", "how", "referred_by_id", "referrer", "acquired_on"),
    also=("load_id",),
    guard="as_of",
)
_CHAIN = """
WITH RECURSIVE chain AS (
    SELECT customer_id, referred_by_id FROM crm_acquisition WHERE customer_id = ANY(%s)
    UNION
    SELECT a.customer_id, a.referred_by_id FROM crm_acquisition a JOIN chain c ON a.customer_id = c.referred_by_id
) SELECT customer_id, referred_by_id FROM chain WHERE referred_by_id IS NOT NULL
"""


def store_relationships(arrivals: list[Arrival], intake: Intake) -> None:
    """From when to when they are customers."""
    link(arrivals, "customer", _customers(intake), intake)
    news = _write(RELATIONSHIPS, arrivals, intake, ("external_id", "joined_on", "left_on", "reason", "as_of"))
    BooksChange.objects.note({until(new["left_on"], *(row.left_on for row in was)) for new, was in news}, intake.at)


def until(*ends: date | None) -> Days:
    """The days for which it matters when somebody left: up to the last of what was and is told, that day included."""
    told = [end for end in ends if end]
    return None, max(told) + timedelta(days=1) if len(told) == len(ends) else None


def store_acquisitions(arrivals: list[Arrival], intake: Intake) -> None:
    """How they first heard, and from whom. The customers are locked, so that two sources cannot both bring somebody."""
    link(arrivals, "customer", _customers(intake), intake)
    link(arrivals, "referred_by", _customers(intake), intake)
    people = [arrival.row["customer_id"] for arrival in arrivals if arrival.open]
    list(Customer.objects.filter(pk__in=people).order_by("pk").select_for_update(no_key=True).values_list("pk"))
    _refuse_second_sources(arrivals, people, intake)
    _refuse_circles([arrival for arrival in arrivals if arrival.open])
    news = _write(ACQUISITIONS, arrivals, intake, ("external_id", "how", "referrer", "acquired_on", "as_of"))
    days = {day for new, was in news for day in (new["acquired_on"], *(row.acquired_on for row in was))}
    BooksChange.objects.note({(day, day + timedelta(days=1)) for day in days}, intake.at)


def _customers(intake: Intake) -> Any:
    return intake.in_sight(Customer.objects.filter(erased_at=None))


News = tuple[dict[str, Any], list[Any]]


def _write(how: Upsert, arrivals: list[Arrival], intake: Intake, names: tuple[str, ...]) -> list[News]:
    """Store them; of each that is news the row as it is now, and as it was before if it was there."""
    before = existing(how.model, arrivals, intake, intake.in_sight)
    ready = [arrival for arrival in arrivals if arrival.open]
    for arrival in ready:
        arrival.row |= {"source": intake.source, "load_id": intake.load.pk if intake.load else None}
        arrival.row |= {name: arrival.values[name] for name in names}
    write(how, ready, intake, before=before, mine=intake.in_sight)
    news = [arrival for arrival in ready if arrival.status in {CREATED, UPDATED}]
    return [(arrival.row, [before[key] for key in (str(arrival.external_id),) if key in before]) for arrival in news]


def _refuse_second_sources(arrivals: list[Arrival], people: list[int], intake: Intake) -> None:
    """Somebody becomes a customer once: the first source that told how keeps the word, also within one list."""
    rows = Acquisition.objects.filter(customer__in=people).values_list("customer_id", "source", "external_id")
    told: dict[int, tuple[str, str]] = {customer: (source, key) for customer, source, key in rows}
    for arrival in arrivals:
        if not arrival.open:
            continue
        own = (intake.source, str(arrival.external_id))
        source, key = told.setdefault(arrival.row["customer_id"], own)
        if (source, key) != own:
            arrival.refuse("customer", f"{source} told how this customer came, under the id {key!r}.", "conflict")


def _refuse_circles(arrivals: list[Arrival]) -> None:
    """Nobody was brought by somebody whom they brought themselves, over however many steps."""
    referrers = [arrival.row["referred_by_id"] for arrival in arrivals if arrival.row["referred_by_id"]]
    if not referrers:
        return
    with connection.cursor() as cursor:
        cursor.execute(_CHAIN, [referrers])
        brought_by: dict[int, int] = dict(cursor.fetchall())
    for arrival in arrivals:
        customer, referrer = arrival.row["customer_id"], arrival.row["referred_by_id"]
        if referrer and leads_to(brought_by, referrer, customer):
            arrival.refuse("referred_by", "This customer was brought by the one they are said to have brought.")
        elif referrer:
            brought_by[customer] = referrer
        else:
            brought_by.pop(customer, None)


def leads_to(brought_by: dict[int, int], start: int, wanted: int) -> bool:
    """Whether the chain of who brought whom leads from `start` up to `wanted` (or begins there)."""
    seen: set[int] = set()
    at: int | None = start
    while at is not None and at not in seen:
        if at == wanted:
            return True
        seen.add(at)
        at = brought_by.get(at)
    return False
