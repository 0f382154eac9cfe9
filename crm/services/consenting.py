"""What customers allow and refuse, and addresses that must not be written to again."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.db.models import Q

from common.models import Event, User
from crm.models import Consent, ContactPoint, Customer, Purpose, Suppression
from crm.models.customers import address_hash


@transaction.atomic
def grant(
    *, customer: Customer, channel: str, purpose: str, at: datetime, evidence: str = "", by: User | None = None
) -> Consent:
    """The customer allows `purpose` on `channel`.

    To be asked again lifts an earlier unsubscription, and only that: what bounced or complained stays suppressed.
    """
    if purpose == Purpose.SURVEY:
        hashes = ContactPoint.objects.filter(customer=customer, channel=channel).values("address_hash")
        theirs = Suppression.objects.filter(channel=channel, address_hash__in=hashes, at__lte=at)
        theirs.filter(reason=Suppression.Reason.UNSUBSCRIBED).delete()
    return _say(customer, channel, purpose, granted=True, at=at, evidence=evidence, by=by)


@transaction.atomic
def refuse(
    *, customer: Customer, channel: str, purpose: str, at: datetime, evidence: str = "", by: User | None = None
) -> Consent:
    """The customer refuses `purpose` on `channel`."""
    return _say(customer, channel, purpose, granted=False, at=at, evidence=evidence, by=by)


@transaction.atomic
def unsubscribe(*, customer: Customer, channel: str, at: datetime, evidence: str = "", by: User | None = None) -> None:
    """No more surveys on `channel`: consent refused for the person, every address of theirs on it suppressed.

    Effective at once; a second time changes nothing.
    """
    for person in filter(None, (customer, customer.canonical)):
        refuse(customer=person, channel=channel, purpose=Purpose.SURVEY, at=at, evidence=evidence, by=by)
    for address in ContactPoint.objects.filter(of_person(customer), channel=channel):
        reason = Suppression.Reason.UNSUBSCRIBED
        suppress(channel=channel, normalized=address.normalized, reason=reason, at=at, evidence=evidence, by=by)


def of_person(customer: Customer) -> Q:
    """Addresses of the same person, whichever of the merged rows holds them."""
    person = customer.canonical_id_or_own
    return Q(customer=person) | Q(customer__canonical=person)


@transaction.atomic
def suppress(
    *, channel: str, normalized: str, reason: str, at: datetime, evidence: str = "", by: User | None = None
) -> Suppression:
    """Never write to this address again, whoever has it. The first reason stays."""
    row, created = Suppression.objects.get_or_create(
        channel=channel,
        address_hash=address_hash(channel, normalized),
        defaults={"reason": reason, "at": at, "evidence": evidence[:300]},
    )
    if created:
        Event.objects.record("address.suppressed", subject=row, by=by, at=at, channel=channel, reason=reason)
    return row


def _say(
    customer: Customer, channel: str, purpose: str, *, granted: bool, at: datetime, evidence: str, by: User | None
) -> Consent:
    """The latest word counts: an older one, or the same again, changes nothing."""
    said = {"granted": granted, "at": at, "evidence": evidence[:300]}
    rows = Consent.objects.select_for_update()
    row, created = rows.get_or_create(customer=customer, channel=channel, purpose=purpose, defaults=said)
    if not created and (row.granted == granted or row.at > at):
        return row
    if not created:
        row.granted, row.at, row.evidence = granted, at, evidence[:300]
        row.save()
    what = "consent.granted" if granted else "consent.refused"
    Event.objects.record(what, subject=customer, by=by, at=at, channel=channel, purpose=purpose)
    return row
