"""What callers say to the machine before they are served: may we ask you afterwards?"""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from common.models import Event
from surveys.models import PreConsent


@transaction.atomic
def hear(*, source: str, call: str, granted: bool, asked_at: datetime, at: datetime) -> tuple[PreConsent, bool]:
    """Keep the word said before the call that `source` will send as interaction `call`; the row, and whether it is new.

    The first word stands: another one that comes later may know how the call ended.
    """
    said = {"granted": granted, "asked_at": asked_at, "received_at": at}
    word, new = PreConsent.objects.get_or_create(source=source, call=call, defaults=said)
    if new:
        Event.objects.record("pre_consent.heard", subject=word, at=at, granted=granted, via=source)
    return word, new
