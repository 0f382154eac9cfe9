"""From an alert to the people in charge."""

from __future__ import annotations

from datetime import datetime
from functools import partial

from django.db.models import QuerySet

from closedloop.models import Alert, CustomerSignal, Raising
from common.claims import set_mark, take_unmarked, work_off
from common.models import Event
from common.queue import enqueue
from crm.models import Employee
from distribution.models import Dispatch
from distribution.services.addressing import directory_of, roles_told

Pair = tuple[Employee, tuple[str, str]]  # who, and the answer (kind and source id)


def dispatch_alerts(*, at: datetime, limit: int = 500) -> int:
    """Give everybody whom an alert concerns a mail to be sent, and mark the alert; returns the alerts taken.

    One mail a person and answer, however many rules it met: a revision tells nobody twice, unless the answer has
    changed sides or the wish to be called is another. Alerts that concern nobody are marked too and leave their own
    Event.
    """
    waiting = Alert.objects.select_related("rule", "signal", "employee__user")
    return work_off(waiting, "dispatched_at", partial(_tell, at=at), at=at, limit=limit)


def _tell(waiting: QuerySet[Alert], *, at: datetime) -> int:
    alerts = take_unmarked(waiting, "dispatched_at", limit=None)
    directory = directory_of((alert.unit_id for alert in alerts), roles=roles_told(alerts), on=at.date())
    told = {alert.pk: directory.audience(alert) for alert in alerts}
    rows = [_mail(alert, who, at) for (who, _), alert in _news(alerts, told).items()]
    Dispatch.objects.bulk_create(rows, ignore_conflicts=True)  # another worker may be at another rule's alert
    set_mark(alerts, "dispatched_at", at)
    _record(alerts, told, at)
    if rows:
        enqueue("distribution.tasks.send")
    return len(alerts)


def _news(alerts: list[Alert], told: dict[int, list[Employee]]) -> dict[Pair, Alert]:
    """One alert for each person and answer that is news to them: the one with a ticket, where one has."""
    known, found = _known(alerts), dict[Pair, Alert]()
    for alert in sorted(alerts, key=lambda alert: (alert.ticket_id is None, alert.pk)):
        for who in told[alert.pk]:
            before = known.get((who.pk, alert.kind, alert.source_id))
            if before is None or before.news != alert.signal.news:
                found.setdefault((who, (alert.kind, alert.source_id)), alert)
    return found


def _known(alerts: list[Alert]) -> dict[tuple[int, str, str], CustomerSignal]:
    """The revision each person was told of last, by person and answer; one query."""
    sources = {alert.source_id for alert in alerts}
    rows = Dispatch.objects.filter(signal__source_id__in=sources).select_related("signal").order_by("pk")
    return {(row.employee_id, row.signal.kind, row.signal.source_id): row.signal for row in rows if row.signal}


def _mail(alert: Alert, who: Employee, at: datetime) -> Dispatch:
    return Dispatch(kind=Dispatch.Kind.ALERT, alert=alert, employee=who, signal=alert.signal, due_at=at, created_at=at)


def _record(alerts: list[Alert], told: dict[int, list[Employee]], at: datetime) -> None:
    people = {alert: {"employees": [who.pk for who in told[alert.pk]]} for alert in alerts}
    Event.objects.record_each("alert.dispatched", {a: d for a, d in people.items() if d["employees"]}, at=at)
    Event.objects.record_each("alert.nobody_to_tell", {a: d for a, d in people.items() if not d["employees"]}, at=at)
    if alone := [alert for alert, data in people.items() if not data["employees"]]:
        Raising.objects.told_nobody(alone)
