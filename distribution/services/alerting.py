"""From an alert to the people in charge."""

from __future__ import annotations

from datetime import datetime
from functools import partial

from django.db.models import QuerySet

from closedloop.models import Alert
from common.claims import set_mark, take_unmarked, work_off
from common.models import Event
from common.queue import enqueue
from crm.models import Employee
from distribution.models import Dispatch
from distribution.services.addressing import directory_of, roles_told


def dispatch_alerts(*, at: datetime, limit: int = 500) -> int:
    """Give everybody whom an alert concerns a mail to be sent, and mark the alert; returns the alerts taken.

    One mail per (employee, alert) and category of the answer: a revision of the same answer tells nobody twice, unless
    it has changed sides. Alerts that concern nobody are marked too and leave their own Event.
    """
    waiting = Alert.objects.select_related("rule", "signal", "employee__user")
    return work_off(waiting, "dispatched_at", partial(_tell, at=at), at=at, limit=limit)


def _tell(waiting: QuerySet[Alert], *, at: datetime) -> int:
    alerts = take_unmarked(waiting, "dispatched_at", limit=None)
    directory = directory_of((alert.unit_id for alert in alerts), roles=roles_told(alerts), on=at.date())
    told = {alert.pk: directory.audience(alert) for alert in alerts}
    rows = [_mail(alert, who, at) for alert in alerts for who in told[alert.pk]]
    Dispatch.objects.bulk_create(rows, ignore_conflicts=True)
    set_mark(alerts, "dispatched_at", at)
    _record(alerts, told, at)
    if rows:
        enqueue("distribution.tasks.send")
    return len(alerts)


def _mail(alert: Alert, who: Employee, at: datetime) -> Dispatch:
    return Dispatch(
        kind=Dispatch.Kind.ALERT, alert=alert, employee=who, category=alert.signal.category, due_at=at, created_at=at
    )


def _record(alerts: list[Alert], told: dict[int, list[Employee]], at: datetime) -> None:
    people = {alert: {"employees": [who.pk for who in told[alert.pk]]} for alert in alerts}
    Event.objects.record_each("alert.dispatched", {a: d for a, d in people.items() if d["employees"]}, at=at)
    Event.objects.record_each("alert.nobody_to_tell", {a: d for a, d in people.items() if not d["employees"]}, at=at)
