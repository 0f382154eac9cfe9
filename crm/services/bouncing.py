"""Addresses at which nobody lives: they are not written to again, whoever has them."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from django.db import transaction
from django.db.models import Q

from common.models import Event
from crm.models import ContactPoint, Suppression


def bounce(*, address: ContactPoint, why: str, at: datetime) -> None:
    """The post office refused `address` for good: every row with it becomes unusable, and it is suppressed."""
    bounce_each(addresses=[address], why=why, at=at)


@transaction.atomic
def bounce_each(*, addresses: Collection[ContactPoint], why: str, at: datetime) -> None:
    """The same for many, in a few statements. What is suppressed already keeps its first reason, but for an
    unsubscription, which can be taken back."""
    channels = {address.address_hash: address.channel for address in addresses}  # a hash is of one channel
    same = ContactPoint.objects.filter(address_hash__in=channels)
    same.filter(unusable_since=None).update(unusable_since=at, unusable_why=why[:200])
    said = {"reason": Suppression.Reason.BOUNCED, "at": at, "evidence": why[:300]}
    known = Suppression.objects.filter(address_hash__in=channels)
    graver = list(known.filter(reason=Suppression.Reason.UNSUBSCRIBED).values_list("pk", flat=True))
    Suppression.objects.filter(pk__in=graver).update(**said)
    new = sorted(channels.keys() - set(known.values_list("address_hash", flat=True)))
    Suppression.objects.bulk_create(
        (Suppression(channel=channels[hashed], address_hash=hashed, **said) for hashed in new), ignore_conflicts=True
    )
    rows = Suppression.objects.filter(Q(address_hash__in=new) | Q(pk__in=graver))
    Event.objects.record_each(
        "address.suppressed", {row: {"channel": row.channel, "reason": row.reason} for row in rows}, at=at
    )
