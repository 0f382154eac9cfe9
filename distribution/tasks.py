"""Background entries of distribution; nps_project/timetable.py says when they run."""

from __future__ import annotations

import time

from django.utils import timezone

from common.claims import sweep
from common.queue import enqueue
from distribution.services.acknowledging import tell_employees
from distribution.services.alarming import tell_leaders
from distribution.services.alerting import dispatch_alerts
from distribution.services.digesting import freeze_due
from distribution.services.handing_on import tell_new_owners
from distribution.services.huddling.planning import call_due
from distribution.services.seconding import tell_approvers
from distribution.services.sending import send_due
from distribution.services.subscribing import run_due
from distribution.services.urging import tell_escalations
from distribution.services.webhooks.delivering import deliver_due, next_due
from distribution.services.webhooks.forgetting import forget
from distribution.services.webhooks.telling import DELIVER, tell

MAILS = 200  # in one run; its budget of time may end it sooner
SOON = 6.0  # seconds; the first step of a delivery that was not taken


def alert() -> None:
    """Tell the people in charge of new alerts, until none is left."""
    sweep(dispatch_alerts, "distribution.tasks.alert")
    send()
    enqueue("distribution.tasks.tell_systems")


def approvals() -> None:
    """Tell whoever may approve a version that one waits."""
    sweep(tell_approvers, "distribution.tasks.approvals")
    send()


def escalations() -> None:
    """Tell whoever is to hear that tickets run late, until none is left."""
    sweep(tell_escalations, "distribution.tasks.escalations")
    send()


def outcomes() -> None:
    """Tell whoever raised something what came of it, until none is left."""
    sweep(tell_employees, "distribution.tasks.outcomes")
    send()


def handovers() -> None:
    """Tell whoever a ticket was handed to, until none is left."""
    sweep(tell_new_owners, "distribution.tasks.handovers")
    send()


def patterns() -> None:
    """Tell whoever leads an area of the patterns across its branches, until none is left."""
    sweep(tell_leaders, "distribution.tasks.patterns")
    send()


def subscriptions() -> None:
    """Make the mails of kept views whose time has come."""
    run_due(at=timezone.now())


def freeze() -> None:
    """Freeze the digests whose morning has come."""
    freeze_due(at=timezone.now())


def huddles() -> None:
    """Tell who leads today's huddle, where its morning has come."""
    call_due(at=timezone.now())


def send() -> None:
    """Send the mails to staff that are due; a morning of two thousand does not wait for the next minute."""
    done = send_due(at=timezone.now(), limit=MAILS, clock=timezone.now)
    if done.total() >= MAILS:
        enqueue("distribution.tasks.send")


def tell_systems() -> None:
    """Write webhook deliveries of what has happened, until nothing is left."""
    sweep(tell, "distribution.tasks.tell_systems")


def deliver() -> None:
    """Tell other systems what is due; what falls due within seconds is waited for."""
    deliver_due(at=timezone.now(), clock=timezone.now)
    soon = next_due(timezone.now())
    if soon is not None and (wait := (soon - timezone.now()).total_seconds()) <= SOON:
        time.sleep(max(wait, 0))
        enqueue(DELIVER)


def forget_deliveries() -> None:
    """Remove webhook deliveries that are older than they are kept."""
    forget(at=timezone.now())
