"""Kept views by mail: who has asked for one, whose time has come, and who has lost the right to it."""

from __future__ import annotations

import logging
from calendar import day_name
from collections.abc import Sequence
from datetime import datetime, time, timedelta
from typing import Any

from django.db import transaction

from analytics.maths.scorecards import Period
from analytics.services.scoring import score_card
from closedloop.models import SavedFilter
from common.models import Event, State, User
from common.queue import enqueue
from crm.models import Employee
from distribution.models import Dispatch, Subscription, SubscriptionRun
from distribution.services.addressing import reachable
from distribution.services.bundling import LEFT
from distribution.services.viewing import CannotKeep, OutOfSight, Shown, shown_to
from distribution.watching import Look, look, window

log = logging.getLogger(__name__)
When = Subscription.When
WORKING = [0, 1, 2, 3, 4]
FIXED = "This view has a first and a last day and would always say the same. Keep it with days that move on."
THROWN_AWAY = "the view was thrown away"
NOT_SHARED = "the view is not shared with you any more"
OUT_OF_SIGHT = "its unit is not in your sight any more"
STALE = "the page does not take this view any more"
RESTS = "the subscription was paused or has ended"
NEWER = "a newer one has been made"


class CannotSubscribe(ValueError):
    """Why a view cannot be mailed; the text is for people."""


@transaction.atomic
def subscribe(
    *, view: SavedFilter, employee: Employee, when: str, at: datetime, local_time: time, zone: str,
    weekdays: Sequence[int] = (), day_of_month: int | None = None, by: User,
) -> Subscription:  # fmt: skip
    """Mail a view from its next time on; one that already comes at these times is that one, not a second. A change is
    one against as many days as the view has, which ended yesterday. CannotSubscribe if it has fixed days or its reader
    may not see it."""
    if not reachable(employee, at.date()):
        raise CannotSubscribe("You have no mail address here.")
    try:
        shown = shown_to(employee.user, page=view.page, query=view.query, at=at)
    except (CannotKeep, OutOfSight):
        raise CannotSubscribe("This view is not in your sight.") from None
    if not shown.rolls:
        raise CannotSubscribe(FIXED)
    reference = Period(at.date() - timedelta(days=shown.days), at.date() - timedelta(days=1))
    waits = when == When.CHANGE
    made = Subscription(
        view=view, name=view.name, employee=employee, when=when, weekdays=sorted(set(weekdays)), at=local_time,
        day_of_month=day_of_month, zone=zone, created_at=at, since=at,
        reference_from=reference.start if waits else None, reference_to=reference.end if waits else None,
    )  # fmt: skip
    if standing := _the_same(made):
        return standing
    made.next_at = made.schedule.next_after(at)
    made.save()
    Event.objects.record("subscription.begun", subject=made, by=by, at=at, when=when)
    return made


def _the_same(wanted: Subscription) -> Subscription | None:
    """The one that runs already: a button was pressed twice. Its reader is held, so that two presses at once wait."""
    Employee.objects.select_for_update(no_key=True).get(pk=wanted.employee_id)
    names = ("view", "employee", "when", "weekdays", "day_of_month", "at", "zone")
    running = Subscription.objects.filter(paused_at=None, ended_at=None)
    return running.filter(**{name: getattr(wanted, name) for name in names}).first()


def run_due(*, at: datetime, limit: int = 500) -> int:
    """Make a row, and a mail where there is something to tell, for every subscription whose time has come; returns how
    many were looked at. However many of its times were missed, the newest is the one. A subscription is one
    transaction: what fails with one, its neighbours do not notice, and it is due again at the next round."""
    waiting = list(Subscription.objects.due(at).values_list("pk", flat=True)[:limit])
    told = 0
    for pk in waiting:
        try:
            told += _run(pk, at)
        except Exception:
            log.exception("a subscription could not be run", extra={"subscription": pk})
    if told:
        enqueue("distribution.tasks.send")
    return len(waiting)


