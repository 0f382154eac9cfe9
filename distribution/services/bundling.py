"""Alerts that waited for a unit to open go to each person in one mail: the first of them carries the others. (Tickets
handed over together are bundled when they are written out, in handing_on.py; here they share their mail's fate.)

They are gathered once, in the transaction that begins the first sending: what goes again under the same Message-ID says
the same. Until the mail has left they are nobody else's to send.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime

from django.db import transaction
from django.db.models import F

from closedloop.models import Alert
from common.models import State
from common.outbox import MustNotGo
from common.queue import enqueue
from common.senders import Reply
from distribution.models import Dispatch
from distribution.services.addressing import audiences

MOST = 30  # alerts in a mail; what is more goes in the next
LEFT = "the employee has left or has no address"
ELSEWHERE = "it is no longer the employee's to act on"
SETTLED = (State.HANDED_OFF, State.FAILED, State.CANCELLED)
AFRESH = (LEFT, ELSEWHERE)  # then whoever stands there now is told
RELATED = (
    "employee__user",
    "signal",
    "alert__rule",
    "alert__unit",
    "alert__employee__user",
    "alert__ticket__owner__user",
    "alert__signal__customer",
    "alert__signal__employee",
    "alert__signal__observation",
    "alert__signal__interaction__kind",
)


@transaction.atomic
def carried_by(row: Dispatch, *, at: datetime) -> list[Dispatch]:
    """What goes in the mail of `row` beside its own alert; at the first try whatever else of the same person waited and
    is due is taken along. Two queries."""
    if row.attempts == 1:
        due = Dispatch.objects.waited().filter(employee=row.employee_id).exclude(pk=row.pk).due(at)
        free = due.order_by("due_at", "pk").select_for_update(skip_locked=True, no_key=True)[: MOST - 1]
        # the try is counted, so that a worker who read them ahead cannot take them any more
        Dispatch.objects.filter(pk__in=free.values("pk")).update(carrier=row, attempts=F("attempts") + 1)
    return list(Dispatch.objects.filter(carrier=row).select_related(*RELATED).order_by("pk"))


def not_theirs(rows: Collection[Dispatch], *, at: datetime) -> set[int]:
    """Rows whose reader would not be told of the alert today: moved or away, or the role is another's."""
    alerts = [row.alert for row in rows if row.alert]
    told = {alert: {who.pk for who in people} for alert, people in audiences(alerts, at=at).items()}
    return {row.pk for row in rows if row.alert_id and row.employee_id not in told[row.alert_id]}


def let_go(outdated: Iterable[tuple[Dispatch, MustNotGo]]) -> None:
    """Carried rows that must not go any more."""
    for row, decision in outdated:
        why = str(decision)
        Dispatch.objects.filter(pk=row.pk).update(state=State.CANCELLED, reply=why, carrier=None)
        _address_afresh(row, why)


def share_fate(row: Dispatch, reply: Reply, _at: datetime) -> None:
    """What became of a mail became of all that it carried; where its own alert must not go, the others go without it.
    Called in the transaction of the outcome."""
    if row.handover_id is not None and row.state in SETTLED:
        row.carried.update(state=row.state, handed_off_at=row.handed_off_at, reply=row.reply, message_id=row.message_id)
    if row.alert_id is None:
        return
    if row.state == State.CANCELLED:
        row.carried.update(carrier=None, attempts=0)
        _address_afresh(row, reply.text)
    elif row.waited and row.state in {State.HANDED_OFF, State.FAILED}:
        row.carried.update(state=row.state, handed_off_at=row.handed_off_at, reply=row.reply, message_id=row.message_id)


def _address_afresh(row: Dispatch, why: str) -> None:
    """Nobody who left is the last stop: the alert is given to whoever is in charge now."""
    if why in AFRESH and row.alert_id:
        Alert.objects.filter(pk=row.alert_id).update(dispatched_at=None)
        enqueue("distribution.tasks.alert")
