"""Background entries of distribution; nps_project/timetable.py says when they run."""

from __future__ import annotations

from django.utils import timezone

from common.claims import sweep
from distribution.services.alerting import dispatch_alerts
from distribution.services.digesting import freeze_due
from distribution.services.sending import send_due


def alert() -> None:
    """Tell the people in charge of new alerts, until none is left."""
    sweep(dispatch_alerts, "distribution.tasks.alert")
    send()


def freeze() -> None:
    """Freeze the digests whose morning has come."""
    freeze_due(at=timezone.now())


def send() -> None:
    """Send the mails to staff that are due."""
    send_due(at=timezone.now(), clock=timezone.now)
