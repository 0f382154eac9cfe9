"""What was told is kept for a while, to be looked at and told again, and then forgotten: it may hold words."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.conf import settings

from common.models import State
from distribution.models import WebhookDelivery

BATCH = 5_000
ENDED = (State.HANDED_OFF, State.FAILED, State.CANCELLED, State.UNKNOWN)


def forget(*, at: datetime) -> int:
    """Remove deliveries that ended and were written more than WEBHOOK_KEPT_DAYS ago, a batch at a time; how many."""
    old = WebhookDelivery.objects.filter(created_at__lt=at - timedelta(days=settings.WEBHOOK_KEPT_DAYS))
    ended, gone = old.filter(state__in=ENDED).order_by("created_at"), 0
    while ids := list(ended.values_list("pk", flat=True)[:BATCH]):
        gone += WebhookDelivery.objects.filter(pk__in=ids).delete()[1]["distribution.WebhookDelivery"]
    return gone
