"""Ways to reach a customer, as people enter and correct them here; those of the sources come by ingesting."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.db.models import DateTimeField, Value
from django.db.models.functions import Coalesce

from common.models import Event, User
from crm.addresses import normalize
from crm.models import ContactPoint, Customer
from crm.models.customers import address_hash
from crm.services.consenting import of_person


@transaction.atomic
def add_contact_point(
    *, customer: Customer, channel: str, address: str, at: datetime, preferred: bool = False, by: User | None = None
) -> ContactPoint:
    """One more way to reach `customer`; it stays when the customer's source sends its own list. Known already: nothing
    is added. Raises ValueError, with a message for people, for what is no such address."""
    normalized = normalize(channel, address)
    kept = {"address": address.strip(), "address_hash": address_hash(channel, normalized)}
    point, created = ContactPoint.objects.get_or_create(
        customer=customer,
        channel=channel,
        normalized=normalized,
        defaults={**kept, "entered_by": by, "entered_at": at},
    )
    if created:
        Event.objects.record("contact_point.added", subject=point, by=by, at=at, customer=customer.pk, channel=channel)
    if preferred:
        prefer(point=point, at=at, by=by)
    return point


@transaction.atomic
def prefer(*, point: ContactPoint, at: datetime, preferred: bool = True, by: User | None = None) -> None:
    """This address before the customer's others on the channel, or (`preferred` false) no longer."""
    others = ContactPoint.objects.filter(customer=point.customer_id, channel=point.channel, preferred=True)
    if preferred:
        others.exclude(pk=point.pk).update(preferred=False)
    if ContactPoint.objects.filter(pk=point.pk, preferred=not preferred).update(preferred=preferred):
        Event.objects.record("contact_point.preferred", subject=point, by=by, at=at, preferred=preferred)
    point.preferred = preferred


@transaction.atomic
def choose(*, point: ContactPoint, at: datetime) -> None:
    """The customer says so themselves: this address before all others of the person on the channel, and no load from
    a source changes it while the source knows the address."""
    theirs = ContactPoint.objects.filter(of_person(point.customer), channel=point.channel).exclude(pk=point.pk)
    theirs.update(preferred=False, chosen_at=None)
    prefer(point=point, at=at)
    ContactPoint.objects.filter(pk=point.pk).update(chosen_at=at)


@transaction.atomic
def call_unusable(*, point: ContactPoint, why: str, at: datetime, by: User | None = None) -> bool:
    """Nobody is reached there any more; False if that was known, and why. It stays known, whatever the source's list
    says. Another reason replaces the one that was given; since when it is so stays."""
    why = why[:200]
    known = ContactPoint.objects.filter(pk=point.pk, unusable_since__isnull=False, unusable_why=why)
    if known.exists():
        return False
    since = Coalesce("unusable_since", Value(at), output_field=DateTimeField())
    ContactPoint.objects.filter(pk=point.pk).update(unusable_since=since, unusable_why=why, unusable_by=by)
    Event.objects.record("contact_point.unusable", subject=point, by=by, at=at)
    return True


@transaction.atomic
def call_usable(*, point: ContactPoint, at: datetime, by: User | None = None) -> bool:
    """It works after all; False if that was known. A suppression of the address stays until it is lifted."""
    if not ContactPoint.objects.filter(pk=point.pk, unusable_since__isnull=False).update(
        unusable_since=None, unusable_why="", unusable_by=None
    ):
        return False
    Event.objects.record("contact_point.usable", subject=point, by=by, at=at)
    return True
