"""From an alert to the people in charge."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial

from django.db.models import QuerySet

from closedloop.models import Alert, Raising
from common.claims import set_mark, take_unmarked, work_off
from common.models import Event
from common.queue import enqueue
from crm.models import Employee
from distribution.models import Dispatch
from distribution.models.quiet_hours import wishes_of
from distribution.quiet_hours import told_both
from distribution.services.addressing import audiences
from distribution.services.keeping_hours import hours_by_calendar

Pair = tuple[Employee, tuple[str, str]]  # who, and the answer (kind and source id)


def dispatch_alerts(*, at: datetime, limit: int = 500) -> int:
    """Give everybody whom an alert concerns a mail to be sent, and mark the alert; returns the alerts taken.

    One mail a person and answer, however many rules it met: a revision tells nobody twice, unless the answer has
    changed sides or the wish to be called is another. Out of the unit's hours, or of those that the person keeps, it
    waits until both are open; not by a rule that does not wait, which also hastens what waits already, and tells
    whoever heard of the answer by a rule that does. Alerts that concern nobody are marked too and leave their own
    Event.
    """
    waiting = Alert.objects.select_related("rule", "signal", "employee__user", "unit__calendar", "ticket__owner__user")
    return work_off(waiting, "dispatched_at", partial(_tell, at=at), at=at, limit=limit)


def _tell(waiting: QuerySet[Alert], *, at: datetime) -> int:
    alerts = take_unmarked(waiting, "dispatched_at", limit=None)
    told = audiences(alerts, at=at)
    news = _news(alerts, told, at)
    # another worker may be at the alert of another rule
    Dispatch.objects.bulk_create(_mails(news, at), ignore_conflicts=True)
    for alert, waits in news.hastened.items():
        Dispatch.objects.hasten(waits, alert=alert, at=at)
    set_mark(alerts, "dispatched_at", at)
    _record(alerts, told, at)
    if news.fresh or news.hastened:
        enqueue("distribution.tasks.send")
    return len(alerts)


@dataclass
class _News:
    """What is news to whom: an alert for a mail of its own, or the rows that wait and are to go now because of it."""

    fresh: dict[Pair, Alert] = field(default_factory=dict)
    hastened: dict[Alert, list[int]] = field(default_factory=lambda: defaultdict(list))


def _news(alerts: list[Alert], told: dict[int, list[Employee]], at: datetime) -> _News:
    """At most one alert for each person and answer: one that does not wait before others, then one with a ticket."""
    known, found = _known(alerts), _News()
    for alert in sorted(alerts, key=lambda alert: (alert.rule.waits, alert.ticket_id is None, alert.pk)):
        source = (alert.kind, alert.source_id)
        for who in told[alert.pk]:
            before = known.get((who.pk, *source))
            if before is not None and before.is_held_back(at) and _presses(alert, before):
                found.hastened[alert].append(before.pk)
            elif before is None or _tells_more(alert, before):
                found.fresh.setdefault((who, source), alert)
    return found


def _presses(alert: Alert, before: Dispatch) -> bool:
    return not alert.rule.waits and not _changed(alert, before)


def _tells_more(alert: Alert, before: Dispatch) -> bool:
    """Than what the person had: other news, or the same under a rule that does not wait, and of a later revision."""
    graver = not alert.rule.waits and before.alert is not None and before.alert.rule.waits
    return _changed(alert, before) or (graver and before.signal_id != alert.signal_id)


def _changed(alert: Alert, before: Dispatch) -> bool:
    return before.signal is None or before.signal.news != alert.signal.news


def _known(alerts: list[Alert]) -> dict[tuple[int, str, str], Dispatch]:
    """What each person was told of last, by person and answer; one query."""
    sources = {alert.source_id for alert in alerts}
    rows = Dispatch.objects.filter(signal__source_id__in=sources).select_related("signal", "alert__rule").order_by("pk")
    return {(row.employee_id, row.signal.kind, row.signal.source_id): row for row in rows if row.signal}


def _mails(news: _News, at: datetime) -> Iterable[Dispatch]:
    hours, wishes = hours_by_calendar(at), wishes_of(who.pk for who, _ in news.fresh)
    for (who, _), alert in news.fresh.items():
        unit, wish = alert.unit, wishes.get(who.pk)
        due_at = told_both(at, hours(unit.calendar), unit.zone_info, wish) if alert.rule.waits else at
        yield Dispatch(
            kind=Dispatch.Kind.ALERT, alert=alert, employee=who, signal=alert.signal, due_at=due_at, created_at=at
        )


def _record(alerts: list[Alert], told: dict[int, list[Employee]], at: datetime) -> None:
    people = {alert: {"employees": [who.pk for who in told[alert.pk]]} for alert in alerts}
    Event.objects.record_each("alert.dispatched", {a: d for a, d in people.items() if d["employees"]}, at=at)
    Event.objects.record_each("alert.nobody_to_tell", {a: d for a, d in people.items() if not d["employees"]}, at=at)
    if alone := [alert for alert, data in people.items() if not data["employees"]]:
        Raising.objects.told_nobody(alone)
