"""An address at which nobody lives: it is not written to again, whoever has it."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from crm.models import ContactPoint, Suppression
from crm.services.consenting import suppress


@transaction.atomic
def bounce(*, address: ContactPoint, why: str, at: datetime) -> None:
    """The post office refused `address` for good: every row with it becomes unusable, and it is suppressed."""
    same = ContactPoint.objects.filter(channel=address.channel, address_hash=address.address_hash)
    same.filter(unusable_since=None).update(unusable_since=at, unusable_why=why[:200])
    reason = Suppression.Reason.BOUNCED
    suppress(channel=address.channel, normalized=address.normalized, reason=reason, at=at, evidence=why)
