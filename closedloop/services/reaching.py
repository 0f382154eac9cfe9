"""May this customer still be called, at the number of the brief? The brief is as it was when the ticket opened; people
take their word back since, and numbers go bad."""

from __future__ import annotations

from collections.abc import Collection

from django.db.models import F
from django.db.models.functions import Coalesce, Greatest

from closedloop.models import Ticket
from crm.models import Channel, Consent, ContactPoint, Customer, Purpose, Suppression
from crm.models.customers import address_hash

BY_PHONE = (Channel.PHONE, Channel.SMS)


def bar_calls(tickets: Collection[Ticket]) -> None:
    """Set `barred` of each ticket: why its customer is not to be called after all, in a sentence; empty where nothing
    speaks against it. Three queries for any number."""
    people = _people(tickets)
    refused = _refused(set(people.values()))
    numbers = {ticket.pk: ticket.phone for ticket in tickets}
    bad = _bad({number for number in numbers.values() if number})
    for ticket in tickets:
        number = numbers[ticket.pk]
        if people.get(ticket.customer_id or 0) in refused:
            ticket.barred = "They took back that we may call them."
        elif number in bad:
            ticket.barred = f"The number we have is {bad[number]}."


def _people(tickets: Collection[Ticket]) -> dict[int, int]:
    """{customer: the row that stands for them today}"""
    ids = {ticket.customer_id for ticket in tickets if ticket.customer_id}
    rows = Customer.objects.filter(pk__in=ids).annotate(person=Coalesce("canonical", "pk"))
    return dict(rows.values_list("pk", "person"))


def _refused(people: set[int]) -> set[int]:
    """Whose last word on being called is no, by the rule of `crm.services.consenting.words_that_count`."""
    said = Consent.objects.filter(purpose=Purpose.CALLBACK, channel=Channel.PHONE)
    said = said.annotate(
        person=Coalesce("customer__canonical", "customer"),
        counts_at=Greatest("at", Coalesce("customer__canonical_since", "at")),
    ).filter(person__in=people)
    last = dict(said.order_by("counts_at", F("granted").desc(), "pk").values_list("person", "granted"))
    return {person for person, granted in last.items() if not granted}


def _bad(numbers: set[str]) -> dict[str, str]:
    """{number: what is wrong with it}"""
    hashes = {address_hash(channel, number): number for channel in BY_PHONE for number in numbers}
    dead = ContactPoint.objects.filter(address_hash__in=hashes, unusable_since__isnull=False)
    barred = Suppression.objects.filter(address_hash__in=hashes)
    found = dict.fromkeys((hashes[each] for each in dead.values_list("address_hash", flat=True)), "not in use any more")
    return found | dict.fromkeys(
        (hashes[each] for each in barred.values_list("address_hash", flat=True)), "one we must not call"
    )
