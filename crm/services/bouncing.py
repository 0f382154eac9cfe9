"""Addresses at which nobody lives: they are not written to again, whoever has them."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from django.db import transaction

from crm.models import ContactPoint, Suppression
from crm.services.suppressing import suppress_each


def bounce(*, address: ContactPoint, why: str, at: datetime) -> None:
    """The post office refused `address` for good: every row with it becomes unusable, and it is suppressed."""
    bounce_each(addresses=[address], why=why, at=at)


@transaction.atomic
def bounce_each(*, addresses: Collection[ContactPoint], why: str, at: datetime) -> None:
    """The same for many, in a few statements."""
    channels = {address.address_hash: address.channel for address in addresses}
    same = ContactPoint.objects.filter(address_hash__in=channels, unusable_since=None)
    same.update(unusable_since=at, unusable_why=why[:200])
    suppress_each(addresses=channels, reason=Suppression.Reason.BOUNCED, at=at, evidence=why)
