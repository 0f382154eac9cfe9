"""How customers first heard of us, told by themselves when they were asked."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import NamedTuple

from django.db import transaction
from django.db.models import Min, Q
from django.db.models.functions import Coalesce

from common.models import Event
from crm.models import Acquisition, BooksChange, Customer, Interaction, Relationship


class Heard(NamedTuple):
    """What one customer (by id) said; `how` None: they took it back. `source` and `external_id` name where they said
    it."""

    customer: int
    how: str | None
    source: str
    external_id: str


@transaction.atomic
def hear_first(words: Iterable[Heard], *, at: datetime) -> None:
    """Keep it where nobody told before how the customer came; who told it here may say it otherwise, or take it back.

    They became a customer on the first day that we know of: of a relationship, else of an interaction, else today. The
    same number of queries for one word and for a thousand."""
    said = {word.customer: word for word in words}
    if not said:
        return
    persons = dict(Customer.objects.filter(pk__in=said).values_list("pk", Coalesce("canonical", "pk")))
    list(Customer.objects.filter(pk__in=persons.values()).order_by("pk").select_for_update(no_key=True).values("pk"))
    person_of = _rows_of(set(persons.values()))
    known = {person_of[row.customer_id]: row for row in Acquisition.objects.filter(customer__in=person_of)}
    by_person = {persons[word.customer]: word for word in said.values()}
    news = {person: word for person, word in by_person.items() if _is_news(word, known.get(person))}
    if news:
        _write(news, known, _since(person_of), at)


def _is_news(word: Heard, row: Acquisition | None) -> bool:
    if row is None:
        return word.how is not None
    return (row.source, row.external_id) == word[2:] and row.how != word.how


def _rows_of(persons: set[int]) -> dict[int, int]:
    """{row: person} of all their rows."""
    rows = Customer.objects.filter(Q(pk__in=persons) | Q(canonical__in=persons))
    return dict(rows.values_list("pk", Coalesce("canonical", "pk")))


def _since(person_of: dict[int, int]) -> dict[int, date]:
    """The first day as a customer of each person of whom one is known."""
    met = Interaction.objects.filter(customer__in=person_of).values_list("customer").annotate(first=Min("occurred_at"))
    joined = Relationship.objects.filter(customer__in=person_of, joined_on__isnull=False)
    told = joined.values_list("customer").annotate(first=Min("joined_on"))
    days: dict[int, date] = {}
    for found in ([(row, moment.date()) for row, moment in met], told):
        firsts: dict[int, date] = {}
        for row, day in found:
            firsts[person_of[row]] = min(day, firsts.get(person_of[row], day))
        days |= firsts
    return days


def _write(news: dict[int, Heard], known: dict[int, Acquisition], since: dict[int, date], at: datetime) -> None:
    rows = {
        person: known.get(person) or _row(person, word, since.get(person, at.date())) for person, word in news.items()
    }
    for person, word in news.items():
        rows[person].how, rows[person].as_of = word.how or "", at
    Acquisition.objects.filter(pk__in=[rows[person].pk for person, word in news.items() if word.how is None]).delete()
    kept = [rows[person] for person, word in news.items() if word.how is not None]
    Acquisition.objects.bulk_update([row for row in kept if row.pk], ["how", "as_of"])
    Acquisition.objects.bulk_create([row for row in kept if not row.pk])
    days = {row.acquired_on for row in rows.values()}
    BooksChange.objects.note({(day, day + timedelta(days=1)) for day in days}, at)
    people = Customer.objects.in_bulk(list(rows))
    Event.objects.record_each(
        "acquisition.told", {people[person]: {"how": word.how} for person, word in news.items()}, at=at
    )


def _row(person: int, word: Heard, day: date) -> Acquisition:
    return Acquisition(source=word.source, external_id=word.external_id, customer_id=person, acquired_on=day)