@transaction.atomic
def _run(pk: int, at: datetime) -> int:
    """How many mails it made: one, or none. A subscription that another worker is at is left to it."""
    held = Subscription.objects.due(at).select_for_update(of=("self",), skip_locked=True, no_key=True)
    row = held.select_related("view", "employee__user").filter(pk=pk).first()
    if row is None:
        return 0
    shown, why = standing(row, at)
    if shown is None:
        row.end(by=None, at=at, why=why)
        return 0
    day = row.schedule.newest(since=row.since, at=at)
    row.next_at = row.schedule.next_after(at)
    row.save(update_fields=["next_at"])
    if day is None or row.runs.filter(day__gte=day).exists():
        return 0
    return _tell(row, shown, day, at)


def _tell(row: Subscription, shown: Shown, day: Any, at: datetime) -> int:
    found = _look(row, shown, at) if row.when == When.CHANGE else None
    told = row.when != When.CHANGE or bool(found and found[0].changed)
    run = SubscriptionRun.objects.create(
        subscription=row, day=day, made_at=at, told=told, look=_kept(row, *found) if found else None
    )
    if not told:
        return 0
    if found:
        row.compare_with(_afresh(shown, at))
    Dispatch.objects.create(kind=Dispatch.Kind.VIEW, run=run, employee=row.employee, due_at=at, created_at=at)
    Event.objects.record("subscription.told", subject=row, at=at, run=run.pk)
    return 1


def _afresh(shown: Shown, at: datetime) -> Period:
    """What the next change will be one against: as many days from today on, since those that raised this one are partly
    from before it. No look compares anything until they are over."""
    return Period(at.date(), at.date() + timedelta(days=shown.days - 1))


def standing(row: Subscription, at: datetime) -> tuple[Shown | None, str]:
    """What the subscription shows to its reader today; or None, and why it must end."""
    if not reachable(row.employee, at.date()):
        return None, LEFT
    if row.view is None:
        return None, THROWN_AWAY
    if not SavedFilter.objects.visible_to(row.employee.user).filter(pk=row.view.pk).exists():
        return None, NOT_SHARED
    try:
        return shown_to(row.employee.user, page=row.view.page, query=row.view.query, at=at), ""
    except OutOfSight:
        return None, OUT_OF_SIGHT
    except CannotKeep:
        return None, STALE


def lost(dispatch: Dispatch, why: str, *, at: datetime) -> None:
    """A mail was not sent because its reader may not have the view any more: there is to be no other."""
    if dispatch.run is not None and dispatch.state == State.CANCELLED and why not in {RESTS, NEWER}:
        dispatch.run.subscription.end(by=None, at=at, why=why)


def spoken(row: Subscription) -> str:
    """When it comes, as a sentence goes on: "on weekdays at 07:30"."""
    clock = f"{row.at:%H:%M}"
    if row.when == When.MONTH:
        return f"on day {row.day_of_month} of the month at {clock}"
    names = [day_name[day] for day in row.weekdays]
    if row.when == When.CHANGE:
        return f"when the score has really changed, looked at on {' and '.join(names)} at {clock}"
    if row.weekdays == WORKING:
        return f"on weekdays at {clock}"
    return f"on {', '.join(names[:-1])}{' and ' if names[:-1] else ''}{names[-1]} at {clock}"


def _look(row: Subscription, shown: Shown, at: datetime) -> tuple[Look, Period] | None:
    """The days since the reference against it; None while there are none."""
    reference = row.reference
    days = window(reference, days=shown.days, today=at.date()) if reference else None
    if reference is None or days is None:
        return None
    asked = {"principal": row.employee.user, "unit": shown.unit, "at": at, **shown.question}
    before, now = (score_card(**asked | {"start": each.start, "end": each.end}) for each in (reference, days))
    return look(before.counts, now.counts), days


def _kept(row: Subscription, found: Look, days: Period) -> dict[str, Any]:
    reference = row.reference or days
    return {
        "p": found.p, "before": found.before._asdict(), "now": found.now._asdict(),
        "reference": [reference.start.isoformat(), reference.end.isoformat()],
        "window": [days.start.isoformat(), days.end.isoformat()],
    }  # fmt: skip
