"""Forgetting the mails themselves; what was judged and done stays."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.conf import settings

from surveys.models import InboundMail, MailHour
from surveys.services.inbound.braking import KEPT


def forget_mails(*, at: datetime) -> int:
    """Empty mails judged before settings.INBOUND_KEPT_DAYS and what names people in them; how many."""
    before = at - timedelta(days=settings.INBOUND_KEPT_DAYS)
    MailHour.objects.filter(hour__lt=at - KEPT).delete()
    old = InboundMail.objects.filter(received_at__lt=before, judged_at__isnull=False).exclude(raw=b"")
    return old.update(raw=b"", recipient="")
