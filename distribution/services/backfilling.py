"""Mails to staff that another system sent, or that nobody needs any more: marked, not sent."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import F

from common.models import Event, Load, State
from distribution.models import Dispatch

REPLY = "handed off by the system before this one"


@transaction.atomic
def mail_history(*, at: datetime) -> int:
    """What is due to staff at `at` counts as handed off then; returns how many.

    For a history that is brought in with its alerts and digests (`surveys/services/backfilling.py`): the people of then
    are not to be written to now. One statement, one `Load` with one Event, whatever the number.
    """
    due = Dispatch.objects.due(at)
    said = {"state": State.HANDED_OFF, "handed_off_at": at, "reply": REPLY, "leased_until": None}
    number = Dispatch.objects.filter(pk__in=due.values("pk")).update(attempts=F("attempts") + 1, **said)
    if number:
        counts: dict[str, Any] = {"received": number, "created": number}
        load = Load.objects.create(
            kind="staff mails of history", source="history", started_at=at, finished_at=at, counts=counts
        )
        Event.objects.record("load.finished", subject=load, at=at, kind=load.kind, **counts)
    return number
